"""The database behind one URL. The only file that knows whether it is SQLite or PostgreSQL."""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, create_engine

from storage import chain

P = ParamSpec("P")
T = TypeVar("T")

_LOCK_TRIES = 6
_LOCKED = ("database is locked", "deadlock detected", "could not serialize")


class OldTables(Exception):
    """The tables are those of another version of the program."""


class Storage:
    """`run` is the one way in: one plain function is one transaction, in a worker thread.

    A transaction can't await, so no HTTP call can ever happen inside one.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        # One writer at a time is all that SQLite has; more threads would only queue for its lock.
        threads = 1 if self.engine.dialect.name == "sqlite" else 16
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="storage")

    async def run(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(self.transact, work, *args, **kwargs))

    def transact(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """All of `work` or nothing. A transaction that lost a fight for a lock left nothing: it is tried again."""
        for attempt in range(1, _LOCK_TRIES + 1):
            try:
                with Session(self.engine, expire_on_commit=False) as session, session.begin():
                    result = work(session, *args, **kwargs)
                    chain.link(session)
                    return result
            except OperationalError as error:
                if attempt == _LOCK_TRIES or not any(words in str(error.orig) for words in _LOCKED):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    def must_be_current(self) -> None:
        """For who only reads: the tables are those of this version. Raises OldTables."""
        newest = ScriptDirectory.from_config(_migrations()).get_current_head()
        with self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found != newest:
            raise OldTables(f"DATABASE_URL: its tables are at {found or 'nothing'}, not {newest}; run: guichet migrate")

    def migrate(self) -> None:
        """Brings the tables to what this version of the program needs."""
        config = _migrations()
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    async def close(self) -> None:
        """Waits for the transaction in hand."""
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        if address.drivername == "postgresql":  # without a driver SQLAlchemy would look for an old one
            address = address.set(drivername="postgresql+psycopg")
        return create_engine(address, pool_size=16, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to take the write lock
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
