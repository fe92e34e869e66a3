"""One, two and three instances on one PostgreSQL, in webhook mode, each brought its share of what people say; the same
errand as in `collection`, and where it ends: what the processors did meanwhile.
"""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import programs
from tests.bench.bots import AT_ONCE
from tests.bench.collection import ERRAND
from tests.bench.table import Row, median
from tests.postgres import NoPostgres, Postgres, running

ROUNDS = 3
MOST = 3


def run(*, short: bool = False) -> list[Row]:
    rates: list[float] = []
    busy: list[float] = []
    cost: list[float] = []
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running(durable=True))
        except NoPostgres as error:
            print(f"left out: {error}")
            return []
        for many in range(1, MOST + 1):
            found = _measured(server, many, 1 if short else ROUNDS)
            for told, kept in zip(found, (rates, busy, cost), strict=True):
                kept.append(told)
    measured = (
        f"{rates[1] / rates[0]:.2f} x and {rates[2] / rates[0]:.2f} x one ({rates[0]:.0f}/s); the machine's processors "
        f"{busy[0]:.0%}, {busy[1]:.0%} and {busy[2]:.0%} busy; processor of the instances {_listed(cost)} ms a payment"
    )
    why = (
        "an instance is one Python, which uses one processor; Telegram's stand-in and PostgreSQL need theirs beside it"
    )
    work = "two and three instances on PostgreSQL, webhook mode, 256 at once"
    return [Row(work, measured, "the ratio, and why", why=why)]


def _listed(cost: Sequence[float]) -> str:
    return ", ".join(f"{one * 1e3:.0f}" for one in cost)


def _measured(server: Postgres, many: int, rounds: int) -> tuple[float, float, float]:
    """Payments a second, the share of all processors that somebody used, and what the instances used a payment."""
    rates, busy, costs = [], [], []
    with ExitStack() as stack:
        url, database = stack.enter_context(programs.street()), server.new_database()
        places = [f"127.0.0.1:{programs.free_port()}" for _ in range(many)]
        pids = [stack.enter_context(programs.bot("hooked", url, database, place)) for place in places]
        hooks = [f"http://{place}/telegram" for place in places]
        for number in range(rounds + 1):
            before, used = sum(map(programs.processor, pids)), _used()
            began = time.perf_counter()
            seconds = programs.errands(url, lines=AT_ONCE, hooks=hooks, **ERRAND)
            took = time.perf_counter() - began
            if number:  # the first one warms up
                rates.append(AT_ONCE / seconds)
                busy.append((_used() - used) / took / (os.cpu_count() or 1))
                costs.append((sum(map(programs.processor, pids)) - before) / AT_ONCE)
    print(f"{many} instances: {median(rates):.0f}/s, {median(busy):.0%} busy, {median(costs) * 1e3:.1f} ms", flush=True)
    return median(rates), median(busy), median(costs)


def _used() -> float:
    """Seconds that all processors worked, for whomever."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
