"""/group: what the group hears, its board of the day, the close; and the offer to a group that the bot was added to."""

from telegram import Bot
from telegram.constants import ParseMode

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right, may
from bot.payments.hearing import Heard
from bot.ui import forum, keyboards
from bot.ui.belonging import tagged
from bot.ui.hearing import screen
from bot.ui.visit import Visit
from bot.ui.voices import voice_of
from storage import people
from storage.models import Mode, Told
from storage.people import Member


async def offer_group(bot: Bot, member: Member, chat_id: int) -> None:
    """Silent towards everybody else who adds the bot somewhere."""
    if may(member, Right.SET_GROUP) and member.merchant.admin_chat_id != chat_id:
        voice = voice_of(member)
        keyboard = keyboards.of_group_offer(voice)
        whose = member.merchant.id if member.shared else None
        await bot.send_message(chat_id, voice.say("group.offer"), ParseMode.HTML, reply_markup=tagged(keyboard, whose))


async def _chosen(visit: Visit, _data: str) -> None:
    """The offer stands in groups only: a tap from elsewhere is none of ours."""
    if visit.private:
        return
    await visit.counter.storage.run(people.choose_group, visit.member.merchant.id or 0, visit.chat_id)
    await visit.show(visit.voice.say("group.chosen"))


async def _group(visit: Visit, text: str) -> None:
    """ "/group", "/group 19:30", "/group off": the hour at which the day is closed."""
    hearing = visit.counter.hearing
    heard = await (hearing.close_at(visit.member, text) if text else hearing.read(visit.member))
    await visit.say(*screen(visit.voice, heard, visit.chat_id))


async def _tapped(visit: Visit, data: str) -> None:
    """Data that is none of ours changes nothing."""
    about, _, value = data.partition(":")
    hearing = visit.counter.hearing
    if about == "close":
        heard = await hearing.close_at(visit.member, value)
    elif about == "board" and value in {"on", "off"}:
        heard = await hearing.board(visit.member, on=value == "on")
    elif about == "topics" and value in {"on", "off"}:
        heard = await (_with_topics(visit) if value == "on" else hearing.without_topics(visit.member))
    elif about in set(Told) and value in set(Mode):
        heard = await hearing.choose(visit.member, Told(about), Mode(value))
    else:
        heard = await hearing.read(visit.member)
    await visit.show(*screen(visit.voice, heard, visit.chat_id))


async def _with_topics(visit: Visit) -> Heard:
    """Makes those that are missing; their making takes its time."""
    hearing = visit.counter.hearing
    heard = await hearing.read(visit.member)
    await visit.answer_first()
    await forum.complete(visit, heard)
    return await hearing.read(visit.member)


GROUP = Command("group", "groupe", _group, Right.SET_GROUP)
HEAR_TAP = Tap("hear", _tapped, Right.SET_GROUP)
GROUP_TAP = Tap("group", _chosen, Right.SET_GROUP)
