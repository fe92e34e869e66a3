"""docs/commands.md, written from the code: `python -m bot.commands.page > docs/commands.md`, or `make commands`."""

import sys
from collections.abc import Iterable, Iterator

from bot.commands import COMMANDS
from bot.commands.base import Command
from bot.commands.help import TASKS
from bot.payments.approvals import grants
from bot.texts import LANGUAGES, Voice
from storage.models import Role

_HEAD = """# Commands

Written by `make commands` from the code. A command has its English and its French name, and both are understood in
either language. What is missing behind a command is asked for.
"""
_TABLE = """
| Command | What it does | Who may | For example |
|---|---|---|---|
"""
_VOICES = {language: Voice(language, "UTC") for language in ("en", *(one for one in LANGUAGES if one != "en"))}


def page() -> str:
    """The whole page, in Markdown: each command once, under its task."""
    commands = {command.name: command for command in COMMANDS}
    parts = [_HEAD]
    for heading, names in TASKS.items():
        title = " · ".join(voice.say(heading).striptags() for voice in _VOICES.values())
        parts += [f"\n## {title}\n", _TABLE, *(_row(commands[name]) for name in names)]
    return "".join(parts)


def _row(command: Command) -> str:
    what = "<br>".join(voice.say(f"command.{command.name}").striptags() for voice in _VOICES.values())
    return f"| {_code(command.names)} | {what} | {_who(command)} | {_code(dict.fromkeys(_examples(command)))} |\n"


def _code(lines: Iterable[str]) -> str:
    return "<br>".join(f"`/{line}`" for line in lines)


def _examples(command: Command) -> Iterator[str]:
    for language, voice in _VOICES.items():
        key = f"command.example.{command.name}"
        behind = f" {voice.say(key).striptags()}" if voice.knows(key) else ""
        yield command.name_in(language) + behind


def _who(command: Command) -> str:
    roles = [role for role in Role if command.right is None or grants(role, command.right)]
    return "everyone" if len(roles) == len(Role) else ", ".join(roles)


if __name__ == "__main__":
    sys.stdout.write(page())
