"""/link: a payment link for whoever opens it, with a picture to scan; how long it is good, and a new one after that."""

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right
from bot.ui import forms
from bot.ui.visit import Visit
from providers.messages import Channel, Kind


async def _link(visit: Visit, text: str) -> None:
    await forms.begin(visit, Kind.COLLECTION, text, Channel.LINK)


async def _last(visit: Visit, data: str) -> None:
    payment_id, _, hours = data.partition(":")
    await visit.counter.links.last(visit.member, payment_id, int(hours) if hours.isdecimal() and len(hours) < 3 else 0)


async def _again(visit: Visit, payment_id: str) -> None:
    await visit.counter.links.again(visit.member, payment_id)


LINK = Command("link", "lien", _link, Right.ASK, moves_money=True)
LINK_TAPS = (Tap("until", _last, Right.ASK), Tap("relink", _again, Right.ASK))
