"""Asks an owner for a name: of a merchant that is to come, or of a till."""

from datetime import timedelta

from telegram.helpers import create_deep_linked_url

from bot.ui.visit import Visit
from storage import forms, shifts
from storage.models import Form

FOUND, TILL = "found", "till"
QUESTIONS = frozenset({FOUND, TILL})
_LIVES = timedelta(minutes=30)


async def ask(visit: Visit, question: str) -> None:
    row = Form(
        chat_id=visit.chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=question,
        answers={},
        asking="name",
        message_id=visit.message.message_id,
        expires_at=visit.counter.now() + _LIVES,
    )
    await visit.counter.storage.run(forms.put, row)
    await visit.ask(visit.voice.say("shop.name" if question == FOUND else "shift.name"))


async def take(visit: Visit, form: Form, text: str) -> None:
    """One that can't be a name leaves the question open."""
    if form.command == FOUND:
        await _found(visit, text)
    else:
        till = await visit.counter.tills.add(visit.member, text)
        await visit.say(visit.voice.say("shift.added", till=shifts.label(till)))
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)


async def _found(visit: Visit, text: str) -> None:
    """In return an invitation that is to be forwarded."""
    invite, token = await visit.counter.team.found(visit.member, text)
    link = create_deep_linked_url(visit.message.get_bot().username, token)
    await visit.say(visit.voice.say("shop.forward"))
    await visit.say(visit.voice.say("shop.invitation", merchant=invite.founds, link=link, at=invite.expires_at))
