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
