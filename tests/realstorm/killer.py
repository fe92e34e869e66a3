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
        self._down: list[Program] = []

    async def live(self) -> None:
        """Until cancelled: one instance after the other, and now and then two at once; one is always up."""
        async with asyncio.TaskGroup() as risings:
            while True:
                await asyncio.sleep(self._chance.uniform(1, 3))
                up = [instance for instance in self._street.instances if instance not in self._down]
                for victim in self._chance.sample(up, min(len(up) - 1, self._chance.choice([1, 1, 2]))):
                    self._down.append(victim)
                    risings.create_task(self._kill(victim))

    async def _kill(self, victim: Program) -> None:
        await victim.kill()
        self.counts["instances killed"] += 1
        await asyncio.sleep(self._chance.uniform(0, 1))
        await self._street.start(victim)
        self._down.remove(victim)
        self.counts["instances started again"] += 1

    async def strike_the_database(self, after: float) -> None:
        """First it is told to stop, then it dies."""
        for way, name in ((self._street.postgres.stop, "stopped"), (self._street.postgres.kill, "killed")):
            await asyncio.sleep(after)
            await asyncio.to_thread(way)
            await asyncio.sleep(self._chance.uniform(0.3, 2))
            await asyncio.to_thread(self._street.postgres.start)
            self.counts[f"PostgreSQL {name}"] += 1
