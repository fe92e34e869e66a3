"""SIGKILL for instances of the program, and for PostgreSQL."""

import asyncio
from collections import Counter
from random import Random

from bot.demo.programs import Program
from tests.realstorm.street import Street


class Killer:
    def __init__(self, chance: Random, street: Street) -> None:
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._street = street

    async def live(self) -> None:
        """Until cancelled: one instance after the other, and now and then two at once."""
        while True:
            await asyncio.sleep(self._chance.uniform(1.5, 4))
            victims = self._chance.sample(self._street.instances, self._chance.choice([1, 1, 1, 2]))
            await asyncio.gather(*(self._kill(victim) for victim in victims))

    async def _kill(self, victim: Program) -> None:
        await victim.kill()
        self.counts["instances killed"] += 1
        await asyncio.sleep(self._chance.uniform(0, 1))
        await self._street.start(victim)
        self.counts["instances started again"] += 1

    async def strike_the_database(self, after: float) -> None:
        """First it is told to stop, then it dies."""
        for way, name in ((self._street.postgres.stop, "stopped"), (self._street.postgres.kill, "killed")):
            await asyncio.sleep(after)
            await asyncio.to_thread(way)
            await asyncio.sleep(self._chance.uniform(0.3, 2))
            await asyncio.to_thread(self._street.postgres.start)
            self.counts[f"PostgreSQL {name}"] += 1
