"""What happens once or twice in a storm: a group that moves, updates kept back, a clock that jumps, a pause."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.storms.story import Story
from tests.storms.town import Town
from tests.storms.weather import Weather


class Mischief:
    def __init__(
        self, chance: Random, town: Town, weather: Weather, story: Story, set_clock: Callable[[timedelta], None]
    ) -> None:
        self._chance = chance
        self._town = town
        self._weather = weather
        self._story = story
        self._set_clock = set_clock

    async def run(self) -> None:
        acts = [(self._upgrade, 0.15), (self._hold_back, 0.25), (self._jump, 0.25), (self._pause, 0.25)]
        drawn = [
            (self._chance.uniform(0, self._weather.lasts), act) for act, odds in acts if self._chance.random() < odds
        ]
        await asyncio.gather(*(self._later(*item) for item in drawn))

    async def _later(self, seconds: float, act: Callable[[], float]) -> None:
        await asyncio.sleep(seconds)
        await asyncio.sleep(act())
        self._release()

    def _upgrade(self) -> float:
        self._town.telegram.upgrade(self._town.group)
        self._count("telegram: a group moved", "the group becomes a supergroup")
        return 0.0

    def _hold_back(self) -> float:
        """Longer than a command is obeyed, sometimes."""
        seconds = self._chance.choice([20.0, 120.0, 800.0])
        self._town.telegram.world.updates.held = True
        self._count("telegram: updates late", f"Telegram keeps updates back for {seconds:.0f} s")
        return seconds

    def _release(self) -> None:
        self._town.telegram.world.updates.held = False
        self._town.telegram.world.feed.publish("update")

    def _pause(self) -> float:
        """Whoever may stop all money out does, from anywhere; somebody lets it go again, or forgets to."""
        town = self._town
        who, seconds = (
            self._chance.choice([town.owner, town.approver, town.cashier]),
            self._chance.choice([20, 200, 600]),
        )
        where = self._chance.choice([town.chat(who), town.group_now()])
        self._count("people: a pause", f"{who.first_name} stops all money out")
        town.telegram.say(who, where, "/pause")
        if self._chance.random() < 0.8:
            asyncio.get_running_loop().call_later(seconds, self._say_resume)
        return 0.0

    def _say_resume(self) -> None:
        self._town.telegram.say(self._town.owner, self._town.chat(self._town.owner), "/resume")

    async def resume(self, paused: Callable[[], bool]) -> None:
        """Nothing stays stopped when the storm is over."""
        while paused():
            self._say_resume()
            await asyncio.sleep(60)

    def _jump(self) -> float:
        by = self._chance.uniform(-90, 90)
        self._set_clock(timedelta(seconds=by))
        self._count("clock: jumped", f"the program's clock is off by {by:.1f} s from now on")
        return 0.0

    def _count(self, kind: str, what: str) -> None:
        self._weather.counts[kind] += 1
        self._story.tell(asyncio.get_running_loop().time(), "storm", what)
