"""One life of the program: opened on the books, and killed at any await, saving nothing."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.app import App
from bot.payments.crew import Tick
from bot.rooms.world import World
from bot.settings import Settings
from bot.web import Web
from tests.bot.demo.shop import picture
from tests.easel import Inside
from tests.storms.books import DUE, Books, Pulse
from tests.storms.hourglass import Errand, Tasks, outside
from tests.storms.weather import Weather
from tests.storms.wire import Wire

_LONGEST_IDLE = 6 * 3600.0
_HOUSEKEEPING = 300.0
"""What has no rows of its own beats this seldom, or days in which one payment stays open would take long."""


class Life:
    """One of an instance's. `ended` is set when it is over: killed, or fallen over at its start."""

    def __init__(
        self,
        name: str,
        env: Mapping[str, str],
        *,
        weather: Weather,
        wire: Wire,
        pulse: Pulse,
        tasks: Tasks,
        now: Callable[[], datetime],
        new_key: Callable[[], UUID],
        new_id: Callable[[], str],
    ) -> None:
        self.name = name
        self.alive = True
        self.refused = ""
        """Why it did not start in fair weather."""
        self.ended = asyncio.Event()
        self.app: App | None = None
        self._env = env
        self._weather = weather
        self._wire = wire
        self._pulse = pulse
        self._tasks = tasks
        self._now = now
        self._new_key = new_key
        self._new_id = new_id

    def begin(self) -> None:
        asyncio.get_running_loop().create_task(self._live(), context=outside(self))

    async def _live(self) -> None:
        world = World(
            now=self._now,
            new_key=self._new_key,
            new_id=self._new_id,
            new_token=lambda: self._new_key().hex,
            network=lambda: self._wire.of(self),
            scheduler=lambda ticks: Beats(ticks, self._pulse, self._now),
            storage=lambda url: Books(url, self._weather, self._pulse, lambda: self.alive),
            web=lambda callbacks, listen, _pages, _proxies: Door(callbacks, listen, self._wire, self),
            easel=lambda: Inside(lambda *_: picture()),
        )
        try:
            self.app = App(Settings.read(self._env), self._env, world)
            await self.app.start()
        except Exception as error:  # whatever watches over it starts it anew
            if self.alive and not self._weather.stormy:
                self.refused = f"{self.name} did not start: {error!r}"[:300]
            self._wire.story.tell(self._time(), "storm", f"{self.name} did not start: {error!r}"[:300])
            self.kill("at its start")

    def may_die(self, where: str) -> None:
        if self.alive and self._weather.kills():
            self.kill(where)

    def errand(self) -> Errand:
        """A transaction in a thread: its waits, in each of which the program may die."""
        self.may_die("before a transaction")
        chance, weather = self._weather.chance, self._weather
        longest = 8.0 if weather.stormy and chance.random() < weather.rate / 20 else 0.004
        return Errand(chance.uniform(0.0005, longest), chance.uniform(0.0001, 0.002), lambda: self.alive)

    def kill(self, where: str) -> None:
        """Nothing it still does reaches anybody: the wire and the books refuse the dead."""
        if not self.alive:
            return
        self.alive = False
        self._weather.struck()
        self._wire.leave(self)
        self._wire.story.tell(self._time(), "storm", f"{self.name} killed {where}")
        for task in self._tasks.of(self):
            task.cancel()
        self.ended.set()

    async def bury(self) -> None:
        """Until the last of its tasks has ended."""
        for _ in range(20):
            await asyncio.sleep(1)
            left = self._tasks.of(self)
            if not left:
                break
            for task in left:
                task.cancel()
        if self.app:
            self.app.storage.engine.dispose()

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


class Beats:
    """The scheduler's ticks at their own pace, except that a beat at which nothing is due is not heard."""

    def __init__(self, ticks: Mapping[Tick, float], pulse: Pulse, now: Callable[[], datetime]) -> None:
        self._ticks = dict(ticks)
        self._pulse = pulse
        self._now = now
        self._beating: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._beating = [asyncio.create_task(self._beat(*item)) for item in self._ticks.items()]

    def stop(self) -> None:
        for task in self._beating:
            task.cancel()

    async def _beat(self, tick: Tick, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds if tick.name in DUE else max(seconds, _HOUSEKEEPING))
            await self._pulse.something_due(
                self._now, _LONGEST_IDLE, [DUE[tick.name]] if tick.name in DUE else DUE.values()
            )
            await tick.run()


class Door(Web):
    """The program's web, on the wire instead of on a socket."""

    def __init__(self, callbacks: Any, listen: str, wire: Wire, life: Life) -> None:
        super().__init__(callbacks, listen)
        self._wire = wire
        self._life = life

    async def start(self) -> None:
        self._wire.doors[self._life] = self.app

    async def stop(self) -> None:
        self._wire.doors.pop(self._life, None)
