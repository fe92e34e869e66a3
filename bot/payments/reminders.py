"""Asks again for money that was not paid: with one tap, or by itself where the merchant wants that.

Each reminder is a request of its own with an intent of its own, made of the first request and how many came after it.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, decisions, limits
from bot.payments.approvals import Right
from bot.payments.phone import Phone
from bot.payments.policy import DAY
from bot.payments.service import Ask, Payments
from providers.base import Clock
from providers.errors import Reason
from providers.messages import Channel, Kind
from providers.money import Money
from storage import chores, payments, people
from storage.engine import Storage
from storage.models import Merchant, Payment
from storage.people import Member
from storage.states import NEVER_SENT, State

log = structlog.get_logger()

_PATIENT = frozenset({Reason.TIMED_OUT, Reason.PAYER_BALANCE_TOO_LOW, Reason.UNREACHABLE, Reason.TOO_LATE})
"""Who did not answer, or could not pay just then, is asked again by itself; who said no is asked by a person only."""
_AT_ONCE = 100


class Reminders:
    def __init__(self, storage: Storage, service: Payments, now: Clock, changed: Callable[[], None]) -> None:
        self._storage = storage
        self._service = service
        self._now = now
        self._changed = changed

    async def remind(self, member: Member, payment_id: str, by: str = "") -> Payment:
        """The same request once more. Raises UserError unless it is sure that nobody paid or still may."""
        approvals.demand(member, Right.ASK)
        unpaid = await self._storage.run(_unpaid, member, payment_id)
        draft = await self._service.prepare(member, _ask(unpaid, member))
        by = by or f"person:{member.person.id}"
        asked = await self._storage.run(_enter, member, draft, unpaid.id, self._now(), by)
        self._changed()
        return asked

    async def tick(self) -> None:
        now = self._now()
        for merchant in await self._storage.run(chores.merchants):
            if merchant.remind_minutes:
                await self._remind_all(merchant, now)

    async def _remind_all(self, merchant: Merchant, now: datetime) -> None:
        rule, local = limits.remind_of(merchant), now.astimezone(ZoneInfo(merchant.timezone)).time()
        # What was asked again after a backup that these books come from, they do not know.
        span = (max(now - rule.after - DAY, merchant.restored_at or merchant.created_at), now - rule.after)
        found = await self._storage.run(
            payments.unpaid, merchant.id or 0, settled=span, reasons=_PATIENT, limit=_AT_ONCE
        )
        for one in found:
            number = one.checks.get("reminds", {}).get("number", 0)
            if "reminded" not in one.checks and one.settled_at and rule.due(one.settled_at, number, now, local):
                await self._by_itself(one)

    async def _by_itself(self, unpaid: Payment) -> None:
        member = await self._storage.run(people.member_of, unpaid.merchant_id, unpaid.asker_id)
        if member is None:
            return
        try:
            await self.remind(member, unpaid.id, by="clock")
        except UserError as error:  # tried again with the next tick, for a day
            log.info("not reminded", payment=unpaid.id, why=error.key)


def _unpaid(session: Session, member: Member, payment_id: str) -> Payment:
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    only = approvals.sees_only(member)
    if payment is None or only not in (None, payment.asker_id):
        raise UserError("payment.not_found")
    if payment.kind != Kind.COLLECTION or payment.channel != Channel.MOBILE:
        raise UserError("remind.only_requests")
    root = _root(payment)
    for one in _all(session, payment.merchant_id, root):
        if one.state is State.SUCCEEDED:
            raise UserError("remind.paid", id=one.id)
        if one.state is not State.FAILED and one.state not in NEVER_SENT:
            raise UserError("remind.open", id=one.id)
    return payment


def _all(session: Session, merchant_id: int, root: str) -> list[Payment]:
    """The first request and all that came after it, in their order."""
    first = payments.get(session, merchant_id, root)
    found = [first] if first else []
    for number in count(1):
        later = payments.by_intent(session, merchant_id, f"remind:{root}:{number}")
        if later is None:
            break
        found.append(later)
    return found


def _root(payment: Payment) -> str:
    return str(payment.checks.get("reminds", {}).get("first", payment.id))


def _ask(unpaid: Payment, member: Member) -> Ask:
    phone = Phone(unpaid.msisdn, unpaid.country, unpaid.operator)
    via = unpaid.provider if unpaid.pinned else ""
    chat_id = unpaid.chat_id if unpaid.asker_id == member.person.id else member.person.id
    amount = Money(unpaid.amount, unpaid.currency)
    extras = {name: value for name, value in unpaid.extras.items() if name != "otp"}
    return Ask(Kind.COLLECTION, amount, phone, unpaid.description, chat_id, 0, Channel.MOBILE, extras, via)


def _enter(session: Session, member: Member, draft: Payment, unpaid_id: str, now: datetime, by: str) -> Payment:
    """All in one, and looked at again: between the question for a system and now it may have been paid."""
    decisions.demand_still(session, member, Right.ASK)
    unpaid = _unpaid(session, member, unpaid_id)
    root = _root(unpaid)
    number = len(_all(session, unpaid.merchant_id, root))
    draft.intent = f"remind:{root}:{number}"
    draft.checks = {"reminds": {"first": root, "number": number}}
    asked, new = payments.create_once(session, draft, by=by)
    if not new:
        raise UserError("remind.open", id=asked.id)
    queued = payments.move(session, asked, State.QUEUED, at=now, by=by, due_at=now, confirmed_at=now) or asked
    told = {**unpaid.checks, "reminded": {"id": queued.id, "at": now.isoformat()}}
    payments.amend(session, unpaid, at=now, by=by, note=f"asked again: {queued.id}", checks=told)
    return queued
