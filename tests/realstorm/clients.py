"""People in the chat: they ask, pay out, hand in sheets, tap too often, change their minds, and approve."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

from bot.demo.messages import Message
from bot.demo.people import Chat, User
from tests.realstorm.street import OWNERS, Street
from tests.storms.town import button_on, speaks_of

_PATIENCE = 12.0
_PHONES = ("671000101", "671000102", "690000103", "690000104")
_REQUESTS = (
    "/request {amount} {phone} shoes",
    "/request {amount} {phone} via kpay",
    "/request {amount} {phone} via nkapsmart",
)
_PAYOUTS = (
    "/payout {amount} {phone} wages",
    "/payout {amount} {phone} via kpay",
    "/payout {amount} {phone} via nkapsmart",
)


class Clients:
    """Each payment has an amount that no other has: by it the card, the row and the ledger's entry are one."""

    def __init__(self, chance: Random, street: Street) -> None:
        self.counts: Counter[str] = Counter()
        self.amounts: dict[int, int] = {}
        """Who wrote which."""
        self._chance = chance
        self._street = street
        self._next = {"request": 1_500, "payout": 150}

    async def live(self, person_id: int) -> None:
        """Until cancelled."""
        person, chance = self._street.people[person_id], self._chance
        while True:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
            draw = chance.random()
            if person_id in OWNERS and draw < 0.06:
                await self._sheet(person)
            elif draw < (0.6 if person_id in OWNERS else 0.25):
                await self._pay(person, chance.choice(_PAYOUTS), "payout")
            else:
                await self._pay(person, chance.choice(_REQUESTS), "request")

    async def rush(self, person_id: int) -> None:
        """Many payouts are written first and let go in one moment: together they pass what a day allows."""
        person = self._street.people[person_id]
        cards = []
        for _ in range(7):
            said, amount = self._write(person, self._street.telegram.private(person), _PAYOUTS[0], "payout", 650)
            if card := await self._card(said, amount):
                cards.append(card)
        for card in cards:
            self._tap(person, card, "confirm:")
        self.counts["rushes"] += 1

    async def decide(self, person_id: int) -> None:
        """Until cancelled: what waits for a second person, in the group or in private."""
        person, chance = self._street.people[person_id], self._chance
        while True:
            await asyncio.sleep(chance.uniform(0.5, 2))
            chat = self._street.group or self._street.telegram.private(person)
            for message in self._said(chat)[-30:]:
                for ok, no in (("approve:", "reject:"), ("bulkyes:", "bulkno:")):
                    if button_on(message, ok, now=True):
                        self._tap(person, message, ok if chance.random() < 0.85 else no)
                        if chance.random() < 0.3:
                            self._tap(person, message, ok)

    def _write(self, person: User, chat: Chat, line: str, kind: str, least: int = 0) -> tuple[Message, int]:
        amount = self._amount(kind) + least
        self.amounts[amount] = person.id
        self.counts[kind] += 1
        text = line.format(amount=amount, phone=self._chance.choice(_PHONES))
        return self._street.telegram.say(person, chat, text), amount

    def _amount(self, kind: str) -> int:
        self._next[kind] += 1
        return self._next[kind]

    async def _pay(self, person: User, line: str, kind: str) -> None:
        chat = self._street.telegram.private(person)
        if self._street.group and self._chance.random() < 0.2:
            chat = self._street.group
        said, amount = self._write(person, chat, line, kind)
        card = await self._card(said, amount)
        if card is None:
            self.counts["lines without a card"] += 1
            return
        await self._deal(person, card)

    async def _deal(self, person: User, card: Message) -> None:
        match self._chance.choice(["once", "once", "once", "twice", "doubled", "race", "race", "cancel", "forget"]):
            case "once":
                self._tap(person, card, "confirm:")
            case "twice":
                self._tap(person, card, "confirm:")
                self._tap(person, card, "confirm:")
            case "doubled":
                self._tap(person, card, "confirm:", copies=2)
            case "race":
                for verb in self._chance.sample(["confirm:", "cancel:"], 2):
                    self._tap(person, card, verb)
            case "cancel":
                self._tap(person, card, "cancel:")
            case _:
                return
        await asyncio.sleep(self._chance.uniform(0.5, 3))
        if button_on(card, "confirm:", now=True):
            self._tap(person, card, "confirm:")

    async def _sheet(self, person: User) -> None:
        rows = []
        for _ in range(4):
            amount = self._amount("payout")
            self.amounts[amount] = person.id
            rows.append(f"{amount};+237{self._chance.choice(_PHONES)};Person {amount};June")
        self.counts["sheets"] += 1
        content = "\r\n".join(["Montant;Téléphone;Nom;Motif", *rows]).encode("utf-8-sig")
        caption = self._chance.choice(["/bulk", "/bulk via nkapsmart"])
        telegram = self._street.telegram
        said = telegram.send_document(person, telegram.private(person), "june.csv", content, caption)
        board = await self._find(said, lambda message: bool(button_on(message, "bulkok:", now=True)))
        if board:
            for _ in range(self._chance.choice([1, 2])):
                self._tap(person, board, "bulkok:")

    async def _card(self, said: Message, amount: int) -> Message | None:
        return await self._find(
            said, lambda message: speaks_of(message, amount) and bool(button_on(message, "confirm:", now=True))
        )

    async def _find(self, said: Message, fits: Callable[[Message], bool]) -> Message | None:
        try:
            return await self._street.telegram.wait_for(said.chat, fits, _PATIENCE, said)
        except TimeoutError:
            return None

    def _said(self, chat: Chat) -> list[Message]:
        return self._street.telegram.messages(chat, self._street.telegram.bot)

    def _tap(self, person: User, message: Message, verb: str, copies: int = 1) -> None:
        """What is on it, or was a moment ago."""
        if button := button_on(message, verb):
            self.counts["taps"] += copies
            self._street.telegram.world.tap(person, message, button, copies)
