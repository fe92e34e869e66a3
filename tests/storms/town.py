"""The local Telegram, the people in it, and what they see."""

import re
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette

from bot.demo.faults import Faults
from bot.demo.handle import LocalTelegram
from bot.demo.limits import Limits
from bot.demo.messages import Message
from bot.demo.people import Chat, User
from bot.demo.telegram import BotApi
from bot.demo.world import World
from tests.storms.weather import TELEGRAM
from tests.storms.wire import Wire

TOKEN = "4242424242:a-token-for-the-storm-alone"
OWNER, CASHIER, STRANGER, APPROVER, ACCOUNTANT = range(710_001, 710_006)
_SEPARATORS = re.compile(r"[\s\u00a0\u202f,.]")
_CENTS = re.compile(r"[.,]00(?!\d)")
_ID = re.compile(r"\b[2-9A-HJ-NP-Z]{10}\b")


class Town:
    def __init__(self, clock: Callable[[], datetime], wire: Wire) -> None:
        world = World(User(4242424242, "Guichet", username="guichet_bot", is_bot=True), clock, Limits())
        api = BotApi(world, TOKEN, Faults())
        self.telegram = LocalTelegram(f"http://{TELEGRAM}", TOKEN, world, api)
        wire.apps[TELEGRAM] = Starlette(routes=list(api.routes()))
        self.owner = self.telegram.add_user("Awa", "fr", OWNER)
        self.cashier = self.telegram.add_user("Ben", "en", CASHIER)
        self.approver = self.telegram.add_user("Chi", "fr", APPROVER)
        self.accountant = self.telegram.add_user("Dora", "en", ACCOUNTANT)
        self.stranger = self.telegram.add_user("Nobody", "en", STRANGER)
        self.people = [self.owner, self.cashier, self.approver, self.accountant, self.stranger]
        self.group = self.telegram.add_group("Counter", self.people)
        for person in self.people:
            person.started = True

    def chat(self, user: User) -> Chat:
        return self.telegram.private(user)

    def group_now(self) -> Chat:
        """Where the group is, if it has moved."""
        moved = self.group.migrated_to
        return self.telegram.world.chats[moved] if moved else self.group

    def said_by_bot(self, chat: Chat) -> list[Message]:
        return self.telegram.messages(chat, self.telegram.bot)


def speaks_of(message: Message, amount: int) -> bool:
    """Whether its first line names this amount, however it is grouped."""
    head = _SEPARATORS.sub("", _CENTS.sub("", message.text.partition("\n")[0]))
    return bool(re.search(rf"(?<!\d){amount}(?!\d)", head))


def reference_in(message: Message) -> str:
    """Our reference on a card; empty where there is none yet."""
    found = _ID.search(message.text)
    return found[0] if found else ""


def button_on(card: Message, verb: str, *, now: bool = False) -> str:
    """The data of a message's button; without `now` also of one that an edit has taken away: screens are late."""
    for markup in [card.markup] if now else [card.markup, *reversed(card.former_markups)]:
        for row in (markup or {}).get("inline_keyboard", []):
            for button in row:
                if button.get("callback_data", "").startswith(verb):
                    return str(button["callback_data"])
    return ""
