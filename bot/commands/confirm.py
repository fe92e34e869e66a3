"""The card's Confirm button, and the one that says "yes, once more": from here on the money may move."""

from bot.commands.base import Tap
from bot.payments.decisions import UnreadAddress
from bot.ui import codes, proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit


async def _confirm(visit: Visit, payment_id: str) -> None:
    await _carry_out(visit, payment_id, again=False)


async def _again(visit: Visit, payment_id: str) -> None:
    await _carry_out(visit, payment_id, again=True)


async def _carry_out(visit: Visit, payment_id: str, *, again: bool) -> None:
    try:
        await proofs.carry_out(visit, Act("confirm", payment_id, again=again))
    except UnreadAddress:
        await codes.ask_last_four(visit, payment_id)


CONFIRM = Tap("confirm", _confirm)
AGAIN = Tap("again", _again)
