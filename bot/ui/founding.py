"""What /shop shows, and the question for a new merchant's name."""

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.helpers import create_deep_linked_url

from bot.payments.team import may_found
from bot.texts import Voice
from bot.ui.visit import Visit
from storage import forms
from storage.models import Form
from storage.people import Member

FOUND = "found"
"""The form of somebody who is asked for a merchant's name."""

_LIVES = timedelta(minutes=30)


def of_shops(voice: Voice, member: Member, all_of_them: Sequence[Member]) -> tuple[Markup, InlineKeyboardMarkup | None]:
    role = voice.say(f"role.{member.role}")
    lines = [voice.say("shop.current", merchant=member.merchant.name, role=role)]
    others = [one for one in all_of_them if one.merchant.id != member.merchant.id]
    lines.append(voice.say("shop.others") if others else voice.say("shop.alone"))
    rows = [
        [
            InlineKeyboardButton(
                voice.say("button.switch", merchant=one.merchant.name, role=voice.say(f"role.{one.role}")).unescape(),
                callback_data=f"shop:{one.merchant.id}",
            )
        ]
        for one in others
    ]
    if may_found(member):
        rows.append([InlineKeyboardButton(voice.say("button.found"), callback_data="found:")])
    return Markup("\n").join(lines), InlineKeyboardMarkup(rows) if rows else None


async def ask(visit: Visit) -> None:
    row = Form(
        chat_id=visit.chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=FOUND,
        answers={},
        asking="name",
        message_id=visit.message.message_id,
        expires_at=visit.counter.now() + _LIVES,
    )
    await visit.counter.storage.run(forms.put, row)
    await visit.ask(visit.voice.say("shop.name"))


async def take(visit: Visit, text: str) -> None:
    """The name, and in return an invitation that is to be forwarded."""
    invite, token = await visit.counter.team.found(visit.member, text)
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)
    link = create_deep_linked_url(visit.message.get_bot().username, token)
    await visit.say(visit.voice.say("shop.forward"))
    await visit.say(visit.voice.say("shop.invitation", merchant=invite.founds, link=link, at=invite.expires_at))
