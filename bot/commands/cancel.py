"""/cancel and the card's Cancel button: stop what has not been sent."""

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.ui import cards, pending
from bot.ui.visit import Visit
from providers.money import Money


async def _cancel(visit: Visit, text: str) -> None:
    """The open question first, then the payment named, then the newest of this chat."""
    if await pending.drop(visit):
        await visit.say(visit.voice.say("form.dropped"))
        return
    counter = visit.counter
    if batch := await counter.bulk.unsent(visit.member, visit.chat_id, text.upper()):
        count = await counter.bulk.cancel(visit.member, batch)
        await visit.say(visit.voice.say("bulk.stopped", count=count))
        return
    payments = counter.payments
    stopped = (
        await payments.cancel(visit.member, text.upper())
        if text
        else await payments.cancel_latest(visit.member, visit.chat_id)
    )
    if stopped is None:
        raise UserError("form.none")
    amount = Money(stopped.amount, stopped.currency)
    await visit.say(visit.voice.say("cancel.done", amount=amount, party=cards.who(visit.voice, stopped), id=stopped.id))


async def _tapped(visit: Visit, payment_id: str) -> None:
    await visit.counter.payments.cancel(visit.member, payment_id)


CANCEL = Command("cancel", "annuler", _cancel)
CANCEL_TAP = Tap("cancel", _tapped)
