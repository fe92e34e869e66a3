"""Flood limits: how many messages go out in all, to one person and to one group.

Numbers: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (30 a second in all, one
a second in a chat with short bursts tolerated, 20 a minute in a group). How long a burst may be is not documented.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime

from bot.demo.clock import Clock
from bot.demo.people import Chat
from bot.demo.refusals import too_many_requests


@dataclass(frozen=True, slots=True)
class Limits:
    """`count` messages in any `seconds`; a count of 0 switches that limit off."""

    overall: tuple[int, float] = (30, 1.0)
    private: tuple[int, float] = (10, 10.0)
    group: tuple[int, float] = (20, 60.0)

    @classmethod
    def off(cls) -> "Limits":
        return cls((0, 0.0), (0, 0.0), (0, 0.0))


class Limiter:
    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._sent: defaultdict[int, deque[datetime]] = defaultdict(deque)

    def spend(self, chat: Chat) -> None:
        """Count one message, or refuse it with the seconds to wait. A refused one is not counted."""
        now = self._clock()
        windows = [
            (self._sent[0], self.limits.overall),
            (self._sent[chat.id], self.limits.private if chat.is_private else self.limits.group),
        ]
        wait = max(_wait(sent, limit, now) for sent, limit in windows)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        for sent, _ in windows:
            sent.append(now)


def _wait(sent: deque[datetime], limit: tuple[int, float], now: datetime) -> float:
    count, seconds = limit
    while sent and (now - sent[0]).total_seconds() >= seconds:
        sent.popleft()
    if not count or len(sent) < count:
        return 0.0
    return seconds - (now - sent[len(sent) - count]).total_seconds()
