"""One storm: a seed, a town, four systems, people, bad weather, and at the end the books against the ledger."""

import asyncio
import gc
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from bot.demo.accounts import variables
from tests.storms import plan as plans
from tests.storms import town as people
from tests.storms.askers import Askers
from tests.storms.books import Pulse, fresh, reopened
from tests.storms.deciders import Deciders
from tests.storms.ear import listening
from tests.storms.evidence import Violation
from tests.storms.forger import Forger
from tests.storms.hourglass import OWNER, Errand, Hourglass, Tasks
from tests.storms.house import KEY, House
from tests.storms.instance import Clock, Instance
from tests.storms.life import Life
from tests.storms.mischief import Mischief
from tests.storms.payers import Payers
from tests.storms.pollers import Pollers
from tests.storms.provers import Provers
from tests.storms.rush import rush
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.town import Town
from tests.storms.verdict import examine
from tests.storms.weather import SYSTEMS, Fault, Weather
from tests.storms.wire import Wire

EPOCH = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LASTS = 900.0
_LONGEST = 5 * 86_400.0
_LEASE_SPARES = timedelta(seconds=5)
_AFTERWARDS = 3 * 3600.0


@dataclass
class Outcome:
    seed: int
    payments: int
    instances: int
    restarts: int
    faults: Counter[str]
    endings: Counter[str]
    violations: list[Violation]
    story: Story
    seconds: float
    simulated: float

    @property
    def digest(self) -> str:
        return self.story.digest()


