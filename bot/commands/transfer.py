"""/transfer: move money between two of the merchant's own wallets."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.messages import Kind


async def _transfer(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.TRANSFER, text)


TRANSFER = Command("transfer", "transfert", _transfer, Right.PAY_OUT, moves_money=True)
