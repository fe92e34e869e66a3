"""Examines a configuration, everything in its order: what is near first, what is asked of others after it."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.settings import Settings
from bot.watch.examine import variables
from bot.watch.examine.accounts import examine_accounts
from bot.watch.examine.address import examine_address
from bot.watch.examine.books import Free, examine_database, examine_disk, free
from bot.watch.examine.telegram import Telegram
from bot.watch.examine.variables import Read
from bot.watch.findings import Finding
from providers.base import Clock
from storage.people import HOUSE


@dataclass(frozen=True, slots=True)
class Doctor:
    env: Mapping[str, str]
    now: Clock
    network: Callable[[], httpx.AsyncBaseTransport]
    folder: Path
    free: Free = free

    async def examine(self) -> AsyncIterator[Finding]:
        """The whole configuration, wrong as it may be."""
        read = variables.read(self.env, self.folder)
        for finding in read.findings:
            yield finding
        async for finding in self._beyond(read):
            yield finding

    async def examine_for(self, merchant_id: int) -> list[Finding]:
        """What an owner may know of the running program: the house's all, another's their own accounts."""
        if merchant_id == HOUSE:
            return [finding async for finding in self.examine()]
        return await examine_accounts(self.env, Settings.read(self.env), self.now, self.network, merchant_id)

    async def _beyond(self, read: Read) -> AsyncIterator[Finding]:
        settings = read.settings
        if "DATABASE_URL" not in read.bad:
            for finding in [*examine_disk(settings, self.free), *await examine_database(settings)]:
                yield finding
        if "TELEGRAM_BOT_TOKEN" not in read.bad:
            known = settings.model_copy(update={"owner_ids": ()}) if "OWNER_IDS" in read.bad else settings
            for finding in await Telegram(known, self.now, self.network()).examine():
                yield finding
        if not read.bad & {"PUBLIC_URL", "LISTEN"}:
            for finding in await examine_address(settings, self.network()):
                yield finding
        for finding in await examine_accounts(self.env, settings, self.now, self.network):
            yield finding
