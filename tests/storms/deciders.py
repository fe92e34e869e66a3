"""Two people who close what is in review, when the storm is over; the wrong hands that try; and those who disagree."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

from bot.demo.messages import Message
from bot.demo.people import User
from providers.sandbox.entries import Entry
from providers.sandbox.entries import State as Ended
from storage.states import State
from tests.storms.plan import Movement, Wanted, movements
from tests.storms.sheets import Line
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.town import Town, button_on, speaks_of

_SITS = 0.5
_MOST = 3
"""Payments in one sitting."""
_PATIENCE = 60.0


class Deciders:
    """They know what happened, from the systems' own statements: `opened` names the entries of each movement."""

    def __init__(
        self,
        chance: Random,
        town: Town,
        systems: Systems,
        plan: Sequence[Wanted],
        opened: Mapping[int, list[str]],
        story: Story,
    ) -> None:
        self._chance = chance
        self._town = town
        self._systems = systems
        self._plan = plan
        self._opened = opened
        self._story = story
        self._seen: set[str] = set()

    async def sit(self) -> None:
        if self._chance.random() < _SITS:
            first, second = self._chance.sample([self._town.owner, self._town.approver], 2)
            for _ in range(_MOST):
                if not await self._next(first, second):
                    return

    async def _next(self, first: User, second: User) -> bool:
        """Whether there was another one in the queue."""
        said = self._town.telegram.say(first, self._town.chat(first), "/review")
        queue = await self._newer(first, said, "dispute:")
        if queue is None:
            return False
        named = [data for data in _all(queue, "dispute:") if data not in self._seen]
        if not named:
            return False
        self._seen.add(named[0])
        self._tap(first, queue, named[0])
        card = await self._newer(first, queue, f"end:{named[0].partition(':')[2]}:")
        if card and (end := self._truth(card)):
            await self._close(card, end, first, second)
        return True

    async def _close(self, card: Message, end: State, first: User, second: User) -> None:
        verb = next(data for data in _all(card, "end:") if data.endswith(f":{end}"))
        if self._chance.random() < 0.4:
            self._tap(self._chance.choice([self._town.cashier, self._town.accountant, self._town.stranger]), card, verb)
        self._tap(first, card, verb)
        await asyncio.sleep(self._chance.uniform(2, 9))
        before = self._town.said_by_bot(self._town.chat(second))[-1:]
        self._town.telegram.say(first, self._town.chat(first), "their support has told us")
        asked = await self._newer(second, before[0] if before else None, "agree:")
        if asked is None:
            return
        agree = button_on(asked, "agree:", now=True)
        for other in self._town.people:  # the proposer among them
            if other is not second and self._chance.random() < 0.4:
                self._tap(other, asked, agree)
        await asyncio.sleep(self._chance.choice([0.0, 3.0]))
        word = agree if self._chance.random() < 0.8 else button_on(asked, "object:", now=True)
        for _ in range(self._chance.choice([1, 1, 2])):
            self._tap(second, asked, word)
        await asyncio.sleep(self._chance.uniform(2, 9))

    def _truth(self, card: Message) -> State | None:
        """None: nobody can say yet, or it is one of two that look alike."""
        named = [moved for moved in movements(self._plan) if speaks_of(card, moved.amount) and _alone(moved)]
        if not named:
            return None
        entries = self._entries(named[0])
        paid = sum(entry.amount for entry in entries if entry.state is Ended.SUCCEEDED)
        if any(entry.state is Ended.PENDING for entry in entries):
            return None
        if not paid:
            return State.FAILED
        return State.SUCCEEDED if paid == named[0].amount else State.REVERSED

    def _entries(self, moved: Movement) -> list[Entry]:
        ledger = [entry for entry in self._systems.entries() if entry.id in self._opened[moved.number]]
        return ledger + [entry for entry in self._systems.transfers() if entry.amount == moved.amount]

    async def _newer(self, reader: User, than: Message | None, verb: str) -> Message | None:
        """The bot's newest message to this person with such a button."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while loop.time() < until:
            await asyncio.sleep(2)
            for message in reversed(self._town.said_by_bot(self._town.chat(reader))):
                if (than is None or message.id > than.id) and button_on(message, verb, now=True):
                    return message
        return None

    def _tap(self, who: User, message: Message, data: str) -> None:
        self._story.tell(asyncio.get_running_loop().time(), "people", f"{who.first_name} taps {data}")
        self._town.telegram.world.tap(who, message, data)


def _all(message: Message, verb: str) -> list[str]:
    return [button.data for button in message.buttons if button.data.startswith(verb)]


def _alone(moved: Movement) -> bool:
    return moved.times == 1 if isinstance(moved, Line) else not moved.gives_back
