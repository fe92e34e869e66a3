"""People who are asked for their second factor, and type it: mostly right, sometimes wrong, or the last one again."""

import asyncio
from dataclasses import dataclass
from random import Random

import pyotp

from bot.demo.people import User
from bot.texts import LANGUAGES, Voice
from tests.storms.house import House
from tests.storms.story import Story
from tests.storms.town import Town

_STEP = 30
_ASKED = tuple(str(Voice(language, "UTC").say("factor.ask").striptags())[:40] for language in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Proof:
    """A right code that was typed: whose it is, and of which half minute."""

    person: int
    step: int


class Provers:
    def __init__(self, chance: Random, town: Town, house: House, story: Story) -> None:
        self.proofs: list[Proof] = []
        self._chance = chance
        self._town = town
        self._house = house
        self._story = story
        self._last: dict[int, str] = {}
        self._answered: dict[int, int] = {}

    async def run(self) -> None:
        """For ever."""
        holders = {self._town.chat(user).id: user for user in self._town.people if user.id in self._house.secrets}
        if not holders:
            return
        async for event in self._town.telegram.world.feed.listen(silence=1e9):
            if event and event.kind == "message" and event.detail["chat"] in holders:
                self._read(holders[event.detail["chat"]])

    def _read(self, user: User) -> None:
        """Each question is answered once, or twice by the impatient: what they type themselves asks for nothing."""
        said = self._town.said_by_bot(self._town.chat(user))
        if said and said[-1].id != self._answered.get(user.id) and said[-1].text.startswith(_ASKED):
            self._answered[user.id] = said[-1].id
            for _ in range(self._chance.choice([1, 1, 1, 2])):
                self._later(self._chance.uniform(1, 25), user, again=True)

    def _later(self, seconds: float, user: User, *, again: bool) -> None:
        asyncio.get_running_loop().call_later(seconds, self._type, user, again)

    def _type(self, user: User, again: bool) -> None:
        """Who mistyped tries once more, with the code of that moment."""
        right = pyotp.TOTP(self._house.secrets[user.id]).generate_otp(self._step())
        code = self._chance.choice([right, right, right, "000000", self._last.get(user.id, "123456")])
        if code == right:
            self.proofs.append(Proof(user.id, self._step()))
        self._last[user.id] = code
        self._town.telegram.say(user, self._town.chat(user), code)
        self._story.tell(asyncio.get_running_loop().time(), "people", f"{user.first_name} types the code {code}")
        if again and code != right:
            self._later(self._chance.uniform(3, 40), user, again=False)

    def _step(self) -> int:
        return int(self._town.telegram.world.clock().timestamp()) // _STEP
