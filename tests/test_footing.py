"""What the program takes while nobody uses it."""

import os
import subprocess
import sys
from pathlib import Path

from storage.engine import Storage
from tests.databases import blank_in

_WHEN_USED = ("PIL", "alembic", "openpyxl", "Crypto.Hash.keccak", "phonenumbers.carrierdata", "storage.upgrade")
"""A hundred milliseconds and fifty megabytes in all."""
_START = """
import sys
import bot.app
from storage.engine import Storage
Storage(sys.argv[1]).migrate()
print(*sys.modules)
"""


def test_a_program_whose_tables_are_current_loads_nothing_that_it_may_never_use(tmp_path: Path) -> None:
    url = blank_in(tmp_path)
    storage = Storage(url)
    storage.migrate()
    storage.engine.dispose()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    loaded = subprocess.check_output([sys.executable, "-c", _START, url], env=environment, text=True).split()
    assert "bot.app" in loaded
    assert set(_WHEN_USED).isdisjoint(loaded)


def test_what_stands_after_the_start_is_not_looked_through_again() -> None:
    """In a process of its own, since it holds for all of one."""
    said = (
        "import bot.app, gc, bot.tidying as it; it.tidy_seldom(); print(gc.get_freeze_count(), len(gc.get_objects()))"
    )
    frozen, looked_through = map(int, subprocess.check_output([sys.executable, "-c", said], text=True).split())
    assert frozen > 100_000
    assert looked_through < 1_000
