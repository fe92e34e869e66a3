"""/cancel and the card's Cancel button: stop what has not been sent."""

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.ui.visit import Visit
from storage import forms


async def _cancel(visit: Visit, text: str) -> None:
    """The open question first, then the payment named, then the newest that can still be stopped."""
    if await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id):
        await visit.say(visit.voice.say("form.dropped"))
        return
    if text:
        await visit.counter.payments.cancel(visit.member, text.upper())
    elif not await visit.counter.payments.cancel_latest(visit.member, visit.chat_id):
        raise UserError("form.none")


async def _tapped(visit: Visit, payment_id: str) -> None:
    await visit.counter.payments.cancel(visit.member, payment_id)


CANCEL = Command("cancel", "annuler", _cancel)
CANCEL_TAP = Tap("cancel", _tapped)
