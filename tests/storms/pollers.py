"""Which of several instances Telegram speaks to: to one at a time, as a long poll does."""

import asyncio
from random import Random
from typing import Protocol

from bot.demo.world import World


class Poller(Protocol):
    alive: bool


class Pollers:
    """Updates go to one instance until it dies, or to a drawn one each time, as behind one webhook.

    What an instance did not confirm before it died goes to the next.
    """

    def __init__(self, chance: Random, world: World) -> None:
        self._chance = chance
        self._world = world
        self._faithful = chance.random() < 0.5
        self._waiting: dict[Poller, asyncio.Future[None]] = {}
        self._last: Poller | None = None
        self._in_hand = False
        """Whether the last one has updates that it has not confirmed yet."""

    async def wait(self, poller: Poller, offset: int) -> None:
        """A long poll as long as it takes."""
        if poller is self._last:
            self._in_hand = False
        self._world.updates.confirm(offset)
        self._waiting[poller] = asyncio.get_running_loop().create_future()
        self._stir()
        try:
            await self._waiting[poller]
        finally:
            del self._waiting[poller]

    def leave(self, poller: Poller) -> None:
        """It is dead."""
        if poller is self._last:
            self._last, self._in_hand = None, False
        self._stir()

    async def run(self) -> None:
        """For ever."""
        while True:
            if not self._in_hand and self._world.updates.due(self._world.clock()) and (chosen := self._chosen()):
                self._last, self._in_hand = chosen, True
                self._waiting[chosen].set_result(None)
            await self._world.feed.change(86_400.0)

    def _chosen(self) -> Poller | None:
        waiting = [poller for poller, answer in self._waiting.items() if poller.alive and not answer.done()]
        if self._faithful and self._last:
            return self._last if self._last in waiting else None
        return self._chance.choice(waiting) if waiting else None

    def _stir(self) -> None:
        self._world.feed.publish("update")
