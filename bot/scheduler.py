"""The clock's work: a handful of ticks, never a job for each payment."""

from collections.abc import Mapping
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.payments.crew import Tick


class Clockwork(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


class Scheduler:
    """Runs each tick every so many seconds; a missed one is made up for once, not many times."""

    def __init__(self, ticks: Mapping[Tick, float]) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        for tick, seconds in ticks.items():
            self._scheduler.add_job(
                tick.run,
                "interval",
                seconds=seconds,
                id=tick.name,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=2,  # a second run only leaves word that there is more, and returns
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
