"""People at their phones in Telegram: they type, wait for the card, tap, tap again, and race each other."""

import asyncio
from random import Random

from bot.demo.accounts import TRON_WALLET
from bot.demo.messages import Message
from bot.demo.people import User
from providers.messages import Kind
from tests.storms.clerks import Clerks
from tests.storms.intents import Intent, Manner, Payer
from tests.storms.payers import Payers
from tests.storms.plan import Wanted
from tests.storms.sheets import Sheet
from tests.storms.story import Story
from tests.storms.town import Town, button_on, reference_in, speaks_of

_PATIENCE = 400.0
_LIFE_OF_A_DRAFT = 15 * 60.0


class Askers:
    def __init__(self, chance: Random, town: Town, payers: Payers, story: Story) -> None:
        self._clerks = Clerks(chance, town, payers, story)
        self._chance = chance
        self._town = town
        self._payers = payers
        self._story = story

    async def play(self, wanted: Wanted) -> None:
        if isinstance(wanted, Sheet):
            await self._clerks.play(wanted)
        else:
            await self._pay(wanted)

    async def _pay(self, intent: Intent) -> None:
        await asyncio.sleep(intent.at)
        said = self._say(intent, intent.line)
        if self._chance.random() < 0.1:
            asyncio.get_running_loop().call_later(self._chance.uniform(0.1, 90), self._again, said)
        if intent.way.code == "before" and await self._find(intent, said, "*144", 120):
            self._say(intent, "5647")
        card = await self._picture(intent, said) if intent.is_link else await self._card(intent, said)
        if card is None:
            self._tell(intent, "saw no card")
            return
        await asyncio.sleep(max(0.0, intent.taps_at - asyncio.get_running_loop().time()))
        if intent.is_link:
            await self._pass_on(intent, card)
        else:
            await self._deal(intent, card)
        if intent.way.code == "last four" and intent.confirmed:
            await self._type_the_end(intent, card)
        if intent.confirmed and intent.kind is not Kind.COLLECTION:
            await self._decide(intent)
        if intent.way.code == "after" and intent.confirmed:
            await self._give_code(intent, card)
        if intent.way.code == "hash" and intent.confirmed:
            await self._deposit(intent, card)
        if intent.way.line.endswith("via page") and intent.confirmed:
            await self._hand_over_page(intent, card)
        if intent.gives_back and intent.confirmed:
            await self._give_back(intent, card)

    def _say(self, intent: Intent, line: str) -> Message:
        chat = self._town.group_now() if intent.in_group else self._town.chat(intent.asker)
        return self._town.telegram.say(intent.asker, chat, line)

    def _answer(self, intent: Intent, words: str) -> None:
        """In a group the bot hears what answers a message of its own."""
        chat = self._town.group_now() if intent.in_group else self._town.chat(intent.asker)
        heard = self._town.said_by_bot(chat)[-1:] if intent.in_group else []  # nothing yet, where the group just moved
        self._town.telegram.say(intent.asker, chat, words, heard[0] if heard else None)

    def _again(self, said: Message) -> None:
        """Telegram hands the same update out once more, or the same message as another update."""
        if said.update:
            telegram = self._town.telegram
            (telegram.deliver_anew if said.id % 2 else telegram.deliver_again)(said)

    async def _picture(self, intent: Intent, said: Message) -> Message | None:
        """A link asks for no confirmation: the line itself is the word."""
        intent.confirmed = True
        return await self._find(intent, said, "http://", _PATIENCE)

    async def _pass_on(self, intent: Intent, card: Message) -> None:
        """To whoever pays: who opens it at once, late, twice or never, or leaves before the number is typed."""
        if intent.payer is Payer.SLEEPS and self._chance.random() < 0.2:  # rarely: it is asked about for two days
            self._tell(intent, "nobody opens the link")
            return
        await asyncio.sleep(self._chance.choice([0.0, self._chance.uniform(0, 300)]))
        for _ in range(self._chance.choice([0, 0, 0, 1])):
            await self._payers.open_page(intent, card.text, leaves=True)
        for _ in range(self._chance.choice([1, 1, 2])):
            await self._payers.open_page(intent, card.text)

    async def _card(self, intent: Intent, said: Message) -> Message | None:
        return await self._find(intent, said, "", _PATIENCE)

    async def _find(self, intent: Intent, said: Message, words: str, patience: float) -> Message | None:
        """The bot's newest message there that names the amount, and has buttons or these words."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while loop.time() < until:
            await asyncio.sleep(self._chance.uniform(0.7, 4))
            for chat in {said.chat.id: said.chat, self._town.group_now().id: self._town.group_now()}.values():
                if chat is not said.chat and not intent.in_group:
                    continue
                for message in reversed(self._town.said_by_bot(chat)):
                    if words and words in message.text and str(intent.amount) in message.text:
                        return message
                    if not words and speaks_of(message, intent.amount) and button_on(message, "confirm:", now=True):
                        return message
        return None

    async def _deal(self, intent: Intent, card: Message) -> None:
        chance = self._chance
        match intent.manner:
            case Manner.CONFIRM:
                self._confirm(intent, card)
                await self._insist(intent, card)
            case Manner.TWICE:
                self._confirm(intent, card)
                await asyncio.sleep(chance.choice([0.0, 0.3, 5.0, 60.0]))
                self._confirm(intent, card)
                await self._insist(intent, card)
            case Manner.DOUBLED:
                self._confirm(intent, card, copies=2)
                await self._insist(intent, card)
            case Manner.RACE:
                both = [self._confirm, self._cancel]
                chance.shuffle(both)
                for tap in both:
                    tap(intent, card)
                    await asyncio.sleep(chance.choice([0.0, 0.0, 0.2]))
            case Manner.CANCEL:
                self._cancel(intent, card)
            case Manner.CHANGE_OF_MIND:
                self._confirm(intent, card)
                await asyncio.sleep(chance.uniform(0, 6))
                self._cancel(intent, card)
            case Manner.LATE:
                await asyncio.sleep(_LIFE_OF_A_DRAFT + chance.uniform(-20, 600))
                self._confirm(intent, card)
            case Manner.OTHERS:
                for other in self._town.people:
                    if other is not intent.asker and chance.random() < 0.7:
                        self._tap(intent, card, chance.choice(["confirm:", "cancel:"]), other)
                await asyncio.sleep(chance.uniform(0, 30))
                if chance.random() < 0.5:
                    self._confirm(intent, card)
                    await self._insist(intent, card)

    async def _insist(self, intent: Intent, card: Message) -> None:
        """A card that still asks is tapped again, and one more time."""
        for _ in range(2):
            await asyncio.sleep(self._chance.uniform(20, 90))
            if button_on(card, "confirm:", now=True):
                self._confirm(intent, card)

    async def _decide(self, intent: Intent) -> None:
        """Where the group is asked, whoever may decides at leisure; others try as well, the maker among them."""
        decider = self._town.approver if intent.asker is self._town.owner else self._town.owner
        for _ in range(6):
            await asyncio.sleep(self._chance.uniform(3, 20))
            for message in reversed(self._town.said_by_bot(self._town.group_now())):
                if speaks_of(message, intent.amount) and button_on(message, "approve:", now=True):
                    if self._chance.random() < 0.4:
                        self._tap(intent, message, "approve:", self._chance.choice(self._town.people))
                    verb = "approve:" if self._chance.random() < 0.8 else "reject:"
                    for _ in range(self._chance.choice([1, 1, 2])):
                        self._tap(intent, message, verb, decider)
                    return

    async def _give_code(self, intent: Intent, card: Message) -> None:
        for _ in range(60):
            await asyncio.sleep(self._chance.uniform(2, 6))
            if button_on(card, "code:", now=True):
                self._tap(intent, card, "code:", intent.asker)
                await asyncio.sleep(self._chance.uniform(2, 20))
                self._answer(intent, self._chance.choice(["5647", "5647", "1111"]))
                return

    async def _type_the_end(self, intent: Intent, card: Message) -> None:
        """As long as the card asks: the address's end, first another's now and then."""
        for _ in range(4):
            if not button_on(card, "confirm:", now=True):
                return
            self._confirm(intent, card)
            await asyncio.sleep(self._chance.uniform(3, 25))
            if self._chance.random() < 0.2:
                self._answer(intent, "9999")
                await asyncio.sleep(self._chance.uniform(1, 9))
            self._answer(intent, TRON_WALLET[-4:])
            await asyncio.sleep(self._chance.uniform(5, 30))

    async def _deposit(self, intent: Intent, card: Message) -> None:
        """The payer sends tokens, and the asker tells the hash by the card's button."""
        for _ in range(60):
            await asyncio.sleep(self._chance.uniform(2, 6))
            if button_on(card, "code:", now=True) and (told := await self._payers.send_tokens(intent)):
                self._tap(intent, card, "code:", intent.asker)
                await asyncio.sleep(self._chance.uniform(2, 20))
                self._answer(intent, told)
                return

    async def _hand_over_page(self, intent: Intent, card: Message) -> None:
        for _ in range(60):
            await asyncio.sleep(self._chance.uniform(2, 6))
            if await self._payers.open_page(intent, card.text):
                return

    async def _give_back(self, intent: Intent, card: Message) -> None:
        await asyncio.sleep(self._chance.uniform(*self._chance.choice([(5, 60), (60, 400)])))  # some do not wait
        if not (reference := reference_in(card)):
            return
        said = self._say(intent, f"/refund {reference}")
        if self._chance.random() < 0.3:
            self._say(intent, f"/refund {reference}")
        if card := await self._card(intent, said):  # type: ignore[assignment]
            intent.refund_confirmed = True
            for _ in range(self._chance.choice([1, 1, 2])):
                self._tap(intent, card, "confirm:", intent.asker)
            await self._insist(intent, card)
            await self._decide(intent)

    def _confirm(self, intent: Intent, card: Message, copies: int = 1) -> None:
        intent.confirmed = True
        self._tap(intent, card, "confirm:", intent.asker, copies)

    def _cancel(self, intent: Intent, card: Message) -> None:
        self._tap(intent, card, "cancel:", intent.asker)

    def _tap(self, intent: Intent, card: Message, data: str, who: User, copies: int = 1) -> None:
        """What is on the card, or was a moment ago: screens are late."""
        button = button_on(card, data)
        if button:
            self._tell(intent, f"{who.first_name} taps {button}{' (two updates)' if copies > 1 else ''}")
            self._town.telegram.world.tap(who, card, button, copies)

    def _tell(self, intent: Intent, what: str) -> None:
        self._story.tell(asyncio.get_running_loop().time(), "people", f"#{intent.number} ({intent.amount}): {what}")
