"""What just happened, for whoever listens: long polls, tests and open pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    detail: dict[str, Any] = field(default_factory=dict)


class Feed:
    """One event loop only: nothing here is shared between threads."""

    def __init__(self) -> None:
        self.closed = False
        self._sleepers: set[asyncio.Future[None]] = set()
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def publish(self, kind: str, **detail: Any) -> None:
        for listener in self._listeners:
            listener.put_nowait(Event(kind, detail))
        self._wake()

    async def change(self, patience: float) -> None:
        """Return at the next event, or after `patience` real seconds."""
        if self.closed or patience <= 0:
            return
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.add(sleeper)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(sleeper, patience)
        finally:
            self._sleepers.discard(sleeper)

    async def listen(self, silence: float = 15.0) -> AsyncIterator[Event | None]:
        """Every event from now on; None after so many seconds without one, so that a reader can be pinged."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while not self.closed:
                try:
                    yield await asyncio.wait_for(queue.get(), silence)
                except TimeoutError:
                    yield None
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        self.closed = True
        for listener in self._listeners:
            listener.put_nowait(None)
        self._wake()

    def _wake(self) -> None:
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)
