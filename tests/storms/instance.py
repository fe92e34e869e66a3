"""One of the instances of the program that share a database: started again whenever it has died, with its own clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from tests.storms.life import Life

Clock = Callable[[], datetime]


class Instance:
    """`begin` makes a life of this name, with this clock. `skews`: what its clocks were off by. `refused`: why it did
    not start in fair weather.
    """

    def __init__(self, name: str, chance: Random, clock: Clock, begin: Callable[[str, Clock], Life]) -> None:
        self.lives = 0
        self.skews: list[timedelta] = []
        self.refused: list[str] = []
        self._name = name
        self._chance = chance
        self._clock = clock
        self._begin = begin
        self._life: Life | None = None

    def now(self) -> datetime:
        """Its clock may be wrong."""
        return self._clock() + self.skews[-1] if self.skews else self._clock()

    def set(self, skew: timedelta) -> None:
        self.skews.append(skew)

    async def run(self) -> None:
        """For ever."""
        chance = self._chance
        while True:
            self.lives += 1
            self.set(timedelta(seconds=chance.choice([0, 0, 0, chance.uniform(-90, 90)])))
            self._life = self._begin(f"life {self.lives}{self._name}", self.now)
            self._life.begin()
            await self._life.ended.wait()
            await self._life.bury()
            if self._life.refused:
                self.refused.append(self._life.refused)
            await asyncio.sleep(chance.choice([0.5, 5, 45, 120]))

    async def end(self) -> None:
        if self._life:
            self._life.kill("at the end")
            await self._life.bury()
