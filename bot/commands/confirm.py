"""The card's Confirm button, and the one that says "yes, once more": from here on the money may move."""

from bot.commands.base import Tap
from bot.errors import UserError
from bot.payments.decisions import UnreadAddress, Word
from bot.ui import codes
from bot.ui.visit import Visit
from storage.states import State


async def _confirm(visit: Visit, payment_id: str) -> None:
    await _carry_out(visit, payment_id, Word())


async def _again(visit: Visit, payment_id: str) -> None:
    await _carry_out(visit, payment_id, Word(again=True))


async def _carry_out(visit: Visit, payment_id: str, word: Word) -> None:
    try:
        payment = await visit.counter.payments.confirm(visit.member, payment_id, word)
    except UnreadAddress:
        await codes.ask_last_four(visit, payment_id)
        return
    if payment.state is State.EXPIRED:
        raise UserError("payment.expired")


CONFIRM = Tap("confirm", _confirm)
AGAIN = Tap("again", _again)
