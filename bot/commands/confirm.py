"""The card's Confirm button: from here on the money may move."""

from bot.commands.base import Tap
from bot.errors import UserError
from bot.payments.service import UnreadAddress
from bot.ui import codes
from bot.ui.visit import Visit
from storage.states import State


async def _confirm(visit: Visit, payment_id: str) -> None:
    try:
        payment = await visit.counter.payments.confirm(visit.member, payment_id)
    except UnreadAddress:
        await codes.ask_last_four(visit, payment_id)
        return
    if payment.state is State.EXPIRED:
        raise UserError("payment.expired")


CONFIRM = Tap("confirm", _confirm)
