"""Callbacks that no system sent now: with another's signature, with lies under a true one, old ones again, rubbish."""

import asyncio
from dataclasses import replace
from random import Random

import httpx

from providers.sandbox.entries import Entry, State
from tests.storms.systems import Systems
from tests.storms.weather import CALLBACKS, SYSTEMS, Weather
from tests.storms.wire import Wire

_OTHER = {State.SUCCEEDED: State.FAILED, State.FAILED: State.SUCCEEDED, State.PENDING: State.SUCCEEDED}


class Forger:
    def __init__(self, chance: Random, systems: Systems, wire: Wire, weather: Weather) -> None:
        self._chance = chance
        self._systems = systems
        self._wire = wire
        self._weather = weather

    async def run(self) -> None:
        pause = self._chance.choice([15.0, 60.0, 400.0])
        async with httpx.AsyncClient(transport=self._wire.of(None), trust_env=False) as client:
            while self._weather.stormy:
                await asyncio.sleep(self._chance.expovariate(1 / pause))
                if request := self._made():
                    try:
                        await client.send(request)
                    except httpx.HTTPError:
                        continue

    def _made(self) -> httpx.Request | None:
        if self._chance.random() < 0.15:
            system, body = self._chance.choice(SYSTEMS), self._chance.randbytes(40)
            self._weather.counts["callbacks: rubbish"] += 1
            return httpx.Request("POST", f"http://{CALLBACKS}/callbacks/{system}", content=body)
        entries = [entry for entry in self._systems.entries() if self._announces(entry)]
        if not entries:
            return None
        entry = self._chance.choice(entries[-3:])
        announcer = self._systems.world.callbacks.announcers[entry.system]
        lie = replace(entry, state=_OTHER[entry.state])
        if entry.system == "campay" and self._chance.random() < 0.6:  # its signature covers nothing of this
            self._weather.counts["callbacks: lying"] += 1
            return announcer.announcement(lie, forged=False)
        if self._chance.random() < 0.3:
            self._weather.counts["callbacks: again"] += 1
            return announcer.announcement(entry, forged=False)
        self._weather.counts["callbacks: forged"] += 1
        return announcer.announcement(lie, forged=True)

    def _announces(self, entry: Entry) -> bool:
        return self._systems.world.callbacks.announcers[entry.system].announces(entry)
