"""A second person's two buttons. Their data names the payment and the very version that the person saw."""

from bot.commands.base import Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.ui import proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit
from storage.states import State


async def _approve(visit: Visit, data: str) -> None:
    payment_id, version = _read(data)
    await proofs.carry_out(visit, Act("approve", payment_id, version))


async def _reject(visit: Visit, data: str) -> None:
    payment_id, version = _read(data)
    rejected = await visit.counter.payments.reject(visit.member, payment_id, version)
    if rejected.state is State.EXPIRED:
        raise UserError("payment.expired")


def _read(data: str) -> tuple[str, int]:
    payment_id, _, version = data.partition(":")
    return payment_id, int(version) if version.isdecimal() and len(version) < 10 else -1


APPROVE = Tap("approve", _approve, Right.APPROVE)
REJECT = Tap("reject", _reject, Right.APPROVE)
