"""A whole shop for a test: the real bot over HTTP between a local Telegram and the payment sandbox."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import demo
from bot.app import App
from bot.demo.handle import LocalTelegram
from bot.demo.limits import Limits
from bot.demo.messages import Message
from bot.demo.people import Chat, User
from bot.demo.programs import free_port
from bot.payments.crew import Tick
from bot.rooms.world import World
from bot.settings import Settings
from providers import sandbox
from providers.sandbox import Sandbox
from storage import notices, payments
from storage.engine import Storage
from storage.models import Event, Notice, Payment
from tests.databases import founded_in
from tests.easel import Inside

OWNER = 710_001
STRANGER = 710_009
PAYER = "237677777777"
PHONE = "677 77 77 77"
WEBHOOK_SECRET = "a-secret-of-the-webhook-alone"
SEALING_KEY = "a-sealing-key-for-tests-0123456789"
PATIENCE = 30.0
"""Seconds, for a machine with other work to do; whatever is waited for ends the wait."""


@dataclass
class Watch:
    """The real time and whatever was skipped."""

    skipped: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.skipped

    def skip(self, **spans: float) -> None:
        self.skipped += timedelta(**spans)


class Stopped:
    """A clock that never ticks: whatever happens was woken."""

    def __init__(self, _: Mapping[Tick, float]) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Shop:
    telegram: LocalTelegram
    box: Sandbox
    env: dict[str, str]
    owner: User
    stranger: User
    chat: Chat
    group: Chat
    watch: Watch = field(default_factory=Watch)
    _app: App | None = None

    @property
    def app(self) -> App:
        assert self._app
        return self._app

    async def open(self, world: World | None = None) -> App:
        self._app = App(Settings.read(self.env), self.env, world or World(now=self.watch, easel=Inside))
        await self._app.start()
        return self._app

    async def close(self) -> None:
        if self._app:
            await self._app.stop()
            self._app = None

    def say(self, text: str, by: User | None = None, chat: Chat | None = None) -> Message:
        return self.telegram.say(by or self.owner, chat or self.chat, text)

    async def ask(self, text: str) -> Message:
        """What the bot answers to one line in the owner's private chat."""
        said = self.say(text)
        return await self.telegram.wait_for(self.chat, lambda _: True, PATIENCE, said)

    async def card(self, text: str) -> Message:
        return await self._with_button(self.say(text))

    async def _with_button(self, said: Message) -> Message:
        return await self.telegram.wait_for(self.chat, lambda message: bool(message.buttons), PATIENCE, said)

    async def confirmed(self, text: str) -> Message:
        card = await self.card(text)
        await self.confirm(card)
        return card

    async def confirm(self, card: Message) -> None:
        await self.telegram.tap(self.owner, card, card.buttons[0].data, timeout=PATIENCE)

    async def shows(self, card: Message, words: str, timeout: float = PATIENCE) -> None:
        await self.telegram.wait_for(card.chat, lambda message: message is card and words in message.text, timeout)

    async def group_says(self, words: str, timeout: float = PATIENCE) -> Message:
        return await self.telegram.wait_for(self.group, words, timeout)

    async def prompted(self, msisdn: str = PAYER) -> None:
        await until(lambda: bool(self.box.phones.prompts(msisdn)))

    async def approve(self, msisdn: str = PAYER) -> None:
        await self.prompted(msisdn)
        self.box.phones.approve(msisdn, "1234")

    async def decline(self, msisdn: str = PAYER) -> None:
        await self.prompted(msisdn)
        self.box.phones.decline(msisdn)

    async def payments(self) -> list[Payment]:
        return await self.app.storage.run(payments.recent, 1, limit=100)

    async def events(self, payment: Payment) -> list[Event]:
        return list(await self.app.storage.run(payments.events, payment.id))

    async def notices(self, payment: Payment) -> list[Notice]:
        return list(await self.app.storage.run(notices.of, payment.id))

    def cards(self) -> list[Message]:
        """Every message in the owner's chat that is a payment's card."""
        return [m for m in self.telegram.messages(self.chat, self.telegram.bot) if m.text[:1] in "🧾💸"]


async def until(happened: Callable[[], bool], timeout: float = PATIENCE) -> None:
    async with asyncio.timeout(timeout):
        while not happened():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def shop(
    folder: Path,
    *,
    language: str = "en",
    box: sandbox.Settings | None = None,
    callbacks: bool = False,
    limits: Limits | None = None,
    accounts: bool = True,
    mode: str = "polling",
    watched: bool = False,
) -> AsyncIterator[Shop]:
    """Owner, stranger, admin group, one CamPay account; the bot is open. Phones ask, as in the demo."""
    settings = box or sandbox.Settings.instant(test_numbers="ask")
    async with demo.serve(limits=limits or Limits.off()) as telegram, sandbox.serve(settings) as campay:
        owner = telegram.add_user("Awa", language, OWNER)
        stranger = telegram.add_user("Nobody", language, STRANGER)
        group = telegram.add_group("Counter", [owner, stranger])
        env = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "OWNER_IDS": str(OWNER),
            "ADMIN_CHAT_ID": str(group.id),
            "DATABASE_URL": founded_in(folder, Storage.migrate),
            "DEFAULT_LANGUAGE": language,
            "GUICHET_SECRET_KEY": SEALING_KEY,
        }
        if accounts:
            env |= {"CAMPAY_BASE_URL": campay.url, "CAMPAY_TOKEN": campay.settings.campay.token}
        if callbacks or mode == "webhook":
            port = free_port()
            env |= {
                "BOT_MODE": mode,
                "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "LISTEN": f"127.0.0.1:{port}",
                "CAMPAY_WEBHOOK_KEY": campay.settings.campay.webhook_key,
            }
            campay.settings.campay.callback_url = f"http://127.0.0.1:{port}/callbacks/campay"
        if watched:
            env["METRICS_LISTEN"] = f"127.0.0.1:{free_port()}"
        place = Shop(telegram, campay, env, owner, stranger, telegram.private(owner), group)
        telegram.start(owner)
        await place.open()
        try:
            await telegram.wait_for(place.chat, lambda _: True, PATIENCE)  # the greeting would pass for an answer
            await telegram.settled(timeout=PATIENCE)
            yield place
        finally:
            await place.close()
