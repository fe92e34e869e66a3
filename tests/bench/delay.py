"""How late a settled payment is noticed where a system allows 100 calls a minute and 1,000 payments are open, against
the best that any schedule can do with these calls. docs/performance.md derives that.

No system and no books: our schedule, our budget and an event loop without a wall clock.
"""

import asyncio
import heapq
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from bot.payments.schedule import next_look
from providers.base import Pace
from providers.budget import Budget, Rank
from providers.errors import NotSent
from storage.models import Payment
from tests.bench.table import Row
from tests.books import draft
from tests.storms.hourglass import Hourglass

CALLS = 100
ARRIVALS = 20 / 60
"""A second. Each costs a call of its own: these go first, and the looks have what is left."""
QUICK, MEDIAN, SIGMA = 0.8, 40.0, 0.8
"""Four of five payers answer, log-normally; the others leave it lying until it ends, exponentially."""
SLOW = 4.1 * 3600
HOURS = 2
"""Takes some minutes. While many are left unnoticed the mean still grows with this."""
_WARM = 1 / 3
_START = datetime(2026, 1, 1, tzinfo=UTC)
_TICK = 1.0
_HANDS = 64
PACE = Pace(first=timedelta(seconds=3), closest=timedelta(seconds=3))


def settles(chance: random.Random) -> float:
    return chance.lognormvariate(math.log(MEDIAN), SIGMA) if chance.random() < QUICK else chance.expovariate(1 / SLOW)


def survival(age: float) -> float:
    quick = math.erfc(math.log(age / MEDIAN) / SIGMA / math.sqrt(2)) / 2 if age > 0 else 1.0
    return QUICK * quick + (1 - QUICK) * math.exp(-age / SLOW)


def best(looks: float) -> float:
    """The least mean delay of any schedule that makes so many looks at a payment in the mean."""
    low, high = 1e-3, 1e6
    for _ in range(40):
        price = math.sqrt(low * high)
        low, high = (price, high) if _priced(price)[1] > looks else (low, price)
    return _priced(high)[0]


def _ages() -> list[float]:
    """Closer than any gap of the best schedule, by which the grid costs it next to nothing."""
    ages = [0.0]
    while ages[-1] < 14 * SLOW:
        ages.append(ages[-1] + max(1.0, ages[-1] / 60))
    return ages


AGES = _ages()
SURVIVALS = [survival(age) for age in AGES]
_AREAS = [0.0]
for (one, other), (before, after) in zip(pairwise(AGES), pairwise(SURVIVALS), strict=True):
    _AREAS.append(_AREAS[-1] + (other - one) * (before + after) / 2)


def _priced(price: float) -> tuple[float, float]:
    """Mean delay and looks of the schedule that is best where a look costs so many seconds of delay."""
    last = len(AGES) - 1
    ways = [(0.0, 0.0, 0.0)] * (last + 1)
    for here in range(last - 1, -1, -1):
        chosen = (math.inf, 0.0, 0.0)
        for there in range(here + 1, last + 1):
            late = (AGES[there] - AGES[here]) * SURVIVALS[here] - (_AREAS[there] - _AREAS[here])
            if late + price * SURVIVALS[here] >= chosen[0]:
                break
            _, delay, looks = ways[there]
            if (cost := late + price * SURVIVALS[here] + ways[there][0]) < chosen[0]:
                chosen = (cost, delay + late, looks + SURVIVALS[here])
        ways[here] = chosen
    return ways[0][1], ways[0][2]


@dataclass(slots=True)
class _Open:
    payment: Payment
    sent: float
    settled: float


class Counter:
    """What `Polling` does with the clock: claims what is due for free hands, asks, and notes the next look."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._budget = Budget({"all": CALLS})
        self._due: list[tuple[float, int, _Open]] = []
        self._numbers = count()
        self._at_work: set[asyncio.Task[None]] = set()
        self.looks = 0
        self.late: list[float] = []
        """Of each that settled since the first third: how late it was noticed, or how long it waits already."""
        self.unnoticed = (0, 0.0)
        """How many are settled and not noticed at the end, and for how many seconds in the mean."""

    async def run(self, seconds: float) -> None:
        """It begins as it would be after days of the best schedule: as many open as never are answered soon."""
        for _ in range(int(ARRIVALS * (1 - QUICK) * SLOW)):
            self._take(-self._chance.expovariate(1 / SLOW), self._chance.expovariate(1 / SLOW), looks=9)
        arriving = asyncio.create_task(self._arrive())
        while self._loop.time() < seconds:
            self._claim()
            await asyncio.sleep(_TICK)
        arriving.cancel()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(arriving, *self._at_work, return_exceptions=True)
        waiting = [seconds - one.settled for _, _, one in self._due if one.settled < seconds]
        self.unnoticed = len(waiting), sum(waiting) / max(1, len(waiting))
        self.late += [wait for wait in waiting if wait < (1 - _WARM) * seconds]

    async def _arrive(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(ARRIVALS))
            await self._budget.spend("all", rank=Rank.MONEY)
            now = self._loop.time()
            self._take(now, now + settles(self._chance), looks=0)

    def _take(self, sent: float, settled: float, looks: int) -> None:
        payment = draft(sent_at=_START + timedelta(seconds=sent), looks=looks)
        self._wait(_Open(payment, sent, settled))

    def _wait(self, one: _Open) -> None:
        due = next_look(one.payment, _START + timedelta(seconds=self._loop.time()), PACE)
        self._put(one, (due - _START).total_seconds())

    def _put(self, one: _Open, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), one))

    def _claim(self) -> None:
        while self._due and self._due[0][0] <= self._loop.time() and len(self._at_work) < _HANDS:
            task = asyncio.create_task(self._look(heapq.heappop(self._due)[2]))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    async def _look(self, one: _Open) -> None:
        try:
            await self._budget.spend("all", rank=Rank.LOOK, age=self._loop.time() - one.sent)
        except NotSent as busy:
            self._put(one, self._loop.time() + (busy.retry_after or PACE.closest.total_seconds()))
            return
        self.looks += 1
        now = self._loop.time()
        if one.settled > now:
            one.payment.looks += 1
            self._wait(one)
        elif one.settled > _WARM * HOURS * 3600:
            self.late.append(now - one.settled)


async def _simulated() -> Counter:
    counter = Counter(random.Random(1))
    await counter.run(HOURS * 3600)
    return counter


def run(*, short: bool = False) -> list[Row]:
    least = best((CALLS / 60 - ARRIVALS) / ARRIVALS)
    loop = Hourglass()
    counter = loop.run_until_complete(_simulated())
    loop.close()
    late = sum(counter.late) / len(counter.late)
    measured = (
        f"{late:.0f} s in {HOURS} hours with {counter.looks / HOURS / 60:.0f} looks a minute; at the end "
        f"{counter.unnoticed[0]} are settled and unnoticed, for {counter.unnoticed[1]:.0f} s in the mean; "
        f"the best schedule {least:.0f} s with {(CALLS / 60 - ARRIVALS) * 60:.0f}: {late / least:.1f} x"
    )
    goal = "1.15 x the best"
    return [Row("mean delay, 1,000 open and 100 calls a minute", measured, goal, late <= 1.15 * least)]
