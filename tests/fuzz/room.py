"""The whole reception in this process: updates go in one by one, and what came of each can be looked at.

No socket, no thread and no wall clock: the network and the hourglass are those of the storms, in calm weather.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from starlette.applications import Starlette
from structlog.testing import capture_logs
from telegram import Update

from bot.app import App
from bot.demo import accounts
from bot.demo.faults import Faults
from bot.demo.handle import LocalTelegram
from bot.demo.limits import Limits
from bot.demo.messages import Message
from bot.demo.people import Chat, User
from bot.demo.telegram import BotApi, Call
from bot.demo.world import World as Place
from bot.desk import said
from bot.payments.crew import Tick
from bot.rooms.world import World
from bot.settings import Settings
from providers.sandbox import Settings as BoxSettings
from providers.sandbox.app import build
from providers.sandbox.world import World as Box
from storage.sealing import Sealer
from tests.books import (
    ACCOUNTANT,
    APPROVER,
    CASHIER,
    GROUP,
    NOON,
    OTHER_MERCHANT,
    OWNER,
    STRANGER,
    enter,
    open_books,
    shut,
)
from tests.databases import Hand, blank_in
from tests.easel import Inside
from tests.fuzz.catalogue import is_ours, starts_like_ours
from tests.storms.hourglass import Hourglass
from tests.storms.story import Story
from tests.storms.weather import Weather
from tests.storms.wire import Wire

T = TypeVar("T")

_TOKEN = "4242424242:a-token-for-the-fuzz-alone-0123456789"
_NO_NEWS = "message is not modified"
_CUT = 200
_PAUSE = 3.5
"""Seconds between two updates, which cost nothing here: no flood limit is ever near."""

_SAYS = {"sendmessage": "text", "editmessagetext": "text", "senddocument": "caption", "sendphoto": "caption"}


def _found(folder: Path) -> None:
    """The people of the tests, and a payment of another merchant that nobody here may reach."""
    books = open_books(folder)
    enter(books, id="THEIRS2345", merchant_id=OTHER_MERCHANT, reference="R-THEIRS", intent="theirs")
    books.engine.dispose()


class Still:
    """Nothing happens by the clock; what is woken happens at once."""

    def __init__(self, ticks: Mapping[Tick, float]) -> None:
        self.ticks = ticks

    def start(self) -> None:
        """No clock."""

    def stop(self) -> None:
        """No clock."""


@dataclass
class Seen:
    """What one update led to."""

    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Room:
    def __init__(self, folder: Path, loop: Hourglass) -> None:
        self.loop = loop
        self._cards: dict[int, Message] = {}
        chance = Random(7)
        wire = Wire(Weather(chance, loop.time, 0.0, 0.0, 0.0), Story())
        box = Box(BoxSettings.instant(test_numbers="ask"), clock=self.now, chance=chance, transport=wire.quiet())
        town = Place(User(4242424242, "Guichet", username="guichet_bot", is_bot=True), self.now, Limits.off())
        api = BotApi(town, _TOKEN, Faults())
        wire.apps = {"box": build(box), "telegram": Starlette(routes=list(api.routes()))}
        self.telegram = LocalTelegram("http://telegram", _TOKEN, town, api)
        self.people = self._people()
        self.group = self.telegram.add_group("Counter", list(self.people.values()), GROUP, "supergroup")
        _found(folder)
        self.books = Hand(blank_in(folder))
        env = {
            "TELEGRAM_BOT_TOKEN": _TOKEN,
            "TELEGRAM_API_URL": "http://telegram",
            "OWNER_IDS": str(OWNER),
            "ADMIN_CHAT_ID": str(GROUP),
            "DATABASE_URL": blank_in(folder),
            "GUICHET_SECRET_KEY": "a-key-for-the-fuzz-alone-0123456789",
            **accounts.variables("http://127.0.0.1", "http://guichet"),
        }
        wire.apps["127.0.0.1"] = wire.apps["box"]
        world = World(
            now=self.now,
            new_key=lambda: UUID(int=chance.getrandbits(128), version=4),
            network=wire.quiet,
            scheduler=Still,
            easel=Inside,
        )
        self.app = App(Settings.read(env), env, world)
        self.run(self.app.chat.initialize())

    def _people(self) -> dict[int, User]:
        """Two of them speak English."""
        people = {}
        for number in (OWNER, APPROVER, CASHIER, ACCOUNTANT, STRANGER):
            language = "en" if number in {CASHIER, ACCOUNTANT} else "fr"
            people[number] = self.telegram.add_user(f"P{number}", language, number)
            people[number].started = True
        return people

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.loop.time())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def chat(self, person: int, *, in_group: bool) -> Chat:
        return self.group if in_group else self.telegram.private(self.people[person])

    def hears(self, payload_of: "Message | Any") -> Seen:
        """What came of the update that a message, a tap or a file made, when all is quiet again."""
        if payload_of.update is None:
            return Seen()
        seen, before = Seen(), len(self.telegram.calls)
        with capture_logs() as logs, _library(seen.faults):
            self.run(self._take(payload_of.update.as_json()))
        seen.faults += [f"{one}" for one in logs if one["log_level"] in {"error", "critical"}]
        seen.calls = self.telegram.calls[before:]
        return seen

    async def _take(self, payload: dict[str, Any]) -> None:
        kept = said(payload, Sealer())  # as the desk keeps it
        await self.app.chat.process_update(Update.de_json(json.loads(kept.body), self.app.chat.bot))
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        await asyncio.sleep(_PAUSE)

    def rows(self, question: str, *values: object) -> list[Any]:
        return [tuple(row.values()) for row in self.books.rows(question, *values)]

    def enter(self, **payment: Any) -> None:
        enter(self.app.storage, **payment)

    def card_in(self, chat: Chat) -> Message:
        """A message of the bot's on which a button may be tapped."""
        known = self._cards.get(chat.id)
        if known is None:
            known = self._cards[chat.id] = self.telegram.world.post(chat, self.telegram.bot, "…")
        return known

    def forget_forms(self) -> None:
        self.books.rows("DELETE FROM form")

    def go_on(self) -> None:
        """Ends a pause, or all that came after it would be refused for that alone."""
        self.books.rows("UPDATE merchant SET paused_at = NULL, paused_by = NULL")

    def close(self) -> None:
        self.run(self.app.chat.shutdown())
        self.run(self.app.accounts.close())
        self.books.close()
        shut(self.app.storage)


@contextmanager
def _library(faults: list[str]) -> Iterator[None]:
    """What python-telegram-bot says when a handler of errors has an error itself."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            faults.append(record.getMessage())

    ear = Ear(logging.ERROR)
    logging.getLogger("telegram").addHandler(ear)
    try:
        yield
    finally:
        logging.getLogger("telegram").removeHandler(ear)


def strange_answers(seen: Seen) -> list[str]:
    """What was refused by Telegram, or said in words that are not the catalogue's."""
    strange = []
    for call in seen.calls:
        if call.error and _NO_NEWS not in call.error:
            strange.append(f"{call.method}: {call.error}")
        said = str(call.arguments.get(_SAYS.get(call.method.lower(), "text")) or "")
        cut = call.method.lower() == "answercallbackquery" and len(said) == _CUT
        ours = starts_like_ours(said) if cut else is_ours(said)
        if said and not ours:
            strange.append(f"{call.method} says {said!r}")
    return strange
