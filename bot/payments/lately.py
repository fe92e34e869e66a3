"""Answers that stay good for a while: each question is out once at a time, and nobody waits for it long."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from providers.base import Clock
from providers.errors import ProviderError, Refused

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds: an answer that takes longer is not waited for."""

_AGAIN = timedelta(seconds=10)
"""After no answer; until then nobody waits for this one again, whatever the question."""

_MOST = 2000


@dataclass(slots=True)
class _Entry(Generic[T]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: T | None = None
    until: datetime | None = None


class Lately(Generic[T]):
    def __init__(self, now: Clock, fresh: timedelta, patience: float = PATIENCE) -> None:
        self._now = now
        self._fresh = fresh
        self._patience = patience
        self._entries: dict[tuple[Hashable, Hashable], _Entry[T]] = {}
        self._silent: dict[Hashable, datetime] = {}

    async def ask(self, who: Hashable, about: Hashable, question: Callable[[], Awaitable[T]]) -> T | None:
        """None where there is no answer, or none in time. Never raises."""
        entry = self._entries.setdefault((who, about), _Entry())
        self._bound()
        async with entry.lock:
            if not self._good(entry):
                entry.answer, entry.until = None, None
                if self._silent.get(who, self._now()) <= self._now():
                    await self._hear(entry, who, question)
        return entry.answer

    def known(self, who: Hashable, about: Hashable) -> T | None:
        entry = self._entries.get((who, about))
        return entry.answer if entry and self._good(entry) else None

    def forget(self, who: Hashable, about: Hashable) -> None:
        """A question that is out now is asked again all the same: its answer may be older than this."""
        self._entries.pop((who, about), None)

    def _good(self, entry: _Entry[T]) -> bool:
        return entry.until is not None and self._now() < entry.until

    async def _hear(self, entry: _Entry[T], who: Hashable, question: Callable[[], Awaitable[T]]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                entry.answer = await question()
        except Refused:
            pass  # a word too, and it will not be another one soon
        except (ProviderError, TimeoutError):
            self._silent[who] = self._now() + _AGAIN
            return
        except Exception:  # one gateway's fault must not close the counter
            log.exception("a gateway failed")
            self._silent[who] = self._now() + _AGAIN
            return
        entry.until = self._now() + self._fresh

    def _bound(self) -> None:
        while len(self._entries) > _MOST:
            del self._entries[next(iter(self._entries))]
