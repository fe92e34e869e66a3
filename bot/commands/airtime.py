"""/airtime: send airtime to a phone."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.messages import Kind


async def _airtime(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.AIRTIME, text)


AIRTIME = Command("airtime", "credit", _airtime, Right.PAY_OUT, moves_money=True)
