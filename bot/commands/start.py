"""/start: who you are to the counter, and the first thing to try."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.payments.approvals import Right, may
from bot.ui.door import enter
from bot.ui.visit import Visit


async def _start(visit: Visit, text: str) -> None:
    """A member may bring an invitation too; the link that they used themselves greets them again."""
    user = visit.message.from_user
    if text and user and await enter(visit.counter, user, visit.message):
        return
    say = visit.voice.say
    first = say("start.first" if may(visit.member, Right.ASK) else "start.help")
    await visit.say(Markup("\n").join([say("start.hello", name=visit.member.person.name), first]))
    await visit.counter.menu.offer(visit.member)


START = Command("start", "demarrer", _start)
