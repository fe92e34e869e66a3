"""How often one stranger may try: whoever guesses is let through slowly, and what is kept of them is bounded."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from enum import Enum

from providers.base import Clock

_MOST_KEPT = 10_000


class Pass(Enum):
    IN = "in"
    TOLD = "told"
    """One time too many: say so once."""
    SHUT = "shut"


class Turnstile:
    def __init__(self, now: Clock, most: int = 10, span: timedelta = timedelta(minutes=10)) -> None:
        self._now = now
        self._most = most
        self._span = span
        self._tries: OrderedDict[Hashable, deque[datetime]] = OrderedDict()

    def turn(self, who: Hashable) -> Pass:
        now = self._now()
        tries = self._tries.setdefault(who, deque(maxlen=self._most + 2))
        self._tries.move_to_end(who)
        while tries and now - tries[0] >= self._span:
            tries.popleft()
        tries.append(now)
        if len(self._tries) > _MOST_KEPT:
            self._tries.popitem(last=False)
        if len(tries) <= self._most:
            return Pass.IN
        return Pass.TOLD if len(tries) == self._most + 1 else Pass.SHUT
