"""/help: what this person may type."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.ui.visit import Visit


async def _help(visit: Visit, _text: str) -> None:
    voice = visit.voice
    lines = [voice.say("help.title")]
    for command in visit.counter.menu.entries_for(visit.member):
        lines.append(
            voice.say("help.line", command=command.name_in(voice.language), what=voice.say(f"command.{command.name}"))
        )
        if voice.knows(example := f"command.help.{command.name}"):
            lines.append(voice.say(example))
    lines += [Markup(""), voice.say("help.also")]
    await visit.say(Markup("\n").join(lines))


HELP = Command("help", "aide", _help)
