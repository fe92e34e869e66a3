"""The composition root: settings -> storage -> accounts -> payments -> Telegram, ticks, web."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import structlog
from starlette.routing import Route
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot
from telegram.request import HTTPXRequest

from bot.commands import COMMANDS
from bot.ear import Ear
from bot.pace import Pace
from bot.pages import receipt_page
from bot.payments.accounts import Accounts, Opener
from bot.payments.again import Again
from bot.payments.arrivals import Arrivals
from bot.payments.brake import Brake
from bot.payments.bulk import Bulk
from bot.payments.callbacks import Callbacks
from bot.payments.connections import Connections
from bot.payments.crew import Crew, Tick
from bot.payments.dispatch import Dispatch
from bot.payments.expiry import Expiry
from bot.payments.factors import Factors
from bot.payments.figures import Figures
from bot.payments.groups import Groups
from bot.payments.health import Health
from bot.payments.hearing import Hearing
from bot.payments.links import Links
from bot.payments.payees import Payees
from bot.payments.polling import Polling
from bot.payments.questions import Questions
from bot.payments.receipts import Receipts
from bot.payments.refunds import Refunds
from bot.payments.reminders import Reminders
from bot.payments.review import Reviews
from bot.payments.routes import Routes
from bot.payments.rules import Rulebook
from bot.payments.schedules import Schedules
from bot.payments.service import Payments
from bot.payments.silence import Callers
from bot.payments.statements import Statements
from bot.payments.team import Team
from bot.payments.tills import Tills
from bot.reception import InOrder, furnish
from bot.scheduler import Clockwork, Scheduler
from bot.settings import Settings
from bot.ui import chart
from bot.ui.almanac import Almanac
from bot.ui.closes import Closes
from bot.ui.dayboards import Dayboards
from bot.ui.easel import Draw, Easel
from bot.ui.letters import Letters
from bot.ui.menus import Menu
from bot.ui.notify import Notify
from bot.ui.rounds import Rounds
from bot.ui.turnstile import Turnstile
from bot.ui.visit import Counter, Turn
from bot.web import Web
from providers.base import Clock
from providers.client import network
from storage import people, sealing
from storage.engine import Storage
from storage.models import Audience
from storage.sealing import Sealer

log = structlog.get_logger()

Chat = Application[ExtBot[int], Turn, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread over the phone
_AT_ONCE = 256
_HANDS = 32
_GROUP_HANDS = 2
_BOARD_HANDS = 4
_DRAIN = 10.0
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class World:
    """Time, chance and what lies outside the program, passed in: a test may bring its own."""

    now: Clock = lambda: datetime.now(UTC)
    new_key: Callable[[], UUID] = uuid4
    new_id: Callable[[], str] = lambda: "".join(secrets.choice(_ALPHABET) for _ in range(10))
    new_token: Callable[[], str] = lambda: secrets.token_urlsafe(24)
    network: Callable[[], httpx.AsyncBaseTransport] = network
    scheduler: Callable[[Mapping[Tick, float]], Clockwork] = Scheduler
    storage: Callable[[str], Storage] = Storage
    web: Callable[[Callbacks, str, Sequence[Route]], Web] = Web
    learn: Callable[[Iterable[str]], None] = lambda _: None
    """Hears every secret that comes up while the program runs: the log must not show it."""
    draw: Draw = chart.draw


class App:
    def __init__(self, settings: Settings, env: Mapping[str, str], world: World | None = None) -> None:
        """Raises Misconfigured for an account that is half set."""
        self.settings = settings
        world = world or World()
        self._now = world.now
        self.storage = world.storage(settings.database_url)
        self.sealer = Sealer(settings.secret_keys)
        self.accounts = Accounts.of_house(env, world.now, world.network, prefer=settings.prefer)
        pace = Pace()
        self.chat = _chat(settings, world.network, pace)
        self._easel = Easel(world.draw)
        self._crews = {
            name: Crew(_HANDS) for name in ("dispatch", "poll", Audience.ASKER, Audience.APPROVER, Audience.INLINE)
        }
        # Few: while they wait for the group's limit, what is still to be told gathers into fewer messages.
        self._crews[Audience.GROUP] = Crew(_GROUP_HANDS)
        self._crews["groups"] = Crew(1)
        self._crews["letters"] = Crew(1)
        self._crews["boards"] = Crew(_BOARD_HANDS)

        health = Health(world.now)
        routes = Routes(self.accounts, health, world.now)
        payments = Payments(self.storage, self.accounts, routes, world.now, world.new_id, self._changed)
        dispatch = Dispatch(
            self.storage,
            self.accounts,
            routes,
            health,
            self._crews["dispatch"],
            world.now,
            world.new_key,
            self._changed,
        )
        groups = Groups(
            self.storage,
            self.accounts,
            dispatch,
            health,
            self._crews["groups"],
            world.now,
            world.new_key,
            self._changed,
        )
        polling = Polling(self.storage, self.accounts, health, self._crews["poll"], world.now, self._looked)
        telling = {audience: self._crews[audience] for audience in Audience}
        receipts = Receipts(
            self.storage, self.accounts, world.now, lambda: (world.new_id() + world.new_id())[:12], settings.public_url
        )
        notify = Notify(self.chat.bot, self.storage, payments, receipts, telling, world.now)

        self._dispatch = Tick("dispatch", dispatch.tick)
        self._groups = Tick("groups", groups.tick)
        self._poll = Tick("poll", polling.tick)
        self._notify = Tick("notify", notify.tick)
        self.menu = Menu(self.chat.bot, COMMANDS)
        letters = Letters(self.chat.bot, self.storage, self.menu, self._crews["letters"], world.now)
        self._letters = Tick("letters", letters.tick)
        expire = Tick("expire", Expiry(self.storage, world.now).tick)
        statements = Statements(self.storage, self.accounts, world.now)
        callers = Callers(self.storage, self.accounts, world.now)
        self.rounds = Tick("rounds", Rounds(self.chat.bot, self.storage, statements, callers, world.now).tick)
        books = Figures(self.storage, self.accounts)
        self.closes = Tick("closes", Closes(self.chat.bot, self.storage, books, self._easel, world.now).tick)
        questions = Questions(self.accounts)
        dayboards = Dayboards(
            self.chat.bot, self.storage, books, questions, self._crews["boards"], pace.busy, world.now
        )
        self.dayboards = Tick("dayboards", dayboards.tick)
        self.connections = Connections(
            self.storage,
            self.accounts,
            Opener(env, world.now, world.network),
            self.sealer,
            world.now,
            world.new_token,
            self._letters.wake,
            world.learn,
        )
        self._refresh = Tick("accounts", self.connections.refresh)
        reminders = Reminders(self.storage, payments, world.now, self._changed)
        self.remind = Tick("remind", reminders.tick)
        schedules = Schedules(self.storage, payments, world.now, world.new_id, self._changed)
        self.almanac = Tick("almanac", Almanac(self.chat.bot, self.storage, schedules).tick)
        ticks = {self._dispatch: 1, self._groups: 1, self._poll: 1, self._notify: 1, self._letters: 1, expire: 5}
        turn = self.storage.turn("messages")
        self._ear = Ear(self.chat, turn)
        self._listen = Tick("listen", self._ear.tick)
        listening = {self._listen: 1} if turn else {}
        daily = {self.rounds: 60, self.remind: 60, self.closes: 60}
        self._scheduler = world.scheduler(
            ticks | listening | {self._refresh: 2, self.almanac: 20, self.dayboards: 2} | daily
        )

        refunds = Refunds(self.storage, self.accounts, world.now, world.new_id, self._changed)
        reviews = Reviews(self.storage, self.accounts, world.now, world.new_id, self._changed)
        bulk = Bulk(self.storage, self.accounts, payments, world.now, world.new_id, self._changed)
        team = Team(self.storage, world.now, world.new_token, self._letters.wake)
        brake = Brake(self.storage, world.now, self._changed)
        rulebook = Rulebook(self.storage, world.now)
        counter = Counter(
            payments=payments,
            again=Again(self.storage, payments),
            payees=Payees(self.storage, world.now, self._letters.wake),
            arrivals=Arrivals(self.storage, self.accounts, polling, world.now),
            questions=questions,
            refunds=refunds,
            links=Links(self.storage, payments, world.now, self._changed),
            reminders=reminders,
            receipts=receipts,
            turnstile=Turnstile(world.now),
            reviews=reviews,
            schedules=schedules,
            statements=statements,
            figures=books,
            easel=self._easel,
            hearing=Hearing(self.storage, world.now),
            bulk=bulk,
            team=team,
            connections=self.connections,
            tills=Tills(self.storage, world.now, self._letters.wake),
            brake=brake,
            rulebook=rulebook,
            factors=Factors(self.storage, self.sealer, world.now),
            storage=self.storage,
            sealer=self.sealer,
            menu=self.menu,
            now=world.now,
        )
        furnish(self.chat, counter)
        callbacks = Callbacks(self.storage, self.accounts, world.now, self._poll.wake, self.connections.find)
        self._web = world.web(callbacks, settings.listen, [receipt_page(receipts)]) if settings.public_url else None

    def _changed(self) -> None:
        self._dispatch.wake()
        self._groups.wake()
        self._notify.wake()

    def _looked(self) -> None:
        """A look that brought news leaves a hand free: of a thousand lines the next is looked at now."""
        self._poll.wake()
        self._notify.wake()

    def secrets(self) -> list[str]:
        return self.settings.secrets() + self.accounts.secrets()

    async def start(self) -> None:
        """Returns once the counter is open.

        Raises InvalidToken, OSError for an address already taken, NoKey or WrongKey for what can't be opened.
        """
        await asyncio.to_thread(self.storage.migrate)
        await self.storage.run(sealing.prove, self.sealer)
        await self.storage.run(
            people.settle_house,
            self.settings.owner_ids,
            now=self._now(),
            country=self.settings.country,
            timezone=self.settings.timezone,
            language=self.settings.default_language,
            admin_chat_id=self.settings.admin_chat_id,
        )
        await self.connections.refresh()
        if self._web:
            await self._web.start()
        await self._reach_telegram()
        await self.chat.start()
        await self._listen.run()
        self._scheduler.start()
        for person_id in await self.storage.run(people.everybody):
            await self.menu.follow(person_id, await self.storage.run(people.standing, person_id))
        log.info("the counter is open", bot=self.chat.bot.username, accounts=self._open_accounts())

    def _open_accounts(self) -> str:
        return ",".join(provider.name for provider in self.accounts.of(people.HOUSE)) or "none"

    async def _reach_telegram(self) -> None:
        """As long as it takes: the counter may start before the network is there."""
        wait = 1.0
        while True:
            try:
                await self.chat.initialize()
            except InvalidToken:
                raise
            except (NetworkError, TelegramError) as error:
                log.warning("Telegram can't be reached; trying again", seconds=wait, error=str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                return

    async def stop(self) -> None:
        """Takes nothing new, ends what is under way, then closes what is open."""
        if self._web:
            await self._web.stop()
        await self._ear.close()
        opened = self.chat.running
        if opened:
            await self.chat.stop()
            self._scheduler.stop()
        daily = (self.rounds, self.remind, self.closes, self.almanac, self.dayboards)
        for tick in (self._dispatch, self._groups, self._poll, self._letters, self._refresh, *daily):
            await tick.close()
        for name in ("dispatch", "groups", "poll", "letters", "boards"):
            await self._crews[name].drain(_DRAIN)
        if opened:
            await self._notify.run()  # what the last replies brought is told before we go
        await self._notify.close()
        for audience in Audience:
            await self._crews[audience].drain(_DRAIN)
        self._easel.close()
        await self.chat.shutdown()
        await self.accounts.close()
        await self.storage.close()


def _chat(settings: Settings, network: Callable[[], httpx.AsyncBaseTransport], pace: Pace) -> Chat:
    def request(seconds: float) -> HTTPXRequest:
        return HTTPXRequest(connection_pool_size=_AT_ONCE, read_timeout=seconds, httpx_kwargs={"transport": network()})

    return (
        ApplicationBuilder()
        .token(settings.telegram_bot_token.get_secret_value())
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .request(request(15))
        .get_updates_request(request(30))
        .rate_limiter(pace)
        .concurrent_updates(InOrder(_AT_ONCE))
        .job_queue(None)
        .context_types(ContextTypes(context=Turn))
        .build()
    )
