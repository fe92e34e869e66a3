"""Who watches the counter, in one place: what it is told, its tick, its pages, and the address where they are."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from telegram.ext import Application

from bot.payments.accounts import Accounts
from bot.payments.crew import Tick
from bot.serving import Serving
from bot.settings import Settings
from bot.watch.lookout import Lookout
from bot.watch.meters import Meters
from bot.watch.pages import health_page, metrics_page, ready_page
from bot.watch.readiness import BEAT, Readiness
from providers.base import Clock
from storage.engine import Storage


class Tower:
    """Without METRICS_LISTEN it counts, and nobody can ask."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        accounts: Accounts,
        chat: "Application[Any, Any, Any, Any, Any, Any]",
        meters: Meters,
        now: Clock,
    ) -> None:
        self._readiness = Readiness(storage, now, lambda: chat.running)
        lookout = Lookout(storage, accounts, meters, now, self._readiness)
        self._beat = Tick("beat", self._readiness.beat)
        own = Starlette(routes=[health_page(), ready_page(self._readiness), metrics_page(lookout)])
        self._serving = Serving(own, settings.metrics_listen) if settings.metrics_listen else None

    @property
    def ticks(self) -> dict[Tick, float]:
        return {self._beat: BEAT}

    @property
    def page(self) -> Route:
        """What the server for callbacks may show to the world too."""
        return ready_page(self._readiness)

    async def start(self) -> None:
        """Before Telegram is reached: that takes as long as it takes. Raises OSError for an address that is taken."""
        if self._serving:
            await self._serving.start()

    async def begin(self) -> None:
        """Once all is open."""
        await self._readiness.beat()

    async def stop(self) -> None:
        if self._serving:
            await self._serving.stop()
