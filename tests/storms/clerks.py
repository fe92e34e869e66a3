"""People who pay by the sheet: they hand one over, read its board, let it go, and stop it in the middle."""

import asyncio
from random import Random

from bot.demo.messages import Message
from bot.demo.people import Chat, User
from tests.storms.intents import Manner
from tests.storms.payers import Payers
from tests.storms.sheets import Shape, Sheet
from tests.storms.story import Story
from tests.storms.town import Town, button_on

_PATIENCE = 400.0


class Clerks:
    def __init__(self, chance: Random, town: Town, payers: Payers, story: Story) -> None:
        self._chance = chance
        self._town = town
        self._payers = payers
        self._story = story

    async def play(self, sheet: Sheet) -> None:
        await asyncio.sleep(sheet.at)
        chat = self._town.group_now() if sheet.in_group else self._town.chat(sheet.asker)
        said = await self._hand_over(sheet, chat)
        if self._chance.random() < 0.15:
            asyncio.get_running_loop().call_later(self._chance.uniform(0.1, 90), self._again, said)
        board = await self._board(chat)
        if board is None:
            self._tell(sheet, "saw no board")
            return
        if sheet.poor:
            self._payers.impoverish(sheet)
        if sheet.once:
            self._tap(sheet, board, "bulkonce:", sheet.asker)
            await asyncio.sleep(self._chance.uniform(0, 5))
        await self._deal(sheet, board)
        if sheet.confirmed:
            await self._decide(sheet, board)
        if sheet.manner is Manner.CHANGE_OF_MIND:
            await asyncio.sleep(self._chance.choice([0.0, self._chance.uniform(0, 8)]))
            self._tap(sheet, board, "bulkstop:", sheet.asker)
        if self._chance.random() < 0.3:
            await asyncio.sleep(self._chance.uniform(0, 200))
            self._tap(sheet, board, self._chance.choice(["bulkfile:", "bulkagain:"]), sheet.asker)

    async def _hand_over(self, sheet: Sheet, chat: Chat) -> Message:
        """In one message, or the command alone and then what it asks for."""
        telegram, caption = self._town.telegram, sheet.command
        if sheet.asked_first:
            telegram.say(sheet.asker, chat, sheet.command)
            await asyncio.sleep(self._chance.uniform(3, 60))
            caption = ""
        if sheet.shape is Shape.TEXT:
            return telegram.say(sheet.asker, chat, f"{caption}\n{sheet.text}".lstrip())
        return telegram.send_document(sheet.asker, chat, *sheet.file(), caption)

    def _again(self, said: Message) -> None:
        """Telegram hands the same update out once more."""
        if said.update:
            self._town.telegram.deliver_anew(said)

    async def _board(self, chat: Chat) -> Message | None:
        """There is one sheet in a storm, so any board is its own."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while loop.time() < until:
            await asyncio.sleep(self._chance.uniform(0.7, 8))
            for place in {chat.id: chat, self._town.group_now().id: self._town.group_now()}.values():
                for message in reversed(self._town.said_by_bot(place)):
                    if button_on(message, "bulkok:", now=True):
                        return message
        return None

    async def _deal(self, sheet: Sheet, board: Message) -> None:
        match sheet.manner:
            case Manner.TWICE:
                self._confirm(sheet, board)
                await asyncio.sleep(self._chance.choice([0.0, 0.3, 5.0, 60.0]))
            case Manner.RACE:
                self._tap(sheet, board, "bulkstop:", sheet.asker)
            case Manner.OTHERS:
                for other in self._town.people:
                    if other is not sheet.asker:
                        verb = self._chance.choice(["bulkok:", "bulkstop:", "bulkonce:", "bulkfile:"])
                        self._tap(sheet, board, verb, other)
        self._confirm(sheet, board, copies=2 if sheet.manner is Manner.DOUBLED else 1)
        for _ in range(2):
            await asyncio.sleep(self._chance.uniform(20, 60))
            if button_on(board, "bulkok:", now=True):
                self._confirm(sheet, board)

    async def _decide(self, sheet: Sheet, board: Message) -> None:
        """Another than the asker lets it go, or not; the asker, and whoever may not, try as well."""
        decider = self._town.approver if sheet.asker is self._town.owner else self._town.owner
        for _ in range(8):
            for message in [*reversed(self._town.said_by_bot(self._town.group_now())), board]:
                if button_on(message, "bulkyes:", now=True):
                    if self._chance.random() < 0.4:
                        self._tap(sheet, message, "bulkyes:", self._chance.choice(self._town.people))
                    verb = "bulkyes:" if self._chance.random() < 0.9 else "bulkno:"
                    for _ in range(self._chance.choice([1, 1, 2])):
                        self._tap(sheet, message, verb, decider)
                    return
            await asyncio.sleep(self._chance.uniform(3, 20))

    def _confirm(self, sheet: Sheet, board: Message, copies: int = 1) -> None:
        sheet.confirmed = True
        self._tap(sheet, board, "bulkok:", sheet.asker, copies)

    def _tap(self, sheet: Sheet, message: Message, verb: str, who: User, copies: int = 1) -> None:
        if button := button_on(message, verb):
            self._tell(sheet, f"{who.first_name} taps {button}{' (two updates)' if copies > 1 else ''}")
            self._town.telegram.world.tap(who, message, button, copies)

    def _tell(self, sheet: Sheet, what: str) -> None:
        self._story.tell(asyncio.get_running_loop().time(), "people", f"the sheet #{sheet.number}: {what}")
