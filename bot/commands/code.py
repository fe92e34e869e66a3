"""The card's button for what the payer must tell: a code from their operator, or a transaction's hash."""

from bot.commands.base import Tap
from bot.payments.approvals import Right
from bot.ui import codes
from bot.ui.visit import Visit


async def _code(visit: Visit, payment_id: str) -> None:
    await codes.ask_for_step(visit, payment_id)


CODE_TAP = Tap("code", _code, Right.ASK)
