"""/link: a payment link for whoever opens it, with a picture to scan."""

from bot.commands.base import Command
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.base import Channel, Kind


async def _link(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.COLLECTION, text, Channel.LINK)


LINK = Command("link", "lien", _link, Right.ASK, moves_money=True)
