"""/help: what this person may type, by task. An example only where the line is written at once, without questions."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.commands.base import Command
from bot.texts import Voice
from bot.ui.menus import Entry
from bot.ui.visit import Visit

TASKS: dict[str, tuple[str, ...]] = {
    "help.in": ("request", "link", "receipt", "refund"),
    "help.out": ("payout", "bulk", "payees", "schedule", "airtime", "transfer"),
    "help.books": ("check", "status", "history", "shift", "report", "export", "balance", "review", "reconcile"),
    "help.ask": ("who", "operators", "rates"),
    "help.rules": ("pause", "resume", "limits", "group", "privacy", "protect", "team", "connect", "doctor"),
    "help.rest": ("cancel", "shop", "language", "start", "help"),
}
"""Every command stands in one of them."""

_WITH_EXAMPLE = ("request", "payout")
"""Those that people write in one line most; the others ask for what they need."""

_BREAK = Markup("\n")


async def _help(visit: Visit, _text: str) -> None:
    entries = {entry.name: entry for entry in visit.counter.menu.entries_for(visit.member)}
    blocks = [
        _block(visit.voice, heading, known)
        for heading, names in TASKS.items()
        if (known := [entries[name] for name in names if name in entries])
    ]
    await visit.say((_BREAK * 2).join([*blocks, visit.voice.say("help.also")]))


def _block(voice: Voice, heading: str, entries: Sequence[Entry]) -> Markup:
    lines = [voice.say(heading)]
    for entry in entries:
        name = entry.name_in(voice.language)
        lines.append(voice.say("help.line", command=name, what=voice.say(f"command.{entry.name}")))
        if entry.name in _WITH_EXAMPLE:
            example = voice.say(f"command.example.{entry.name}")
            lines.append(voice.say("help.example", command=name, example=example))
        if voice.knows(more := f"command.help.{entry.name}"):
            lines.append(voice.say(more))
    return _BREAK.join(lines)


HELP = Command("help", "aide", _help)
