"""Where an invitation is brought: the one line of a stranger that the counter listens to."""

import re

from markupsafe import Markup
from telegram import Message, User
from telegram.constants import ChatType, ParseMode

from bot.payments.approvals import Right, may
from bot.payments.team import Spent
from bot.texts import Voice, language_for
from bot.ui.visit import Counter
from bot.ui.voices import voice_of
from storage.people import Member

_KNOCK = re.compile(r"/start(?:@\w+)? (?P<token>[A-Za-z0-9_-]{1,64})", re.ASCII)


async def knock(counter: Counter, user: User, message: Message) -> bool:
    """A stranger's line. False where it never was an invitation: then nobody is here."""
    try:
        return await enter(counter, user, message)
    except Spent as late:
        voice = Voice(language_for(user.language_code, late.language), late.timezone)
        await message.reply_text(voice.say(late.key), ParseMode.HTML)
        return True


async def enter(counter: Counter, user: User, message: Message) -> bool:
    """Whether an invitation was brought and taken. Raises UserError for one that was good once, or is for another."""
    found = _KNOCK.fullmatch(message.text or "") if message.chat.type == ChatType.PRIVATE else None
    if found is None:
        return False
    member = await counter.team.join(user.id, user.full_name, user.language_code or "", found["token"])
    if member:
        await message.reply_text(welcome(voice_of(member), member), ParseMode.HTML)
        await counter.menu.offer(member)
    return member is not None


def welcome(voice: Voice, member: Member) -> Markup:
    role = voice.say(f"role.{member.role}")
    lines = [
        voice.say("team.welcome", name=member.person.name, merchant=member.merchant.name, role=role),
        voice.say(f"role.about.{member.role}"),
        voice.say("start.first" if may(member, Right.ASK) else "start.help"),
    ]
    return Markup("\n").join(lines)
