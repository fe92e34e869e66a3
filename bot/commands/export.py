"""/export: a period's payments as files for the accountant, in private only."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from telegram.error import BadRequest, Forbidden

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.figures import Report
from bot.payments.periods import Period
from bot.payments.statements import Account
from bot.ui.ledger import Ledger, Seen
from bot.ui.periods import named, read_period
from bot.ui.visit import Visit
from storage import ledger
from storage.ledger import Entry
from storage.models import Payment
from storage.states import State

_AT_ONCE = 1000
"""Rows in one transaction: other work goes on between two of them."""


async def _export(visit: Visit, text: str) -> None:
    """ "/export", "/export november": what /report takes."""
    merchant = visit.member.merchant
    today = visit.counter.now().astimezone(ZoneInfo(merchant.timezone)).date()
    period = read_period(text or "month", today)
    entries = await _page(visit, period, None)
    if not entries:
        raise UserError("export.empty", period=named(visit.voice, period))
    accounts = await visit.counter.statements.reconcile(merchant, period.first, min(period.last, today))
    report = await visit.counter.figures.report(merchant, period)
    book = Ledger(visit.voice, visit.counter.payments.title, Flags(visit, accounts))
    while entries:
        await asyncio.to_thread(book.add, entries)
        entries = await _page(visit, period, entries[-1].payment)
    seen = Seen(visit.counter.now(), {one.title: one.balances for one in accounts})
    await _hand(visit, book, report, seen)
    if not visit.private:
        await visit.say(visit.voice.say("export.alone"))


async def _page(visit: Visit, period: Period, after: Payment | None) -> list[Entry]:
    merchant = visit.member.merchant
    bounds = period.bounds(merchant.timezone)
    read = visit.counter.storage.run
    return await read(ledger.page, merchant.id or 0, bounds[0], bounds[-1], after=after, limit=_AT_ONCE)


async def _hand(visit: Visit, book: Ledger, report: Report, seen: Seen) -> None:
    voice = visit.voice
    spreadsheet, table = await asyncio.to_thread(book.close, report, seen)
    name = f"{voice.say('export.file')}-{report.period}"
    caption = voice.say("export.caption", period=named(voice, report.period), count=book.rows)
    try:
        await visit.hand_alone(f"{name}.xlsx", spreadsheet, caption)
        await visit.hand_alone(f"{name}.csv", table, voice.say("export.csv"))
    except (Forbidden, BadRequest):  # they never opened a chat with us, or closed it
        raise UserError("export.closed") from None


class Flags:
    """What a payment's statement says of it."""

    def __init__(self, visit: Visit, accounts: Sequence[Account]) -> None:
        self._voice = visit.voice
        self._title_of = visit.counter.payments.title
        compared = [one.comparison for one in accounts if one.comparison]
        self._agreed = {payment_id for one in compared for payment_id in one.agreed}
        self._differs = {found.payment.id for one in compared for found in one.differences if found.payment}
        self._listed = {one.title for one in accounts if one.comparison}
        self._silent = {one.title for one in accounts if one.silent}

    def __call__(self, payment: Payment) -> str:
        return str(self._voice.say(f"export.reconciled.{self._word(payment)}"))

    def _word(self, payment: Payment) -> str:
        title = self._title_of(payment)
        if payment.id in self._differs:
            return "differs"
        if payment.id in self._agreed:
            return "agreed"
        if title in self._silent:
            return "silent"
        if title in self._listed:
            return "not_yet" if payment.state is State.SUCCEEDED else "nothing"
        return "none"


EXPORT = Command("export", "exporter", _export, Right.SEE_ALL)
