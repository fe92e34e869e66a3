"""No line is forgotten: each of the forty-one has a test by its number, or a reason why it can't happen here."""

import re
from pathlib import Path

from tests.tree import ROOT

HERE = Path(__file__).parent
PAGE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
NUMBERS = range(1, 42)


def rows() -> dict[int, str]:
    return {int(number): row for number, row in re.findall(r"(?m)^\| F(\d+) \|(.*)$", PAGE)}


def numbered() -> set[int]:
    texts = (path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    return {int(number) for text in texts for number in re.findall(r"def test_f(\d\d)_", text)}


def test_every_story_is_told_once_and_in_order() -> None:
    assert re.findall(r"(?m)^\| F(\d+) \|", PAGE) == [str(number) for number in NUMBERS]


def test_every_story_has_a_test_by_its_number_or_a_reason() -> None:
    reasoned = {number for number, row in rows().items() if "Can't happen:" in row}
    assert set(NUMBERS) - numbered() - reasoned == set()


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
    assert named
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (file := ROOT / "tests" / path).is_file()
        or not re.search(rf"def {test}\(", file.read_text(encoding="utf-8"))
    ]
    assert missing == []
