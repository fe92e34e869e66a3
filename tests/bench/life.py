"""A payment's whole life by the program's own verbs, from draft to receipt, with a system that answers at once and no
Telegram: how many durable commits it takes, and how many lives a second beside the bare commits of the same database.
"""

import asyncio
import logging
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from sqlalchemy import Engine, event, make_url

from bot.payments.accounts import Accounts
from bot.payments.crew import Crew
from bot.payments.dispatch import Dispatch
from bot.payments.health import Health
from bot.payments.phone import Phone
from bot.payments.polling import Polling
from bot.payments.receipts import Receipts
from bot.payments.routes import Routes
from bot.payments.service import Ask, Payments
from bot.tidying import tidy_seldom
from providers.base import Provider
from providers.messages import Kind, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.sheet import Coverage, Sheet
from storage import people
from storage.engine import Storage
from storage.people import HOUSE
from tests.bench import sweep
from tests.bench.table import Row, median
from tests.books import Clock
from tests.postgres import NoPostgres, running

ROUNDS = 5
AT_ONCE = 32
LIVES = 64
BARE = 1_000
GOAL = 0.4
OWNER = 1

NEEDED = 5
"""Draft, word, claim, reply, verdict: each must outlive whatever comes before the next. The look's claim and the
receipt are not money's.
"""


class Instant(Provider):
    name = "instant"
    sheet = Sheet(title="Instant", coverage=(Coverage("CM", "XAF", frozenset({"MTN"})),))

    def __init__(self) -> None:
        """It needs no account."""

    async def close(self) -> None:
        """Nothing is open."""

    async def collect(self, order: Order) -> Report:
        return Report(Outcome.PENDING, reference=str(order.key))

    async def status(self, lookup: Lookup) -> Report:
        return Report(Outcome.SUCCEEDED, reference=lookup.reference)


