"""The one page a newcomer reads: every command stands in it, by task, and it fits a phone."""

from pathlib import Path

import pytest

from bot.commands import COMMANDS
from bot.commands.help import TASKS
from bot.texts import LANGUAGES, Voice
from tests.shop import shop


def test_every_command_stands_in_one_task_of_the_help() -> None:
    named = [name for names in TASKS.values() for name in names]
    assert sorted(named) == sorted(command.name for command in COMMANDS)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_owner_s_help_has_each_heading_with_its_commands_and_few_lines(tmp_path: Path, language: str) -> None:
    async with shop(tmp_path, language=language) as counter:
        blocks = (await counter.ask("/help")).text.split("\n\n")
    voice = Voice(language, "UTC")
    names = {command.name: command.name_in(language) for command in COMMANDS}
    for block, (heading, commands) in zip(blocks, TASKS.items(), strict=False):
        assert block.splitlines()[0] == voice.say(heading).striptags()
        shown = [line.split()[0] for line in block.splitlines() if " – " in line]
        assert shown == [f"/{names[command]}" for command in commands]
    assert len(blocks) == len(TASKS) + 1
    assert sum(len(block.splitlines()) for block in blocks) <= len(COMMANDS) + len(TASKS) + 6
