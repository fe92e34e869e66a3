"""From /request through the tap to the collection that the system took and the message that says so: Telegram 50 ms a
call, the system 200 ms, 256 people at once, on PostgreSQL; our whole program beside a stock one (stock.py), in turns.
"""

from contextlib import ExitStack

from tests.bench import programs
from tests.bench.bots import AT_ONCE
from tests.bench.table import Row, median
from tests.postgres import NoPostgres, running

ROUNDS = 5
NAMES = ("ours", "shop")
ERRAND = {"line": "/request 5000 {phone} shoes", "tap": True, "ends": "126%23", "in_flight": AT_ONCE}
"""The last edit holds the code that the payer may dial: *126#."""


def run(*, short: bool = False) -> list[Row]:
    rates: dict[str, list[float]] = {name: [] for name in NAMES}
    costs: dict[str, list[float]] = {name: [] for name in NAMES}
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running(durable=True))
        except NoPostgres as error:
            print(f"left out: {error}")
            return []
        streets = {name: stack.enter_context(programs.street()) for name in NAMES}
        pids = {name: stack.enter_context(programs.bot(name, streets[name], server.new_database())) for name in NAMES}
        for number in range((2 if short else ROUNDS) + 1):
            for name in NAMES:
                before = programs.processor(pids[name])
                seconds = programs.errands(streets[name], lines=AT_ONCE, **ERRAND)
                cost = (programs.processor(pids[name]) - before) / AT_ONCE
                print(f"{name:5} {AT_ONCE / seconds:5.0f}/s {cost * 1e3:6.1f} ms of the processor", flush=True)
                if number:  # the first one warms up
                    rates[name].append(AT_ONCE / seconds)
                    costs[name].append(cost)
    return [_row(*(median(of[name]) for of in (rates, costs) for name in NAMES))]


def _row(ours: float, stock: float, cost: float, stock_cost: float) -> Row:
    measured = (
        f"{ours:.0f}/s beside {stock:.0f}/s of a stock stack: {ours / stock:.2f} x; processor {cost * 1e3:.1f} ms "
        f"a payment beside {stock_cost * 1e3:.1f}: {cost / stock_cost:.2f} of it"
    )
    met = ours >= 5 * stock and cost <= 0.4 * stock_cost
    ratios = {"collection: stock / ours, processor": stock_cost / cost}
    goal = "5 x the stock stack's rate, 0.4 of its processor"
    why = (
        "the processor: beside what the stock stack does ours keeps each update, knows who asks and how often, keeps "
        "chained events, an attempt and a notice for each message"
    )
    return Row(
        "/request to the accepted collection and its message, Telegram 50 ms, system 200 ms, 256 at once, PostgreSQL",
        measured, goal, met, ratios, why,
    )  # fmt: skip