class Commits:
    """Those of transactions that wrote something: the others wait for no disk."""

    def __init__(self, engine: Engine) -> None:
        self.durable = self.all = 0
        self._wrote: set[int] = set()
        self._lock = threading.Lock()
        event.listen(engine, "after_cursor_execute", self._executed)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", lambda connection: self._wrote.discard(id(connection)))

    def _executed(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            self._wrote.add(id(connection))

    def _committed(self, connection: Any) -> None:
        with self._lock:
            self.all += 1
            if id(connection) in self._wrote:
                self._wrote.discard(id(connection))
                self.durable += 1


@dataclass
class Counter:
    storage: Storage
    clock: Clock = field(default_factory=Clock)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        accounts, health = Accounts({HOUSE: [Instant()]}), Health(self.clock)
        routes = Routes(accounts, health, self.clock)
        ids = (f"L{number:09}" for number in count(1))
        codes = ("".join("23456789"[int(digit)] for digit in f"{number:012o}") for number in count(1))
        self._senders, self._lookers = Crew(AT_ONCE), Crew(AT_ONCE)
        self._payments = Payments(self.storage, accounts, routes, self.clock, lambda: next(ids), _nobody)
        self._dispatch = Dispatch(self.storage, accounts, routes, health, self._senders, self.clock, uuid4, _nobody)
        self._polling = Polling(self.storage, accounts, health, self._lookers, self.clock, _nobody, _nobody)
        self._receipts = Receipts(self.storage, accounts, self.clock, lambda: next(codes), "")
        found = self.storage.transact(people.member, OWNER, "Awa", "en")
        assert found
        self._member = found

    async def live(self, lives: int, at_once: int) -> None:
        for _ in range(lives // at_once):
            drafts = await asyncio.gather(*(self._payments.draft(self._member, self._ask()) for _ in range(at_once)))
            await asyncio.gather(*(self._payments.confirm(self._member, one.id) for one in drafts))
            await self._dispatch.tick()
            await self._senders.drain(60)
            self.clock.skip(minutes=1)
            await self._polling.tick()
            await self._lookers.drain(60)
            await asyncio.gather(*(self._receipts.issue(self._member, one.id) for one in drafts))

    def _ask(self) -> Ask:
        number = next(self.numbers)
        phone = Phone(f"23767{number:07}", "CM", "MTN")
        return Ask(Kind.COLLECTION, Money(5000, "XAF"), phone, "shoes", OWNER, number)


def _nobody() -> None:
    """Nobody waits to be told."""


def run(*, short: bool = False) -> list[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    tidy_seldom()  # as `python -m bot` does
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare: dict[str, tuple[str, Callable[[int], float]]] = {
            "SQLite": (f"sqlite:///{folder / 'life.db'}", lambda _: _bare_sqlite(folder / "bare.db"))
        }
        if not short:
            try:
                server = stack.enter_context(running(durable=True))
                other = server.new_database()
                bare["PostgreSQL"] = (server.new_database(), lambda at_once: asyncio.run(_bare_server(other, at_once)))
            except NoPostgres as error:
                print(f"PostgreSQL left out: {error}")
        for name, (url, commits) in bare.items():
            rows += _compare(name, url, commits, rounds=3 if short else ROUNDS)
    return rows


def _compare(name: str, url: str, bare: Callable[[int], float], rounds: int) -> list[Row]:
    storage = Storage(url)
    sweep.fill(storage, 0)
    commits, counter = Commits(storage.engine), Counter(storage)
    rows = [asyncio.run(_lives(name, counter, commits, bare, at_once, rounds)) for at_once in (1, AT_ONCE)]
    asyncio.run(storage.close())
    return rows


async def _lives(
    name: str, counter: Counter, commits: Commits, bare: Callable[[int], float], at_once: int, rounds: int
) -> Row:
    rates, floors, costs = [], [], []
    await counter.live(at_once, at_once)  # warms up
    before, all_before = commits.durable, commits.all
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        await counter.live(LIVES, at_once)
        rates.append(LIVES / (time.perf_counter() - began))
        costs.append((time.process_time() - used) / LIVES)
        floors.append(await asyncio.to_thread(bare, at_once))
    each = (commits.durable - before) / LIVES / rounds
    every = (commits.all - all_before) / LIVES / rounds
    if at_once == 1:
        _NEEDS[name] = each
    rate, floor, cost = median(rates), median(floors), median(costs)
    share = rate / (floor / _NEEDS[name])
    measured = (
        f"{each:.2f} durable commits a payment ({every:.2f} with those that only read); {rate:.0f} payments/s beside "
        f"{floor:,.0f} bare commits/s: {share:.0%} of them divided by {_NEEDS[name]:.0f}; "
        f"processor {cost * 1e3:.1f} ms a payment"
    )
    print(f"{name}, {at_once} at once: {measured}")
    of = f"of the bare commits divided by the {_NEEDS[name]:.0f} that one payment takes (money's rules need {NEEDED})"
    ratios = {f"life: {name}, {at_once} at once": share}
    disk = _NEEDS[name] / floor
    why = f"Python's {cost * 1e3:.1f} ms for 55 statements, where the bare commits take {disk * 1e3:.1f}"
    work = f"a payment's life, {name}, {at_once} at once"
    return Row(work, measured, f"{GOAL:.0%} {of}", share >= GOAL, ratios, why)


_NEEDS: dict[str, float] = {}
"""Commits that a payment takes which is alone."""


def _bare_sqlite(file: Path) -> float:
    """One row a commit. More writers than one are slower: the file has one lock."""
    with sqlite3.connect(file, isolation_level=None) as books:
        books.execute("PRAGMA journal_mode=WAL")
        books.execute("PRAGMA synchronous=FULL")
        books.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, said TEXT)")
        began = time.perf_counter()
        for _ in range(BARE):
            books.execute("BEGIN IMMEDIATE")
            books.execute("INSERT INTO bare (said) VALUES (?)", ("x" * 200,))
            books.execute("COMMIT")
        return BARE / (time.perf_counter() - began)


async def _bare_server(url: str, at_once: int) -> float:
    address = make_url(url)
    to = f"user=postgres host={address.query['host']} dbname={address.database}"
    async with await psycopg.AsyncConnection.connect(to, autocommit=True) as first:
        await first.execute("CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, said text)")
    hands = [await psycopg.AsyncConnection.connect(to, autocommit=True) for _ in range(at_once)]
    left = iter(range(BARE))

    async def commit(hand: psycopg.AsyncConnection[Any]) -> None:
        for _ in left:
            await hand.execute("INSERT INTO bare (said) VALUES (%s)", ("x" * 200,), prepare=True)

    began = time.perf_counter()
    await asyncio.gather(*(commit(hand) for hand in hands))
    took = time.perf_counter() - began
    for hand in hands:
        await hand.close()
    return BARE / took