@dataclass
class Storm:
    seed: int
    size: int
    file: Path
    story: Story = field(default_factory=Story)

    def __post_init__(self) -> None:
        self.loop = Hourglass()
        self.tasks = Tasks()
        self.loop.set_task_factory(self.tasks)
        self.chance = self._stream("keys")
        self.weather = Weather.drawn(self._stream("weather"), self.loop.time, _LASTS)
        self.wire = Wire(self.weather, self.story)
        self.instances = self._drawn()
        self.loop.errands = self._errand
        self.loop.set_exception_handler(self._unheard)

    def _stream(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")

    def clock(self) -> datetime:
        """The true time, which is Telegram's and the systems'."""
        return EPOCH + timedelta(seconds=self.loop.time())

    def _drawn(self) -> list[Instance]:
        """Mostly one."""
        number = self._stream("instances").choices([1, 2, 3], [6, 2, 1])[0]
        if number == 1:
            return [Instance("", self._stream("lives"), self.clock, self._begun)]
        names = "ABC"[:number]
        return [Instance(f" of {name}", self._stream(f"lives/{name}"), self.clock, self._begun) for name in names]

    def _apart(self) -> bool:
        """Whether any two clocks differed by more than what a lease has to spare."""
        told = [skew for each in self.instances for skew in each.skews]
        return len(self.instances) > 1 and max(told) - min(told) > _LEASE_SPARES

    def _set_clock(self, skew: timedelta) -> None:
        self.instances[0].set(skew)
        self.pulse.touch()

    def _errand(self) -> Errand:
        life = OWNER.get()
        return life.errand() if isinstance(life, Life) else Errand()

    def _unheard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What nobody caught: of the dead it is of no interest, and they are found long after the storm."""
        owner = OWNER.get()
        if loop.is_running() and (owner is None or owner.alive):
            self._tell(f"unheard: {context.get('message')} {context.get('exception')!r}"[:300])

    def run(self) -> Outcome:
        began = time.perf_counter()
        asyncio.set_event_loop(self.loop)
        try:
            with listening(self.story, self.loop.time):
                return self.loop.run_until_complete(self._run(began))
        finally:
            self.loop.run_until_complete(self._wind_down())
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _run(self, began: float) -> Outcome:
        self.town = Town(self.clock, self.wire)
        self.wire.pollers = Pollers(self._stream("pollers"), self.town.telegram.world)
        self.systems = Systems(self._stream("systems"), self.clock, self.wire)
        self.pulse = Pulse(self.file)
        self.house = House.drawn(self._stream("house"))
        reopened(self.file).transact(self.house.lay_down)
        self.env = self._environment()
        plan = plans.draw(self._stream("people"), self.town, self.size, _LASTS * 0.6)
        if self.house.rush:
            hurry = self._stream("rush")
            rush(hurry, plan, self.town, hurry.uniform(60, _LASTS * 0.6))
        payers = Payers(self._stream("payers"), self.systems, plan, self.wire, self.story)
        forger = Forger(self._stream("forger"), self.systems, self.wire, self.weather)
        mischief = Mischief(self._stream("mischief"), self.town, self.weather, self.story, self._set_clock)
        provers = Provers(self._stream("provers"), self.town, self.house, self.story)
        working = [self.systems.run(), self.wire.pollers.run(), forger.run(), mischief.run(), provers.run()]
        around = [asyncio.create_task(work) for work in (*working, *(each.run() for each in self.instances))]
        askers = Askers(self._stream("askers"), self.town, payers, self.story)
        acting = [asyncio.create_task(askers.play(wanted)) for wanted in plan]
        await asyncio.sleep(_LASTS)
        self.weather.clear()
        self._tell("the weather clears")
        payers.release()
        await asyncio.gather(*acting)
        await mischief.resume(self.pulse.paused)
        await self._settled()
        await Deciders(
            self._stream("deciders"), self.town, self.systems, plan, payers.entries, self.story
        ).sit()  # fmt: skip
        await asyncio.sleep(_AFTERWARDS)
        lied = self.weather.counts[f"systems: {Fault.FLOOD_AFTER}"] > 0
        restarts = sum(each.lives - 1 for each in self.instances)
        calm = not self.weather.counts.total() and not restarts
        violations, endings = examine(
            self.file, plan, payers.entries, self.town, self.systems, self.story,
            house=self.house, proofs=provers.proofs, began=EPOCH,
            apart=self._apart(), unheard=[*self.wire.unheard.values()], blows=self.weather.blows, lied=lied, calm=calm,
        )  # fmt: skip
        violations += [Violation("it did not start", why) for each in self.instances for why in each.refused[:1]]
        simulated = self.loop.time()
        for task in around:
            task.cancel()
        for each in self.instances:
            await each.end()
        await self.systems.world.close()
        self.pulse.close()
        payments = len(plan)
        return Outcome(
            self.seed, payments, len(self.instances), restarts, self.weather.counts, endings, violations, self.story,
            time.perf_counter() - began, simulated,
        )  # fmt: skip

    async def _wind_down(self) -> None:
        """Nobody is left waiting for a loop that has closed."""
        for _ in range(5):
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _begun(self, name: str, now: Clock) -> Life:
        self._tell(f"{name} begins, its clock off by {(now() - self.clock()).total_seconds():.1f} s")
        return Life(
            name, self.env, weather=self.weather, wire=self.wire, pulse=self.pulse, tasks=self.tasks,
            now=now, new_key=lambda: UUID(int=self.chance.getrandbits(128), version=4),
            new_id=lambda: "".join(self.chance.choice(_ALPHABET) for _ in range(10)),
        )  # fmt: skip

    async def _settled(self) -> None:
        """Until nothing is due any more and all that people said was told, or for ever and a day."""
        while self.loop.time() < _LONGEST:
            await asyncio.sleep(30)
            if self.town.telegram.world.updates.pending:
                continue
            due = self.pulse.next_due()
            if due is None:
                return
            left, slowest = _LONGEST - self.loop.time(), min(each.now() for each in self.instances)
            await asyncio.sleep(min(max(0.0, (due - slowest).total_seconds()), left))

    def _environment(self) -> dict[str, str]:
        env = {
            **variables("http://unused", "http://guichet"),
            "TELEGRAM_BOT_TOKEN": people.TOKEN,
            "TELEGRAM_API_URL": self.town.telegram.url,
            "OWNER_IDS": str(people.OWNER),
            "ADMIN_CHAT_ID": str(self.town.group.id),
            "DATABASE_URL": f"sqlite:///{self.file}",
            "GUICHET_SECRET_KEY": KEY,
            "PUBLIC_URL": "http://guichet",
            "NKAPSMART_CALLBACK_TOKEN": "heard-by-nobody-else",
        }
        return env | {f"{system.upper()}_BASE_URL": f"http://{system}" for system in SYSTEMS}

    def _tell(self, what: str) -> None:
        self.story.tell(self.loop.time(), "storm", what)


SIZE = 5
"""Payments in a storm: many small storms find more than few large ones."""


def run(seed: int, size: int = SIZE) -> Outcome:
    """Nothing is thrown away meanwhile: when that happens is chance that no seed draws."""
    _settle_in()
    gc.disable()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*__process_update_wrapper", RuntimeWarning)  # killed before its first step
        try:
            return Storm(seed, size, fresh()).run()
        finally:
            gc.collect()
            gc.enable()


@cache
def _settle_in() -> None:
    """What stays for good, texts and tables of numbers, need not be looked through after each storm."""
    gc.collect()
    gc.freeze()
