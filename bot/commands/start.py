"""/start: who you are to the counter, and the first thing to try."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.ui.visit import Visit


async def _start(visit: Visit, _text: str) -> None:
    say = visit.voice.say
    await visit.say(Markup("\n").join([say("start.hello", name=visit.member.person.name), say("start.first")]))
    await visit.counter.menu.offer(visit.member)


START = Command("start", "demarrer", _start)
