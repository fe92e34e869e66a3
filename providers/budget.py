"""A system's rate limits, kept on our side: who may call now, who waits, who is turned away unsent.

Money goes first, then look-ups that a person waits for and looks at payments, the youngest payment's first. Looks
may not use up what money could need: each rank has its ceiling.
"""

import asyncio
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


_CEILING = {Rank.MONEY: 1.0, Rank.LOOK: 0.8, Rank.QUESTION: 0.9}
_Place = tuple[Rank, float, int]


@dataclass(slots=True)
class _Waiting:
    place: _Place
    pots: tuple[str, ...]
    granted: bool = False


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
    _spent: dict[str, deque[float]] = field(init=False, default_factory=dict)
    _queue: list[_Waiting] = field(init=False, default_factory=list)
    _closed_until: float = field(init=False, default=float("-inf"))
    _arrivals: int = field(init=False, default=0)

    async def spend(self, *pots: str, rank: Rank, age: float = 0.0) -> None:
        """Returns when the call may go; NotSent where that would take longer than `patience` seconds.

        `age` is the payment's, in seconds: of two looks the younger payment's goes first.
        """
        self._arrivals += 1
        waiting = _Waiting((rank, age, self._arrivals), pots)
        self._queue.append(waiting)
        deadline = self.clock() + self.patience
        try:
            while not self._granted(waiting):
                wait = max(0.001, self._free_in(waiting))
                if self.clock() + wait > deadline:
                    raise NotSent(Reason.LIMIT_REACHED, code="rate limit", retry_after=wait)
                await self.sleep(wait)
        finally:
            if waiting in self._queue:
                self._queue.remove(waiting)

    def count(self, *pots: str) -> None:
        """A call that leaves whatever the budget says: one inside another that was granted."""
        for pot in pots:
            self._spent.setdefault(pot, deque()).append(self.clock())

    def left(self) -> Mapping[str, int]:
        """By pot, what may still be called in the minute that ends now."""
        since = self.clock() - WINDOW
        spent = {pot: sum(at > since for at in self._spent.get(pot, ())) for pot in self.limits}
        return {pot: max(0, most - spent[pot]) for pot, most in self.limits.items()}

    def close(self, seconds: float) -> None:
        """The system itself said when to come back."""
        self._closed_until = max(self._closed_until, self.clock() + seconds)

    def _granted(self, waiting: _Waiting) -> bool:
        """Whoever looks first gives out what is free, by rank, not by who looked."""
        for other in sorted(self._queue, key=lambda item: item.place):
            if self._free_in(other) <= 0:
                other.granted = True
                self.count(*other.pots)
                self._queue.remove(other)
        return waiting.granted

    def _free_in(self, waiting: _Waiting) -> float:
        now = self.clock()
        waits = [self._pot_free_in(pot, waiting.place[0], now) for pot in waiting.pots]
        return max(self._closed_until - now, *waits)

    def _pot_free_in(self, pot: str, rank: Rank, now: float) -> float:
        spent = self._spent.setdefault(pot, deque())
        while spent and spent[0] + WINDOW <= now:
            spent.popleft()
        ceiling = max(1, int(self.limits[pot] * _CEILING[rank]))
        return spent[len(spent) - ceiling] + WINDOW - now if len(spent) >= ceiling else 0.0
