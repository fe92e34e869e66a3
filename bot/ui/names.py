"""Asks an owner for a name: of a merchant that is to come, or of a till."""

from telegram.helpers import create_deep_linked_url

from bot.ui import pending, takings
from bot.ui.visit import Visit
from storage import shifts
from storage.models import Form

FOUND, TILL = "found", "till"
QUESTIONS = frozenset({FOUND, TILL})


async def ask(visit: Visit, question: str) -> None:
    await pending.put(visit, question, {}, "name")
    await visit.ask(visit.voice.say("shop.name" if question == FOUND else "shift.name"))


async def take(visit: Visit, form: Form, text: str) -> None:
    """One that can't be a name leaves the question open."""
    if form.command == FOUND:
        await _found(visit, text)
    else:
        till = await visit.counter.tills.add(visit.member, text)
        await visit.say(
            visit.voice.say("shift.added", till=shifts.label(till)), takings.after_making(visit.voice, till)
        )
    await pending.drop(visit)


async def _found(visit: Visit, text: str) -> None:
    """In return an invitation that is to be forwarded."""
    invite, token = await visit.counter.team.found(visit.member, text)
    link = create_deep_linked_url(visit.message.get_bot().username, token)
    await visit.say(visit.voice.say("shop.forward"))
    await visit.say(visit.voice.say("shop.invitation", merchant=invite.founds, link=link, at=invite.expires_at))
