"""/request: ask a customer for money."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.messages import Kind


async def _request(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.COLLECTION, text)


REQUEST = Command("request", "demander", _request, Right.ASK, moves_money=True)
