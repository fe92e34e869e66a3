"""Between instances: who has something for others to do rings, who hears it looks at once."""

import asyncio
from collections.abc import Callable

from bot.payments.crew import Tick
from storage.engine import Storage

_PAUSE = 0.1
"""Seconds. However much happens, the others look ten times in a second at most."""


class Doorbell:
    def __init__(self, storage: Storage, heard: Callable[[], None]) -> None:
        self._storage = storage
        self._bell = storage.bell()
        self._heard = heard
        self._ringing = Tick("ring", self._ring)
        self._listening: asyncio.Task[None] | None = None

    def ring(self) -> None:
        if self._bell:
            self._ringing.wake()

    async def _ring(self) -> None:
        if self._bell:
            await self._storage.run(self._bell.ring)
            await asyncio.sleep(_PAUSE)

    def listen(self) -> None:
        if self._bell:
            self._listening = asyncio.create_task(self._bell.listen(self._heard))

    async def close(self) -> None:
        await self._ringing.close()
        if self._listening:
            self._listening.cancel()
            await asyncio.wait([self._listening])
