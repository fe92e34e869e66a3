"""The button on the card of an ended payment: the same once more, as a draft."""

from bot.commands.base import Tap
from bot.ui.visit import Visit


async def _redo(visit: Visit, payment_id: str) -> None:
    await visit.counter.again.draft(visit.member, payment_id, visit.chat_id)


REDO_TAP = Tap("redo", _redo)
