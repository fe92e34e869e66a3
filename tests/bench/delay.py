"""How late a settled payment is noticed where a system allows 100 calls a minute and 1,000 payments are open, against
the best that any schedule can do with these calls. docs/performance.md derives that.

No system and no books: our schedule, our budget and an event loop without a wall clock.
"""

import asyncio
import heapq
import math
import random
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from bot.payments.schedule import next_look
from bot.payments.stride import EDGES, Stride
from bot.payments.strides import EVERY
from providers.budget import Budget, Rank
from providers.errors import NotSent
from providers.sheet import Pace
from tests.bench.table import Row
from tests.books import draft
from tests.storms.hourglass import Hourglass

CALLS = 100
ARRIVALS = 20 / 60
"""A second. Each costs a call of its own: these go first, and the looks have what is left."""
QUICK, MEDIAN, SIGMA = 0.8, 40.0, 0.8
"""Four of five payers answer, log-normally; the others leave it lying until it ends, exponentially."""
SLOW = 4.1 * 3600
SEEDS = (1, 2, 3)
WARM, HOURS = 8, 32
"""Of so many the first are not counted: it begins without knowing when payments settle."""
_HOUR = 3600.0
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


@dataclass(slots=True, eq=False)
class _Open:
    sent: float
    settled: float
    looks: int
    due: float = 0.0


class Counter:
    """What `Polling` does with the clock: claims what is due for free hands, asks, and notes the next look."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._budget = Budget({"all": CALLS})
        self._stride = Stride(PACE.closest)
        self._payment = draft()
        self._open: set[_Open] = set()
        self._sent: list[float] = []
        self._due: list[tuple[float, int, _Open]] = []
        self._ready: list[tuple[float, int, _Open]] = []
        self._numbers = count()
        self._at_work: set[asyncio.Task[None]] = set()
        self.looks = 0
        self.late: list[float] = []
        """Of each that settled since the warming up: how late it was noticed, or how long it waits already."""
        self.money: list[float] = []
        """How long each call that moves money waited for its turn."""

    async def run(self, seconds: float) -> None:
        """It begins as it would be after days of the best schedule: as many open as never are answered soon."""
        for _ in range(int(ARRIVALS * (1 - QUICK) * SLOW)):
            self._take(-self._chance.expovariate(1 / SLOW), self._chance.expovariate(1 / SLOW), looks=9)
        arriving = asyncio.create_task(self._arrive())
        while self._loop.time() < seconds:
            if self._loop.time() % EVERY.total_seconds() < _TICK:
                self._measure()
            self._claim()
            await asyncio.sleep(_TICK)
        arriving.cancel()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(arriving, *self._at_work, return_exceptions=True)
        waiting = [seconds - one.settled for one in self._open if WARM * _HOUR < one.settled < seconds]
        self.late += waiting

    def _measure(self) -> None:
        now = self._loop.time()
        older = [bisect_right(self._sent, now - edge) for edge in EDGES]
        standing = [many - more for many, more in pairwise((*older, 0))]
        self._stride.measure(standing, self._budget.room("all", Rank.LOOK), EVERY.total_seconds())

    async def _arrive(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(ARRIVALS))
            asyncio.create_task(self._send())  # noqa: RUF006 - ends by itself

    async def _send(self) -> None:
        came = self._loop.time()
        while True:
            try:
                await self._budget.spend("all", rank=Rank.MONEY)
            except NotSent as busy:
                await asyncio.sleep(busy.retry_after or 1)
            else:
                break
        now = self._loop.time()
        self.money.append(now - came)
        self._take(now, now + settles(self._chance), looks=0)

    def _take(self, sent: float, settled: float, looks: int) -> None:
        one = _Open(sent, settled, looks)
        self._open.add(one)
        insort(self._sent, sent)
        self._wait(one)

    def _wait(self, one: _Open) -> None:
        self._payment.sent_at, self._payment.looks = _START + timedelta(seconds=one.sent), one.looks
        due = next_look(self._payment, _START + timedelta(seconds=self._loop.time()), self._pace())
        self._put(one, (due - _START).total_seconds())

    def _pace(self) -> Pace:
        return replace(PACE, scarce=self._stride.gap) if self._stride.scarce else PACE

    def _put(self, one: _Open, at: float) -> None:
        one.due = at
        heapq.heappush(self._due, (at, next(self._numbers), one))

    def _claim(self) -> None:
        now = self._loop.time()
        while self._due and self._due[0][0] <= now:
            one = heapq.heappop(self._due)[2]
            heapq.heappush(self._ready, (one.due + (one.due - one.sent) / 20, next(self._numbers), one))
        room = self._budget.free("all", Rank.LOOK, _TICK) if self._stride.scarce else _HANDS
        for _ in range(min(room, _HANDS - len(self._at_work))):
            if not self._ready:
                break
            one = heapq.heappop(self._ready)[2]
            one.due = math.inf
            task = asyncio.create_task(self._look(one))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    async def _look(self, one: _Open) -> None:
        try:
            await self._budget.spend("all", rank=Rank.LOOK, age=self._loop.time() - one.sent)
        except NotSent:
            self._put(
                one,
                self._loop.time()
                + self._stride.gap(timedelta(seconds=self._loop.time() - one.sent)).total_seconds() / 4,
            )
            return
        now = self._loop.time()
        self.looks += now > WARM * _HOUR
        if one.settled > now:
            one.looks += 1
            self._wait(one)
            return
        self._open.discard(one)
        del self._sent[bisect_left(self._sent, one.sent)]
        self._stride.settled(timedelta(seconds=now - one.sent))
        if one.settled > WARM * _HOUR:
            self.late.append(now - one.settled)


async def _simulated(seed: int) -> Counter:
    counter = Counter(random.Random(seed))
    await counter.run(HOURS * _HOUR)
    return counter


def run(*, short: bool = False) -> list[Row]:
    left = CALLS - ARRIVALS * 60
    least = best(left / 60 / ARRIVALS)
    days = [_day(seed) for seed in SEEDS]
    means = [sum(day.late) / len(day.late) for day in days]
    late = sum(means) / len(means)
    looks = sum(day.looks for day in days) / len(days) / (HOURS - WARM) / 60
    money = sorted(wait for day in days for wait in day.money)
    each = ", ".join(f"{mean:.0f}" for mean in means)
    latest = max(max(day.late) for day in days) / 60
    measured = (
        f"{late:.0f} s ({each}) with {looks:.0f} looks a minute, beside {least:.0f} s of the best schedule with all "
        f"{left:.0f} that are left: {late / least:.2f} x; the latest {latest:.0f} min. "
        f"A call that moves money waits {sum(money) / len(money):.2f} s in the mean, "
        f"99 of 100 under {money[len(money) * 99 // 100]:.1f} s"
    )
    goal = "1.15 x the best"
    return [Row("mean delay, 1,000 open and 100 calls a minute", measured, goal, late <= 1.15 * least)]


def _day(seed: int) -> Counter:
    loop = Hourglass()
    try:
        return loop.run_until_complete(_simulated(seed))
    finally:
        loop.close()
