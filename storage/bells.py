"""How instances on one PostgreSQL tell each other that there is something to do. What is told may be lost: their ticks
find the work a second later.
"""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import psycopg
import structlog
from sqlalchemy import Engine, func, select
from sqlmodel import Session

log = structlog.get_logger()

_CHANNEL = "guichet"
_WAITS = (0.1, 1.0, 5.0, 15.0)


class Bell:
    """Rung in a transaction of its own: within a payment's it would let only one instance commit at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = uuid4().hex

    def ring(self, session: Session) -> None:
        session.execute(select(func.pg_notify(_CHANNEL, self._mine)))

    async def listen(self, heard: Callable[[], None]) -> None:
        """Until it is cancelled. Whoever could not hear for a while is told that something may have happened."""
        tries = 0
        while True:
            try:
                async with await self._connected() as line:
                    await line.execute(f"LISTEN {_CHANNEL}")
                    heard()
                    tries = 0
                    async for note in line.notifies():
                        if note.payload != self._mine:
                            heard()
            except psycopg.Error as error:
                log.debug("the other instances can't be heard; trying again", error=str(error).strip())
            await asyncio.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1

    async def _connected(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        address = self._engine.url
        _, named = self._engine.dialect.create_connect_args(address)
        named.pop("context", None)
        return await psycopg.AsyncConnection.connect(**named, autocommit=True)
