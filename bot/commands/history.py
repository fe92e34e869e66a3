"""/history: the last payments, a page at a time."""

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.ui import cards, keyboards
from bot.ui.visit import Visit

_PAGE = 8
_LONGEST_OFFSET = 8


async def _history(visit: Visit, _text: str) -> None:
    await visit.say(*await _page(visit, 0))


async def _turned(visit: Visit, data: str) -> None:
    """Data that is no page of ours, nobody's history being that long, is the first."""
    await visit.show(*await _page(visit, int(data) if data.isdecimal() and len(data) < _LONGEST_OFFSET else 0))


async def _page(visit: Visit, offset: int) -> tuple[Markup, InlineKeyboardMarkup | None]:
    found = await visit.counter.payments.history(visit.member, limit=_PAGE + 1, offset=offset)
    if not found:
        raise UserError("history.empty")
    lines = [cards.list_line(visit.voice, payment) for payment in found[:_PAGE]]
    keyboard = keyboards.of_history(
        visit.voice,
        newer=max(0, offset - _PAGE) if offset else None,
        older=offset + _PAGE if len(found) > _PAGE else None,
    )
    return Markup("\n").join([visit.voice.say("history.title"), *lines]), keyboard


HISTORY = Command("history", "historique", _history, Right.SEE_OWN)
HISTORY_TAP = Tap("history", _turned, Right.SEE_OWN)
