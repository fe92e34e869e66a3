"""Everything the sandbox is, without HTTP: one ledger, the phones, the faults, and the tick that moves time on."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import httpx

from providers.sandbox.accounts import Accounts
from providers.sandbox.callbacks import Callbacks
from providers.sandbox.events import Events
from providers.sandbox.faults import Faults
from providers.sandbox.ledger import Ledger
from providers.sandbox.phones import Phones
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class World:
    def __init__(
        self,
        settings: Settings,
        path: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], UUID] = uuid4,
        chance: Random | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` carries the callbacks; None is the network."""
        self.settings = settings
        self.clock = clock
        self.ids = ids
        self.chance = chance or Random()  # noqa: S311  # letters of a code, not a secret
        self.store = Store(path)
        self.events = Events(self.store, clock)
        self.accounts = Accounts(self.store, self.events)
        self.ledger = Ledger(self.store, self.accounts, self.events, settings, clock, ids)
        self.phones = Phones(self.store, self.ledger, self.events, settings, clock)
        self.faults = Faults()
        self.faults.on_cleared.append(self.ledger.release)
        self.callbacks = Callbacks(self.store, self.ledger, self.faults, self.events, settings, clock, transport)
        self.ledger.release()  # what a fault held before a restart: the fault is gone

    async def tick(self) -> None:
        """One look at the clock: ends what is due, then sends the callbacks that are due and waits for them."""
        self.ledger.settle_due()
        await self.callbacks.send_due()

    async def run(self) -> None:
        """Ticks until the sandbox stops. A slow receiver of callbacks delays no one's money."""
        sending: set[asyncio.Task[None]] = set()
        try:
            while not self.events.closed:
                try:
                    self.ledger.settle_due()
                    task = asyncio.create_task(self.callbacks.send_due())
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                except Exception:
                    log.exception("the sandbox's tick failed; the next one tries again")
                await self.events.news(self.settings.tick)
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def close(self) -> None:
        self.events.close()
        await self.callbacks.close()
        self.store.close()
