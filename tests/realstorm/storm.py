"""One storm: bad weather for so many seconds, then calm, then the verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlmodel import Session, col, select

from storage.models import Heard, Notice, Payment
from storage.states import OPEN
from tests.postgres import Postgres
from tests.realstorm.clients import Clients
from tests.realstorm.killer import Killer
from tests.realstorm.payers import Payers
from tests.realstorm.street import BEN, CHI, EVE, FAY, GIL, OWNERS, Mode, Street, street
from tests.realstorm.verdict import Report, examine

_SETTLES_WITHIN = 30.0
_STANDS_STILL = 4.0
_READ_WITHIN = 120.0
_TAPS = 15
_TOLD_WITHIN = 900.0
"""A group takes twenty messages a minute."""
_AGES = (0, 0, 3, 20, 40, 60, 60, 60)
"""So many minutes older the books are made, step by step, as soon as nothing happens any more: what rests on a lease,
on a draft's end or on a system's silence comes due."""


@dataclass
class Outcome:
    report: Report
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    settled_in: float = 0.0


async def run(
    folder: Path, postgres: Postgres, *, seconds: float, seed: int, group: bool = False, mode: Mode = Mode.POLLING
) -> Outcome:
    began = time.monotonic()
    async with street(folder, postgres, group=group, mode=mode) as place:
        clients, payers, killer = _cast(Random(seed), place)
        works = [*(clients.live(one) for one in (*OWNERS, BEN, EVE)), *(clients.decide(one) for one in (CHI, GIL))]
        works += [payers.live(), payers.spoil(), killer.live()]
        works += [_later(seconds * 0.2, clients.rush(FAY))]
        await _while(works, _long_enough(seconds, clients, killer))
        calm = time.monotonic()
        await _calm(place)
        await _while([payers.wake_for_good()], _settled(place))
        report = await examine(folder, place, clients.amounts)
        counts = clients.counts + payers.counts + killer.counts
        return Outcome(report, counts, time.monotonic() - began, time.monotonic() - calm)


def _cast(chance: Random, place: Street) -> tuple[Clients, Payers, Killer]:
    """Each with a chance of its own: they don't wait for each other in the same order twice."""
    mine = [Random(chance.getrandbits(64)) for _ in range(3)]
    return Clients(mine[0], place), Payers(mine[1], place), Killer(mine[2], place)


async def _later(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(seconds)
    await work


async def _long_enough(seconds: float, clients: Clients, killer: Killer) -> None:
    """On a machine with other work to do it takes longer until something has happened."""
    await asyncio.gather(asyncio.sleep(seconds), killer.strike_the_database(seconds / 3))
    while clients.counts["taps"] < _TAPS or not killer.counts["instances started again"]:
        await asyncio.sleep(0.2)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Told more than once: a wait that ends at the moment of its cancelling may not hear of it."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.2)


async def _while(works: list[Coroutine[Any, Any, None]], until: Coroutine[Any, Any, None]) -> None:
    """A fault of the storm itself ends it."""
    end = asyncio.create_task(until)
    tasks = [end, *(asyncio.create_task(work) for work in works)]
    try:
        while not end.done():
            await asyncio.wait(tasks, timeout=0.5, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
    finally:
        await _end(tasks)


async def _calm(place: Street) -> None:
    """Whatever is down comes up, no fault is left, and what people wrote was read."""
    await asyncio.to_thread(place.postgres.stop)
    await asyncio.to_thread(place.postgres.start)
    await place.control("DELETE", "faults")
    for instance in place.instances:
        if not instance.running:
            await place.start(instance)
    await place.telegram.settled(quiet=0.3, timeout=_READ_WITHIN)
    await _until_none(place, _unworked, _READ_WITHIN, _READ_WITHIN)


async def _settled(place: Street) -> None:
    """Returns when nothing is open and nothing is owed, or when it won't be in any time that one could wait."""
    for age in _AGES:
        await asyncio.to_thread(place.books.transact, _make_older, timedelta(minutes=age))
        if not await _until_none(place, _open_still, _SETTLES_WITHIN, _STANDS_STILL):
            break
    await _until_none(place, _owed, _TOLD_WITHIN, _TOLD_WITHIN)


async def _until_none(place: Street, count: Callable[[Session], int], within: float, stands_still: float) -> int:
    """How many are left in the end; sooner where there was no change for a while."""
    deadline, left, since = time.monotonic() + within, -1, time.monotonic()
    while left and time.monotonic() < min(deadline, since + stands_still):
        before, left = left, await asyncio.to_thread(place.books.transact, count)
        since = since if left == before else time.monotonic()
        await asyncio.sleep(0.3)
    return left


def _open_still(session: Session) -> int:
    return len(session.exec(select(Payment.id).where(col(Payment.state).in_(OPEN))).all())


def _unworked(session: Session) -> int:
    return len(session.exec(select(Heard.update_id).where(col(Heard.due_at).is_not(None))).all())


def _owed(session: Session) -> int:
    return len(session.exec(select(Notice.id).where(col(Notice.due_at).is_not(None))).all())


def _make_older(session: Session, age: timedelta) -> None:
    for payment in session.exec(select(Payment).where(col(Payment.state).in_(OPEN)).with_for_update()):
        payment.created_at -= age
        for name in ("confirmed_at", "sent_at", "due_at"):
            if at := getattr(payment, name):
                setattr(payment, name, at - age)
        session.add(payment)
