"""Two hundred storms in every run of the tests, the proof that each can be lived through again, and that they see."""

import pytest

from tests.databases import only_sqlite
from tests.storms.breakages import caught_by
from tests.storms.storm import run

pytestmark = only_sqlite("a storm always has SQLite: in it a transaction is alone while it runs")

_SEEDS, _SIZE, _PARTS = 200, 2, 25
"""Small ones, so that the suite has time for the rest; `make storm` draws larger ones."""

_IN_FORCE = (
    "lease-ignored",
    "confirm-without-swap",
    "anybody-pays-out",
    "intent-not-kept",
    "notice-leased-for-ever",
    "pause-ignored",
)
"""Those that are noticed soonest."""


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_books_are_the_ledger_after_every_storm(part: int) -> None:
    for seed in range(1 + part, 1 + _SEEDS, _PARTS):
        outcome = run(seed, _SIZE)
        assert not outcome.violations, f"seed {seed}\n" + "\n".join(map(str, outcome.violations))


@pytest.mark.parametrize("seed", [9, 11, 17])
def test_a_seed_is_lived_through_again_to_the_last_byte(seed: int) -> None:
    first, again = run(seed), run(seed)
    assert first.story.lines == again.story.lines
    assert first.digest == again.digest


def test_another_seed_is_another_storm() -> None:
    assert run(1).digest != run(2).digest


@pytest.mark.parametrize("name", _IN_FORCE)
def test_a_program_broken_on_purpose_does_not_pass(name: str) -> None:
    seeds, rule = caught_by(name, most=30)
    assert seeds, f"{name} went unnoticed"
    assert rule


def test_a_breakage_is_gone_when_its_storms_are_over() -> None:
    name = _IN_FORCE[0]
    seeds, _ = caught_by(name, most=30)
    assert not run(seeds).violations
