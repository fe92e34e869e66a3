"""Whether this instance can do its work now, and what is missing where it can't."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from providers.base import Clock
from storage import revisions
from storage.engine import Storage
from storage.revisions import Age

log = structlog.get_logger()

BEAT = 5.0
_SILENT = timedelta(seconds=30)
_PATIENCE = 2.0
_ENOUGH = frozenset({Age.CURRENT, Age.NEWER})


class Readiness:
    def __init__(self, storage: Storage, now: Clock, reached: Callable[[], bool]) -> None:
        """`reached`: Telegram has answered since this instance started."""
        self._storage = storage
        self._now = now
        self._reached = reached
        self._beat_at: datetime | None = None
        self.well = False
        """As the last look found it."""

    async def beat(self) -> None:
        """By the scheduler: while it runs, it says so."""
        self._beat_at = self._now()

    async def missing(self) -> Mapping[str, str]:
        """What is not there, and how so; empty where all is well."""
        found = dict(filter(lambda item: item[1], [*(await self._database()).items(), *self._rest().items()]))
        if found and self.well:
            log.warning("not ready any more", missing=", ".join(found))
        self.well = not found
        return found

    async def _database(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(_PATIENCE):
                age = await self._storage.run(revisions.age)
        except (SQLAlchemyError, TimeoutError):
            return {"database": "does not answer"}
        # Newer tables are those of the next version, whose first instance is here already: we go on.
        return {"migrations": "" if age in _ENOUGH else "the tables are of an older version"}

    def _rest(self) -> dict[str, str]:
        beat_at = self._beat_at
        silent = beat_at is None or self._now() - beat_at > _SILENT
        return {
            "telegram": "" if self._reached() else "was not reached yet",
            "scheduler": "does not run" if silent else "",
        }
