"""One storm of real processes in each run of the tests; `make storm-real` is a longer one."""

from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.realstorm.storm import run

_SECONDS = 12.0
"""Then the starts before it and the calm after it make about half a minute of it."""


@pytest.mark.timeout(400)
async def test_three_instances_that_are_killed_end_with_books_that_equal_the_ledger(
    tmp_path: Path, postgres: Postgres
) -> None:
    outcome = await run(tmp_path, postgres, seconds=_SECONDS, seed=1)
    assert not outcome.report.flaws, "\n".join(f"{rule}: {what}" for rule, what in outcome.report.flaws)
    assert outcome.report.figures["payments"] >= 5
    assert outcome.counts["PostgreSQL stopped"] == 1
    assert outcome.counts["instances killed"] >= 1
