"""The database behind one URL. With `keeping`, the only place that knows whether it is SQLite or PostgreSQL."""

import asyncio
import contextvars
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, create_engine

from storage import chain, changes, revisions
from storage.changes import Change
from storage.queue import Queue
from storage.turns import Turn

if TYPE_CHECKING:
    from storage.bells import Bell

P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 6
_LOCKED = ("database is locked", "deadlock detected", "could not serialize", "lock timeout")
_TAKEN_TRIES = 3
_TAKEN = "23505"
"""A unique value that is taken. PostgreSQL tells so once whoever took it has committed: the next look finds the row."""
_GONE = frozenset({None, "57P01", "57P02", "57P03"})
"""No connection, or a server that shuts down or starts."""
_TOO_LONG = "57014"
"""A statement that ran into its time-out. It left nothing, and would last as long again: only who insists goes on."""
_PATIENCE = (1, 2, 4, 8, 15, 30)
_MIGRATING = 0x6D6967
_MIGRATION_WAITS = ("lock_timeout = '2s'", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0")
"""Whoever comes behind a migration that waits for a table waits too: it must not stand in their way for long."""
_MIGRATION_TRIES = 40
_SAVEPOINT = {
    "do_savepoint": "SAVEPOINT",
    "do_release_savepoint": "RELEASE",
    "do_rollback_to_savepoint": "ROLLBACK TO",
}
_SOON = {
    "connect_timeout": "5",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""A server that does not answer is noticed in seconds; the driver alone would wait for hours."""
_AT_MOST = {"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"}
"""How long one statement may last, wait for a row, and a connection keep rows from others between two statements. All
are far above what is ordinary. The address may say otherwise: ?options=-c%20statement_timeout%3D60s
"""


class OldTables(Exception):
    """The tables are those of another version of the program."""


class Storage:
    """`run` is the one way in: one plain function is one transaction, in a worker thread.

    A transaction can't await, so no HTTP call can ever happen inside one.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.told: Callable[[Sequence[Change]], None] = lambda _: None
        """Hears, in the worker's thread, what a transaction changed once that is committed."""
        # One writer at a time is all that SQLite has; more threads would only queue for its lock.
        self._queue = (
            Queue(self.engine, self.transact, lambda moved: self.told(moved))
            if self.engine.dialect.name == "sqlite"
            else None
        )
        self._threads = ThreadPoolExecutor(1 if self._queue else 16, thread_name_prefix="storage")

    async def run(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # what is logged in there says of which payment it is

        def call(session: Session) -> T:
            return context.run(work, session, *args, **kwargs)

        if self._queue is None:
            return await loop.run_in_executor(self._threads, partial(self.transact, call))
        with self._queue.place(call) as place:
            return await loop.run_in_executor(self._threads, place.come_up)

    async def insist(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`run` for what may be done twice and must not be lost: waits for a database that is away, for a minute."""
        for seconds in _PATIENCE:
            try:
                return await self.run(work, *args, **kwargs)
            except OperationalError as error:
                if not away(error):
                    raise
            await asyncio.sleep(seconds)
        return await self.run(work, *args, **kwargs)

    def transact(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """All of `work` or nothing. A transaction that certainly left nothing is tried again: it lost a fight for a
        lock or a unique value, or the connection was cut. Not so where it was cut after COMMIT had been sent.
        """
        for attempt in range(1, _TRIES + 1):
            ending = False
            try:
                with Session(self.engine, expire_on_commit=False) as session, session.begin():
                    result = work(session, *args, **kwargs)
                    chain.link(session)
                    ending = True
            except DBAPIError as error:
                if attempt == _TRIES or not _worth_another(error, attempt, ending):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
            else:
                self.told(changes.of(session))
                return result
        raise AssertionError("unreachable")

    def turn(self, name: str) -> Turn | None:
        """None for SQLite, whose file belongs to one program."""
        return None if self.engine.dialect.name == "sqlite" else Turn(self.engine, name)

    def bell(self) -> "Bell | None":
        """None for SQLite: nobody else is there to hear it."""
        if self.engine.dialect.name == "sqlite":
            return None
        from storage.bells import Bell  # its driver is only there where PostgreSQL is used

        return Bell(self.engine)

    def must_be_current(self) -> None:
        """For who only reads: the tables are those of this version. Raises OldTables."""
        found, newest = self._revision(), revisions.newest()
        if found != newest:
            raise OldTables(f"DATABASE_URL: its tables are at {found or 'nothing'}, not {newest}; run: guichet migrate")

    def migrate(self) -> None:
        """Brings the tables to what this version of the program needs, also while instances of the old one run.

        Of several that start at once, one does. Behind somebody's long transaction it steps back again and again, so
        that nobody waits behind it. Raises OperationalError if that transaction does not end.
        """
        for _ in range(_MIGRATION_TRIES - 1):
            try:
                return self._upgrade()
            except OperationalError as error:
                if not any(words in str(error.orig) for words in _LOCKED):
                    raise
            time.sleep(random.uniform(1, 2))  # noqa: S311 - jitter, not a secret
        return self._upgrade()

    def _revision(self) -> str:
        with self.engine.connect() as connection:
            return revisions.revision_of(connection)

    def _upgrade(self) -> None:
        if self._revision() == revisions.newest():
            return
        from storage.upgrade import upgrade  # what it loads is heavy, and most starts find the tables current

        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = 0"))  # another migration is worth waiting for
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})
                for setting in _MIGRATION_WAITS:
                    connection.execute(text(f"SET LOCAL {setting}"))
            upgrade(connection)
            connection.commit()

    async def close(self) -> None:
        """Waits for the transaction in hand."""
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()


def away(error: BaseException | None) -> str:
    """Why the database did not answer, in one line; empty for an error of any other kind."""
    if not isinstance(error, OperationalError):
        return ""
    locked = any(words in str(error.orig) for words in _LOCKED) or getattr(error.orig, "sqlstate", "") == _TOO_LONG
    return str(error.orig).splitlines()[0] if locked or _cut_off(error) else ""


def _worth_another(error: DBAPIError, attempt: int, ending: bool) -> bool:
    if any(words in str(error.orig) for words in _LOCKED):
        return True
    if getattr(error.orig, "sqlstate", "") == _TAKEN:
        return attempt < _TAKEN_TRIES
    return _cut_off(error) and not ending


def _cut_off(error: DBAPIError) -> bool:
    gone = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") in _GONE
    return error.connection_invalidated or gone


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return _server(address)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    _speak_plainly(engine)
    return engine


def _server(address: URL) -> Engine:
    if address.drivername == "postgresql":  # without a driver SQLAlchemy would look for an old one
        address = address.set(drivername="postgresql+psycopg")
    address = address.update_query_dict({name: value for name, value in _SOON.items() if name not in address.query})
    engine = create_engine(address, pool_size=16, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "handle_error", _without_details)
    said = str(address.query.get("options", ""))
    limits = {name: value for name, value in _AT_MOST.items() if name not in said}
    event.listen(engine, "connect", partial(_limit, limits))
    return engine


def _limit(limits: Mapping[str, str], connection: Any, _record: Any) -> None:
    """By a statement, not by the address's options: a pooler in front of the server refuses those."""
    for name, value in limits.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _without_details(context: ExceptionContext) -> None:
    """PostgreSQL tells in the details of an error what was in the row: names, phones, codes."""
    said = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if said:
        context.original_exception.args = (said,)
        if context.sqlalchemy_exception:
            context.sqlalchemy_exception.args = (f"({type(context.original_exception).__name__}) {said}",)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to take the write lock
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _speak_plainly(engine: Engine) -> None:
    """A savepoint's words. SQLAlchemy compiles them anew for each, which has a name of its own, and each transaction
    that shares a COMMIT is one.
    """
    for verb, words in _SAVEPOINT.items():
        setattr(engine.dialect, verb, partial(_say, words))


def _say(words: str, connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"{words} {name}")
