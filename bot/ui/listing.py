"""The rows of a sheet, a page at a time: each with its number, and what is wrong with it. Pure."""

from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.payments.phone import pretty
from bot.texts import Voice
from bot.ui import cards
from bot.ui.paging import turns
from providers.money import Money
from storage.models import Batch, Payment
from storage.states import State

ALL, WRONG = "a", "w"
_PAGE = 12
_LONGEST_NAME = 30
_LONGEST_WHY = 240


def page(
    voice: Voice, batch: Batch, lines: Sequence[Payment], offset: int
) -> tuple[Markup, InlineKeyboardMarkup | None]:
    """Without lines, only the rows that were wrong."""
    told = [(number, _wrong_row(voice, number, why)) for number, why in batch.checks.get("wrong", [])]
    count = len(told)
    told = sorted([*told, *((line.line or 0, _row(voice, batch, line)) for line in lines)], key=lambda one: one[0])
    offset = min(offset, max(len(told) - 1, 0)) // _PAGE * _PAGE
    shown = [text for _, text in told[offset : offset + _PAGE]]
    head = voice.say("bulk.rows.title", count=len(told)) if lines else voice.say("bulk.wrong", count=count)
    return Markup("\n").join([head, *shown]), _turns(voice, batch, ALL if lines else WRONG, offset, len(told))


def _wrong_row(voice: Voice, number: int, why: str) -> Markup:
    return voice.say("bulk.wrong.line", number=number, why=why[:_LONGEST_WHY])


def _row(voice: Voice, batch: Batch, line: Payment) -> Markup:
    name = line.extras.get("name", "")
    notes = [pretty(line.msisdn), name[:_LONGEST_NAME], *_notes(voice, batch, line)]
    amount = Money(line.amount, line.currency)
    return voice.say("bulk.rows.line", number=line.line, amount=amount, notes=" · ".join(filter(None, notes)))


def _notes(voice: Voice, batch: Batch, line: Payment) -> list[str]:
    """Before it is confirmed what looks odd, afterwards how it stands."""
    if line.state is not State.DRAFT:
        return [str(cards.state_words(voice, line).striptags())]
    return [
        str(voice.say(f"bulk.rows.{check}"))
        for check in ("twice", "lately")
        if line.line in batch.checks.get(check, [])
    ]


def _turns(voice: Voice, batch: Batch, which: str, offset: int, count: int) -> InlineKeyboardMarkup | None:
    rows = turns(voice, f"bulkrows:{batch.id}:{which}:", offset, _PAGE, more=offset + _PAGE < count)
    return InlineKeyboardMarkup(rows) if rows else None
