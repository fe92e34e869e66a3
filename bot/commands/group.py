"""The bot was added to a group by somebody who may decide that the counter's news goes there."""

from telegram import Bot
from telegram.constants import ParseMode

from bot.commands.base import Tap
from bot.payments.approvals import Right, may
from bot.ui import keyboards
from bot.ui.belonging import tagged
from bot.ui.visit import Visit
from bot.ui.voices import voice_of
from storage import people
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


GROUP_TAP = Tap("group", _chosen, Right.SET_GROUP)
