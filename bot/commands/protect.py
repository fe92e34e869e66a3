"""/protect: a second factor for who lets large amounts go."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import proofs
from bot.ui.visit import Visit


async def _protect(visit: Visit, text: str) -> None:
    await proofs.enrol(visit, text)


PROTECT = Command("protect", "proteger", _protect, Right.PAY_OUT)
