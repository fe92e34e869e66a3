"""A line's way through the chat, with Telegram 50 ms away and 256 people writing at once: our whole /request up to its
card, against bots that do nothing but answer. All on the same machine, in turns.
"""

import tempfile
from contextlib import ExitStack

from tests.bench import programs
from tests.bench.bots import AT_ONCE
from tests.bench.table import Row, median

ROUNDS = 5
LINES = {"ours": 256, "stock": 256, "aiohttp": 512, "floor": 512}
LINE = "/request 5000 677123456 shoes"


def run(*, short: bool = False) -> list[Row]:
    rounds, share = (3, 1) if short else (ROUNDS, 1)
    names = ["ours", "aiohttp"] if short else list(LINES)
    rates: dict[str, list[float]] = {name: [] for name in names}
    costs: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        books = f"sqlite:///{folder}/bench.db"
        streets = {name: stack.enter_context(programs.street()) for name in names}
        pids = {name: stack.enter_context(programs.bot(name, url, books)) for name, url in streets.items()}
        for number in range(rounds + 1):
            for name, url in streets.items():
                lines = LINES[name] // share
                before = programs.processor(pids[name])
                seconds = programs.errands(url, line=LINE, lines=lines, in_flight=AT_ONCE)
                if number:  # the first one warms up
                    rates[name].append(lines / seconds)
                    costs[name].append((programs.processor(pids[name]) - before) / lines * 1e6)
    rate = {name: median(rates[name]) for name in names}
    cost = {name: median(costs[name]) for name in names}
    for name in names:
        print(f"{name:10} {rate[name]:7.0f}/s {cost[name]:8.0f} µs of the processor")
    ratios = {"chat: echo over aiohttp / ours, processor": cost["aiohttp"] / cost["ours"]}
    if short:
        return [
            Row("/request up to the card", f"{cost['ours'] / cost['aiohttp']:.1f} x an echo's processor", ratios=ratios)
        ]
    times = rate["ours"] / rate["stock"]
    measured = (
        f"{rate['ours']:.0f}/s: {times:.2f} x the stock bare echo ({rate['stock']:.0f}/s), "
        f"{rate['ours'] / rate['aiohttp']:.2f} x the bare echo over aiohttp ({rate['aiohttp']:.0f}/s), "
        f"floor {rate['floor']:.0f}/s; processor {cost['ours']:.0f}, {cost['stock']:.0f}, {cost['aiohttp']:.0f} µs"
    )
    goal = "8 x the stock bare echo"
    why = (
        f"an echo writes nothing; a /request takes about 20 statements in four transactions and a message, "
        f"{cost['ours'] / 1e3:.1f} ms of Python, where the goal leaves {1e3 / rate['stock'] / 8:.1f}"
    )
    return [Row("/request up to the card, Telegram 50 ms, 256 at once", measured, goal, times >= 8, ratios, why)]
