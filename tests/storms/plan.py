"""All that people want in one storm: single payments, and now and then a sheet of them."""

from collections.abc import Iterator, Sequence
from random import Random

from tests.storms import intents, sheets
from tests.storms.intents import Intent
from tests.storms.sheets import Line, Sheet
from tests.storms.town import Town

Wanted = Intent | Sheet
Movement = Intent | Line
"""What one payment, and one amount, stands for."""

_SHEETS = 0.2
"""In so many storms there is one; it stands in for a single payment, so that none takes much longer for it."""


def draw(chance: Random, town: Town, count: int, within: float) -> list[Wanted]:
    amounts = iter(chance.sample(range(151, 4999), count + sheets.LARGEST))
    plan: list[Wanted] = []
    if chance.random() < _SHEETS:
        plan.append(sheets.drawn(chance, town, 1, amounts, within))
        count = max(count - 1, 1)
    numbers = range(len(plan) + 1, len(plan) + count + 1)
    return plan + [intents.drawn(chance, town, number, next(amounts), within) for number in numbers]


def movements(plan: Sequence[Wanted]) -> Iterator[Movement]:
    for wanted in plan:
        yield from wanted.lines if isinstance(wanted, Sheet) else [wanted]
