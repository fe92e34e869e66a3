"""How far apart the looks at one account's open payments are while it allows fewer than they would like. Pure.

Where a share *h* of those still open settles each second, gaps in proportion to 1/√h notice them soonest for their
number (docs/performance.md derives it). So a payment walks a way that is √h long for each second of its age, and is
looked at after each stride; the stride is as long as it takes for all of them to ask for what the account allows.
At which age they settle is learned from the account's own; until then it is taken to be as likely as age is short.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from bot.payments.schedule import GIVE_UP, usual

EDGES = (0.0, *(float(2**power) for power in range(18)))
"""Seconds. Ages between two of them count as one; the last has no end."""
_SPANS = [after - before for before, after in pairwise((*EDGES, GIVE_UP.total_seconds()))]
_MIDDLES = [edge + span / 2 for edge, span in zip(EDGES, _SPANS, strict=True)]
_LEAST = 1 / GIVE_UP.total_seconds()
_HALVED_IN = 86_400.0
"""Seconds: what was seen so long ago counts half."""
_MORE = 1.05
"""So much more is asked for than there is: a call is never left over because nobody was due."""
_APART = 0.1
"""Strides are so much shorter and longer by turns: what was looked at together must not come back together."""
_GOLDEN = 0.618034
_MINUTE = 60.0


class Stride:
    def __init__(self, closest: timedelta) -> None:
        self._closest = closest
        self._lived = [0.0] * len(EDGES)
        """Seconds that payments were open, by age, and how many settled: one in twice its age for a start."""
        self._settled = [0.0] * len(EDGES)
        self._length = 0.0
        self._turn = 0.0
        self._learn()

    @property
    def scarce(self) -> bool:
        return self._length > 0

    def measure(self, standing: Sequence[int], looks: int, seconds: float) -> None:
        """`standing`: how many are open, by age. `looks`: what the account allows in a minute. `seconds`: since this
        was measured last.
        """
        kept = 0.5 ** (seconds / _HALVED_IN)
        self._lived = [kept * lived + many * seconds for lived, many in zip(self._lived, standing, strict=True)]
        self._settled = [kept * settled for settled in self._settled]
        self._learn()
        allowed = max(looks, 1) / _MINUTE
        ages = [timedelta(seconds=middle) for middle in _MIDDLES]
        wished = sum(many / usual(age, self._closest).total_seconds() for many, age in zip(standing, ages, strict=True))
        walking = sum(many * pace for many, pace in zip(standing, self._paces, strict=True))
        self._length = walking / allowed / _MORE if wished > allowed else 0.0

    def settled(self, age: timedelta) -> None:
        """Noticed at this age; it settled at some moment since the look before, as likely as others did then.

        From that moment on it was not open, though it was counted so.
        """
        end = max(age.total_seconds(), 0.001)
        begin = self._age(max(0.0, self._way(end) - self._length)) if self.scarce else 0.95 * end
        open_still, parts = 1.0, []
        for number, (edge, span) in enumerate(zip(EDGES, _SPANS, strict=True)):
            within = min(end, edge + span) - max(begin, edge)
            if within > 0:
                ended = open_still * -math.expm1(-within * self._paces[number] ** 2)
                parts.append((number, within, ended))
                open_still -= ended
        gone = 0.0
        for number, within, ended in parts:
            share = ended / (1 - open_still)
            self._settled[number] += share
            self._lived[number] -= within * (gone + share / 2)
            gone += share

    def gap(self, age: timedelta) -> timedelta:
        """From a look at this age to the next; the first look at one that was just sent included."""
        self._turn = (self._turn + _GOLDEN) % 1
        seconds = max(age.total_seconds(), 0.0)
        stride = self._length * (1 + _APART * (2 * self._turn - 1))
        return timedelta(seconds=self._age(self._way(seconds) + stride) - seconds)

    def _learn(self) -> None:
        self._paces = [
            math.sqrt(max((1 + settled) / (2 * middle + max(lived, 0.0)), _LEAST))
            for settled, lived, middle in zip(self._settled, self._lived, _MIDDLES, strict=True)
        ]
        self._walked = [0.0]
        for pace, span in zip(self._paces[:-1], _SPANS[:-1], strict=True):
            self._walked.append(self._walked[-1] + pace * span)

    def _way(self, age: float) -> float:
        number = bisect_right(EDGES, age) - 1
        return self._walked[number] + (age - EDGES[number]) * self._paces[number]

    def _age(self, way: float) -> float:
        number = bisect_right(self._walked, way) - 1
        return EDGES[number] + (way - self._walked[number]) / self._paces[number]
