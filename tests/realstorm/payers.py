"""Those whose phones ask for a PIN, and what goes wrong at their systems."""

import asyncio
import contextlib
from collections import Counter
from random import Random
from typing import Any

import httpx

from tests.realstorm.street import Street

_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "drop_request"},
    {"kind": "drop_reply"},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 500, "after_work": True},
    {"kind": "html", "status": 503},
    {"kind": "malformed"},
    {"kind": "truncated"},
    {"kind": "empty"},
    {"kind": "delay", "seconds": 3, "after_work": True},
    {"kind": "callbacks_twice"},
    {"kind": "callbacks_late", "seconds": 4},
    {"kind": "callbacks_off"},
)


class Payers:
    def __init__(self, chance: Random, street: Street) -> None:
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._street = street
        self._slept: set[str] = set()

    async def live(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(0.4)
            for prompt in await self._prompts():
                draw = self._chance.random()
                if prompt["reference"] in self._slept or draw < 0.12:
                    self._slept.add(prompt["reference"])
                else:
                    await self._answer(prompt, pays=draw < 0.82)

    async def wake_for_good(self) -> None:
        """Until cancelled: whoever did not look so far."""
        while True:
            for prompt in await self._prompts():
                await self._answer(prompt, pays=self._chance.random() < 0.5)
            await asyncio.sleep(0.5)

    async def spoil(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 2))
            fault = self._chance.choice(_FAULTS)
            self.counts[fault["kind"]] += 1
            await self._street.control("POST", "faults", times=1, **fault)

    async def _prompts(self) -> list[dict[str, Any]]:
        phones = (await self._street.control("GET", "phones"))["phones"]
        return [prompt for phone in phones for prompt in phone["prompts"]]

    async def _answer(self, prompt: dict[str, Any], *, pays: bool) -> None:
        act = {"pin": "1234"} if pays else {}
        call = f"phones/{prompt['msisdn']}/{'approve' if pays else 'decline'}"
        with contextlib.suppress(httpx.HTTPError):
            await self._street.control("POST", call, reference=prompt["reference"], **act)
            self.counts["paid" if pays else "declined"] += 1
