"""The bot was added to a group by somebody who may decide that the counter's news goes there."""

from bot.commands.base import Tap
from bot.payments.approvals import Right, may
from bot.ui import keyboards
from bot.ui.visit import Visit
from storage import people


async def offer_group(visit: Visit) -> None:
    if may(visit.member, Right.SET_GROUP) and visit.member.merchant.admin_chat_id != visit.chat_id:
        await visit.say(visit.voice.say("group.offer"), keyboards.of_group_offer(visit.voice))


async def _chosen(visit: Visit, _data: str) -> None:
    await visit.counter.storage.run(people.choose_group, visit.member.merchant.id or 0, visit.chat_id)
    await visit.show(visit.voice.say("group.chosen"))


GROUP_TAP = Tap("group", _chosen, Right.SET_GROUP)
