"""How the whole suite runs: in how many processes, in which order, and by which rules of hypothesis."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import databases
from tests.postgres import close_server, database_url, postgres

__all__ = ["database_url", "postgres"]

TESTS = Path(__file__).parent

# How long an example takes tells of the machine, not of the code. In CI the examples are the same each time, so that a
# red run speaks of its own commit; everywhere else each run looks for new ones.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def _keep_bytecode() -> None:
    """Where Python was told to keep none, each program that a test starts would compile all its packages anew."""
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(TESTS.parent / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


if sys.dont_write_bytecode:
    _keep_bytecode()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each core, since much of the time is waiting; for single files none, since starting them takes longer."""
    named_files = any(".py" in argument for argument in config.args)
    return 0 if named_files else 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole shops wait, single parts compute: dealt evenly, each uses the time that the other leaves."""
    shops = [item for item in items if item.path.parent == TESTS]
    parts = [item for item in items if item.path.parent != TESTS]
    ranked = [(place / len(group), item) for group in (shops, parts) for place, item in enumerate(group)]
    items[:] = [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


@pytest.fixture(autouse=databases.ON_POSTGRES)
def swept() -> Iterator[None]:
    with databases.swept():
        yield


def pytest_sessionfinish() -> None:
    close_server()
