"""The program's database: founded once, then copied for each storm; and when something in it is due."""

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from storage import people
from storage.engine import Storage
from storage.models import Person, Role
from storage.queue import Place, Queue
from tests.storms import town
from tests.storms.weather import Weather

P = ParamSpec("P")
T = TypeVar("T")

_ROLES = {town.CASHIER: Role.CASHIER, town.APPROVER: Role.APPROVER, town.ACCOUNTANT: Role.ACCOUNTANT}
_DUE = "SELECT MIN(due_at) FROM {}"
DUE = {
    "dispatch": "payment WHERE state = 'queued'",
    "poll": "payment WHERE state NOT IN ('queued', 'draft', 'awaiting_approval')",
    "expire": "payment WHERE state IN ('draft', 'awaiting_approval')",
    "groups": "payment WHERE state = 'queued' AND batch_id IS NOT NULL",
    "desk": "heard",
    "letters": "letter",
    "notify": "notice",
}
"""What each tick is there for: together, every row."""


def fresh() -> Path:
    """In memory where the machine has a file system there: the code path of a file, without the disk's waits.

    Each process has one place, over and over: so the engine of that address keeps its compiled statements.
    """
    file = _folder() / "guichet.db"
    for old in file.parent.iterdir():
        old.unlink()
    file.write_bytes(_founded())
    return file


@cache
def _folder() -> Path:
    memory = Path("/dev/shm")  # noqa: S108
    folder = tempfile.mkdtemp(prefix="storm-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def reopened(file: Path) -> Storage:
    """The program's own storage, on the engine that every life shares."""
    storage = Storage(f"sqlite:///{file}")
    storage.engine = _ENGINES.setdefault(str(file), storage.engine)
    return storage


_ENGINES: dict[str, Engine] = {}


@cache
def _founded() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "founded.db"
        storage = Storage(f"sqlite:///{file}")
        storage.migrate()
        storage.transact(_found)
        storage.engine.dispose()
        return file.read_bytes()


def _found(session: Session) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    people.settle_house(
        session, [town.OWNER], now=now, country="CM", timezone="Africa/Douala", language="fr", admin_chat_id=None
    )
    for person, role in _ROLES.items():
        session.add(Person(id=person, name=role, created_at=now))
        session.flush()
        people.enrol(session, people.HOUSE, person, role, now=now)


class Pulse:
    """Says when there is something to do, so that hours in which there is nothing pass at once."""

    def __init__(self, file: Path) -> None:
        self._books = sqlite3.connect(file, isolation_level=None)
        self._touched = asyncio.Event()

    def touch(self) -> None:
        self._touched.set()
        self._touched = asyncio.Event()

    def next_due(self, rows: Iterable[str] = DUE.values()) -> datetime | None:
        found = (self._books.execute(_DUE.format(which)).fetchone()[0] for which in rows)
        at = min(filter(None, found), default=None)
        return datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None

    def paused(self) -> bool:
        """Whether no money may leave."""
        return bool(self._books.execute("SELECT COUNT(*) FROM merchant WHERE paused_at IS NOT NULL").fetchone()[0])

    async def something_due(self, now: Callable[[], datetime], longest: float, rows: Iterable[str]) -> None:
        while True:
            touched, due = self._touched, self.next_due(rows)
            wait = min((due - now()).total_seconds(), longest) if due else longest
            if wait <= 0:
                return
            try:
                async with asyncio.timeout(wait):
                    await touched.wait()
            except TimeoutError:
                return

    def close(self) -> None:
        self._books.close()


class Books(Storage):
    """Storage as it is, that is sometimes locked, away, or silent after the commit."""

    def __init__(self, url: str, weather: Weather, pulse: Pulse, alive: Callable[[], bool]) -> None:
        super().__init__(url)
        self.engine = _ENGINES.setdefault(url.removeprefix("sqlite:///"), self.engine)
        self._queue = Shared(self)
        self._weather = weather
        self._pulse = pulse
        self._alive = alive

    def migrate(self) -> None:
        """The books were founded with every table."""

    def transact(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.before()
        result = super().transact(work, *args, **kwargs)
        self.after()
        return result

    def before(self) -> None:
        """Raises OperationalError where nothing can be begun."""
        if not self._alive() or self._weather.database_away():
            self._weather.counts["database: locked"] += self._alive()
            self._weather.struck()
            raise OperationalError("BEGIN", None, sqlite3.OperationalError("the database is away"))

    def after(self) -> None:
        """Raises OperationalError where the commit is not heard of."""
        self._pulse.touch()
        if self._weather.commit_lost():
            self._weather.counts["database: commit not heard of"] += 1
            self._weather.struck()
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("the server closed the connection"))


class Shared(Queue):
    """Those who share a commit share its weather."""

    def __init__(self, books: Books) -> None:
        super().__init__(books.engine, books.transact, lambda moved: books.told(moved))
        self._books = books

    def _commit(self, together: list[Place[Any]]) -> list[Place[Any]]:
        try:
            self._books.before()
            apart = super()._commit(together)
            self._books.after()
        except OperationalError as error:
            for place in together:
                place.error, place.done = error, True
            return []
        return apart
