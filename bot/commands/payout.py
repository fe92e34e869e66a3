"""/payout: send money to a phone."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.messages import Kind


async def _payout(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.PAYOUT, text)


PAYOUT = Command("payout", "payer", _payout, Right.PAY_OUT, moves_money=True)
