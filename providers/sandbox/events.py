"""The feed of what happened, in order, for whoever watches. Written in the same change as what it tells."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from providers.sandbox.store import Store, stamp


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    at: str
    kind: str
    body: dict[str, Any]


class Events:
    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._news = asyncio.Event()
        self._closed = False

    def tell(self, kind: str, /, **body: Any) -> None:
        self._store.run(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", (stamp(self._clock()), kind, json.dumps(body))
        )
        self._wake()

    def after(self, seq: int) -> list[Event]:
        rows = self._store.rows("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT 500", seq)
        return [Event(row["seq"], row["at"], row["kind"], json.loads(row["body"])) for row in rows]

    def last(self) -> int:
        row = self._store.row("SELECT MAX(seq) AS seq FROM events")
        return (row["seq"] or 0) if row else 0

    async def follow(self, seq: int, quiet: float = 15.0) -> AsyncIterator[Event | None]:
        """Every event after `seq`, as it comes; None when nothing came for `quiet` seconds. Ends at shutdown."""
        while not self._closed:
            news = self._news
            batch = self.after(seq)
            for event in batch:
                yield event
                seq = event.seq
            if not batch and not await _set_within(news, quiet):
                yield None

    async def news(self, seconds: float) -> None:
        """Returns when something happened, or after `seconds`, or at shutdown."""
        if not self._closed:
            await _set_within(self._news, seconds)

    def close(self) -> None:
        self._closed = True
        self._wake()

    @property
    def closed(self) -> bool:
        return self._closed

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
