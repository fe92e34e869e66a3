"""How long the program takes until it is ready, and the memory that it has then, with ten thousand open payments, and
over a day.
"""

import tempfile
import time
from pathlib import Path

from storage.engine import Storage
from tests.bench import programs, sweep
from tests.bench.bots import SPEED
from tests.bench.table import Row, median

ROUNDS = 5
OPEN = 10_000


def run(*, short: bool = False) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, programs.street(0.001, 0.02) as url:
        empty, full = (f"sqlite:///{Path(folder) / name}.db" for name in ("empty", "full"))
        sweep.fill(Storage(empty), 0)
        starts, idle = [], []
        for _ in range(3 if short else ROUNDS):
            began = time.perf_counter()
            with programs.bot("alone", url, empty) as pid:
                starts.append((time.perf_counter() - began, programs.processor(pid)))
                time.sleep(1)
                idle.append(programs.memory(pid))
        used = median([one[1] for one in starts])
        rows = [
            Row(
                "start to ready",
                f"{median([one[0] for one in starts]):.2f} s, {used:.2f} s of the processor",
                "2 s",
                median([one[0] for one in starts]) < 2,
            ),
            Row(
                "memory, idle",
                f"{median(idle):.0f} MB",
                "120 MB",
                median(idle) < 120,
                {"memory: 100 MB / idle": 100 / median(idle)},
            ),
        ]
        return rows if short else [*rows, _with_open(url, full, median(idle)), _over_a_day(url, empty)]


def _with_open(url: str, books: str, idle: float) -> Row:
    file = Path(books.removeprefix("sqlite:///"))
    sweep.fill(Storage(books), OPEN)
    with programs.bot("alone", url, books) as pid:
        sweep.swept(file, url, pid, OPEN)
        more = programs.memory(pid) - idle
    return Row(f"memory with {OPEN:,} open payments, each looked at", f"{more:+.0f} MB", "30 MB more", more < 30)


def _over_a_day(url: str, books: str) -> Row:
    """Four lines an hour, and the clock's work closer together; the first six hours warm it up."""
    hours = []
    with programs.bot("day", url, books) as pid:
        for _ in range(24):
            programs.errands(url, line="/request 5000 677123456", lines=4, in_flight=1)
            time.sleep(3600 / SPEED)
            hours.append(programs.memory(pid))
    more = median(hours[-6:]) - median(hours[6:12])
    return Row("memory over a day, the last six hours against the second six", f"{more:+.1f} MB", "flat", more < 3)
