"""The pages under docs/ keep their word: what they name exists."""

import re
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from bot.commands.page import page
from providers import discover
from providers.messages import Verb

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "providers.md").read_text(encoding="utf-8")
GUIDES = ("README.md", "docs/guide/fr.md", "docs/guide/en.md")
NOT_OURS = {"newbot", "setinline", "setinlinefeedback"}
"""What one writes to BotFather."""
SECTIONS = {head: body for head, _, body in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}


def test_every_test_that_the_page_of_systems_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
    assert named
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (TESTS / path).is_file() or not re.search(rf"def {test}\(", (TESTS / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_the_page_of_systems_has_every_system_with_every_verb_it_has() -> None:
    verbs = {cls.sheet.title: cls.verbs for cls in discover().values()}
    assert SECTIONS.keys() == verbs.keys()
    told = {title: {verb for verb in Verb if f"`Provider.{verb}`" in SECTIONS[title]} for title in verbs}
    assert told == verbs


def test_every_link_between_the_pages_leads_somewhere() -> None:
    pages = [*(TESTS.parent / "docs").rglob("*.md"), *TESTS.parent.glob("*.md")]
    prose = {page: re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8")) for page in pages}
    dead = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)", prose[page])
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert dead == []


def test_the_page_of_commands_is_what_the_code_says() -> None:
    """Run `make commands` after a change."""
    assert (TESTS.parent / "docs" / "commands.md").read_text(encoding="utf-8") == page()


def test_the_page_of_commands_lists_each_once() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `/")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(f"/{command.name}" for command in COMMANDS)
    assert all(f"`/{name}`" in page() for command in COMMANDS for name in command.names)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_that_a_guide_names_exists(guide: str) -> None:
    known = {name for command in COMMANDS for name in command.names}
    code = re.findall(r"`(/[a-z][^`]*)`", (TESTS.parent / guide).read_text(encoding="utf-8"))
    named = {name for text in code for name in re.findall(r"^/([a-z]+)\b(?!/)", text)}
    assert named - NOT_OURS <= known
    assert len(named & known) > 20
