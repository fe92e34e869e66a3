"""The card's button for a code that the payer got from their operator."""

from bot.commands.base import Tap
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit


async def _code(visit: Visit, payment_id: str) -> None:
    await forms.ask_code(visit, payment_id)


CODE_TAP = Tap("code", _code, Right.ASK)
