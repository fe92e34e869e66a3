"""A second person's two buttons. Their data names the payment and the very version that the person saw."""

from bot.commands.base import Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.ui.visit import Visit
from storage.models import Payment
from storage.states import State


async def _approve(visit: Visit, data: str) -> None:
    payment_id, version = _read(data)
    _in_time(await visit.counter.payments.approve(visit.member, payment_id, version))


async def _reject(visit: Visit, data: str) -> None:
    payment_id, version = _read(data)
    _in_time(await visit.counter.payments.reject(visit.member, payment_id, version))


def _read(data: str) -> tuple[str, int]:
    payment_id, _, version = data.partition(":")
    return payment_id, int(version) if version.isdecimal() and len(version) < 10 else -1


def _in_time(payment: Payment) -> None:
    if payment.state is State.EXPIRED:
        raise UserError("payment.expired")


APPROVE = Tap("approve", _approve, Right.APPROVE)
REJECT = Tap("reject", _reject, Right.APPROVE)
