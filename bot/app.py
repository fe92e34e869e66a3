"""The composition root: the rooms in their order, and how the counter opens and closes."""

import asyncio
from collections.abc import Mapping

import structlog
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.pages import receipt_page
from bot.payments.callbacks import Callbacks
from bot.reception import furnish
from bot.rooms.chores import Chores
from bot.rooms.counter import counter
from bot.rooms.crews import Crews
from bot.rooms.entrance import Entrance
from bot.rooms.ground import ground
from bot.rooms.works import Works
from bot.rooms.world import World
from bot.settings import Settings
from bot.watch.tower import Tower
from storage import people, sealing

log = structlog.get_logger()

_LONGEST_WAIT = 60.0


class App:
    def __init__(self, settings: Settings, env: Mapping[str, str], world: World | None = None) -> None:
        """Raises Misconfigured for an account that is half set."""
        on = ground(settings, env, world or World())
        self.settings, self.storage, self.sealer = settings, on.storage, on.sealer
        self.accounts, self.chat, self.menu = on.accounts, on.chat, on.menu
        self._now = on.world.now
        self._easel = on.easel
        self._menus: asyncio.Task[object] | None = None
        self._crews = Crews()
        self._works = Works(on, self._crews)
        self.chores = Chores(on, self._crews, self._works)
        self.connections = self._works.connections

        self.entrance = Entrance(on)
        self._tower = Tower(settings, self.storage, self.accounts, self.chat, on.meters, self._now)
        self._scheduler = on.world.scheduler(
            self._works.ticks | self.entrance.ticks | self.chores.ticks | self._tower.ticks
        )

        furnish(self.chat, counter(on, self._works, self.chores), self.entrance.desk.come_back)
        callbacks = Callbacks(self.storage, self.accounts, self._now, self._works.hinted, self.connections.find)
        pages = [receipt_page(self._works.receipts), self._tower.page, *self.entrance.pages]
        web = on.world.web
        self._web = web(callbacks, settings.listen, pages, settings.trusted_proxies) if settings.public_url else None

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
        await self._tower.start()
        if self._web:
            await self._web.start()
        await self._reach_telegram()
        await self.chat.start()
        await self.entrance.open()
        self._scheduler.start()
        self._works.doorbell.listen()
        await self._tower.begin()
        self._menus = self._crews.menus.start(self._offer_menus())
        log.info("the counter is open", bot=self.chat.bot.username, accounts=self._open_accounts())

    async def _offer_menus(self) -> None:
        """Beside the work: at Telegram's pace it takes a second for thirty persons."""
        for person_id in await self.storage.run(people.everybody):
            await self.menu.follow(person_id, await self.storage.run(people.standing, person_id))

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
        await self.entrance.close()
        opened = self.chat.running
        if opened:
            await self.chat.stop()
        if self._menus:
            self._menus.cancel()
        await self._works.close()
        await self.chores.close()
        await self._crews.end_work()
        if opened:
            await self._works.tell_the_rest()
        await self._works.close_telling()
        if opened:
            self._scheduler.stop()  # it cuts off whatever it began and nobody has closed
        await self._crews.end_telling()
        await self._easel.close()
        await self.chat.shutdown()
        await self.accounts.close()
        await self._tower.stop()
        await self.storage.close()
