"""A system's rate limits, kept on our side: who may call now, who waits, who is turned away unsent.

Money goes first, then looks at payments, the youngest payment's first, then what a person asks. They may not use up
what money could need: what moves no money has a ceiling for each rank, and all calls together have another.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from providers.errors import NotSent, Reason

WINDOW = 60.0
PATIENCE = 5.0


class Rank(IntEnum):
    MONEY = 0
    LOOK = 1
    """At a payment that is still open."""
    QUESTION = 2
    """A balance, a rate, who a number belongs to."""


_ASIDE = {Rank.MONEY: 1.0, Rank.LOOK: 0.8, Rank.QUESTION: 0.9}
"""What calls that move no money may come to: so much is kept for money, less what it has used just now."""
_FREE = {Rank.MONEY: 0, Rank.LOOK: 2, Rank.QUESTION: 1}
"""And so many calls in all stay free, however much money has gone: the next finds one."""
_Place = tuple[Rank, float, int]
_Lane = tuple[Rank, tuple[str, ...]]


@dataclass(slots=True, order=True)
class _Waiting:
    place: _Place
    pots: tuple[str, ...]
    granted: bool = False
    left: bool = False

    @property
    def lane(self) -> _Lane:
        return self.place[0], self.pots


@dataclass(slots=True)
class _Pot:
    """When the calls of the last minute went: all of them, and those of them that moved no money."""

    all: deque[float] = field(default_factory=deque)
    aside: deque[float] = field(default_factory=deque)

    def add(self, at: float, rank: Rank) -> None:
        self.all.append(at)
        if rank is not Rank.MONEY:
            self.aside.append(at)

    def forget(self, until: float) -> None:
        for spent in (self.all, self.aside):
            while spent and spent[0] <= until:
                spent.popleft()


@dataclass(slots=True)
class Budget:
    """`limits`: calls in any 60 seconds, by pot; a call draws on all its pots at once.

    A window that slides is never over the limit of one that stands, wherever the system lets its own begin. `clock`
    is in seconds, and only goes forward: the loop's own, by which `sleep` wakes.
    """

    limits: Mapping[str, int]
    clock: Callable[[], float] = lambda: asyncio.get_running_loop().time()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    patience: float = PATIENCE
    _pots: dict[str, _Pot] = field(init=False)
    _lanes: dict[_Lane, list[_Waiting]] = field(init=False, default_factory=dict)
    """Who waits, by rank and pots: in each lane one at most can be next."""
    _closed_until: float = field(init=False, default=float("-inf"))
    _arrivals: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._pots = {pot: _Pot() for pot in self.limits}

    async def spend(self, *pots: str, rank: Rank, age: float = 0.0) -> None:
        """Returns when the call may go; NotSent where that would take longer than `patience` seconds.

        `age` is the payment's, in seconds: of two looks the younger payment's goes first.
        """
        self._arrivals += 1
        waiting = _Waiting((rank, age, self._arrivals), pots)
        heapq.heappush(self._lanes.setdefault(waiting.lane, []), waiting)
        deadline = self.clock() + self.patience
        try:
            while not self._granted(waiting):
                wait = max(0.001, self._free_in(waiting.lane))
                if self.clock() + wait > deadline:
                    raise NotSent(Reason.LIMIT_REACHED, code="rate limit", retry_after=wait)
                await self.sleep(wait)
        finally:
            waiting.left = True

    def count(self, *pots: str, rank: Rank = Rank.MONEY) -> None:
        """A call that leaves whatever the budget says: one inside another that was granted."""
        for pot in pots:
            self._pots[pot].add(self.clock(), rank)

    def left(self) -> Mapping[str, int]:
        """By pot, what may still be called in the minute that ends now."""
        return {pot: max(0, most - len(self._lately(pot).all)) for pot, most in self.limits.items()}

    def room(self, pot: str, rank: Rank) -> int:
        """How many calls a minute of this rank can go beside as much money as went in the last one."""
        spent = self._lately(pot)
        money = len(spent.all) - len(spent.aside)
        aside, in_all = self._ceilings(pot, rank)
        return max(0, min(aside, in_all - money))

    def free(self, pot: str, rank: Rank, seconds: float) -> int:
        """How many of this rank could begin within so many seconds."""
        spent, since = self._lately(pot), self.clock() - WINDOW + seconds
        aside, in_all = self._ceilings(pot, rank)
        there = min(aside - sum(at > since for at in spent.aside), in_all - sum(at > since for at in spent.all))
        waiting = sum(not one.left for queue in self._lanes.values() for one in queue)
        return max(0, there - waiting) if self._closed_until <= self.clock() + seconds else 0

    def close(self, seconds: float) -> None:
        """The system itself said when to come back."""
        self._closed_until = max(self._closed_until, self.clock() + seconds)

    def _granted(self, waiting: _Waiting) -> bool:
        """Whoever looks first gives out what is free, by rank, not by who looked."""
        while first := min(filter(None, map(self._next, list(self._lanes))), default=None):
            heapq.heappop(self._lanes[first.lane])
            first.granted = True
            self.count(*first.pots, rank=first.place[0])
        return waiting.granted

    def _next(self, lane: _Lane) -> _Waiting | None:
        """Who may go now."""
        queue = self._lanes[lane]
        while queue and queue[0].left:
            heapq.heappop(queue)
        return queue[0] if queue and self._free_in(lane) <= 0 else None

    def _free_in(self, lane: _Lane) -> float:
        rank, pots = lane
        return max(self._closed_until - self.clock(), *(self._pot_free_in(pot, rank) for pot in pots))

    def _pot_free_in(self, pot: str, rank: Rank) -> float:
        spent, (aside, in_all) = self._lately(pot), self._ceilings(pot, rank)
        wait = _until(spent.all, in_all)
        if rank is not Rank.MONEY:
            wait = max(wait, _until(spent.aside, aside))
        return wait + WINDOW - self.clock()

    def _ceilings(self, pot: str, rank: Rank) -> tuple[int, int]:
        most = self.limits[pot]
        return max(1, int(most * _ASIDE[rank])), max(1, most - _FREE[rank])

    def _lately(self, pot: str) -> _Pot:
        self._pots[pot].forget(self.clock() - WINDOW)
        return self._pots[pot]


def _until(spent: deque[float], ceiling: int) -> float:
    """The hour of the call that has to be a minute past before the next may go."""
    return spent[len(spent) - ceiling] if len(spent) >= ceiling else float("-inf")
