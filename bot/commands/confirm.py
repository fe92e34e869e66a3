"""The card's Confirm button: from here on the money may move."""

from bot.commands.base import Tap
from bot.errors import UserError
from bot.ui.visit import Visit
from storage.states import State


async def _confirm(visit: Visit, payment_id: str) -> None:
    payment = await visit.counter.payments.confirm(visit.member, payment_id)
    if payment.state is State.EXPIRED:
        raise UserError("payment.expired")


CONFIRM = Tap("confirm", _confirm)
