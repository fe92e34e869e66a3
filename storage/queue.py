"""SQLite's one writer: transactions that wait for it at the same moment are made durable together, by one COMMIT.

Each is still all or nothing, by a savepoint of its own, and each of their callers hears only after that COMMIT: what a
later one read of an earlier one is as durable as what it wrote itself.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage import chain, changes
from storage.chain import Loose
from storage.changes import Change

T = TypeVar("T")

_MOST = 32
"""In one COMMIT: the first of them waits for the others."""


class Queue:
    def __init__(
        self, engine: Engine, alone: Callable[[Callable[[Session], Any]], Any], told: Callable[[Sequence[Change]], None]
    ) -> None:
        """`alone` does one transaction by itself, again where that is safe, and tells what it changed; `told` hears so
        of the others.
        """
        self._engine = engine
        self._alone = alone
        self._told = told
        self._waiting: deque[Place[Any]] = deque()

    @contextmanager
    def place(self, work: Callable[[Session], T]) -> "Iterator[Place[T]]":
        """Whoever gives up before the turn has come is not served."""
        place = Place(self, work)
        self._waiting.append(place)
        try:
            yield place
        finally:
            place.left = True

    def serve(self, first: "Place[Any]") -> None:
        """In the writer's thread, which comes for one place after another: all before this one is over."""
        together = self._next(first)
        for place in together if len(together) == 1 else self._commit(together):
            place.settle(self._alone)

    def _next(self, first: "Place[Any]") -> "list[Place[Any]]":
        together = [first]
        while self._waiting and len(together) < _MOST:
            place = self._waiting.popleft()
            if place is not first and not place.done and not place.left:
                together.append(place)
        return together

    def _commit(self, together: "list[Place[Any]]") -> "list[Place[Any]]":
        """Those that are to be done apart: nothing of them is in the database.

        Once a savepoint was released, its objects think that they are stored. So where all fails, all are told so, and
        nobody is tried again.
        """
        with self._engine.connect() as connection:
            try:
                connection.begin()
            except DBAPIError:
                return together
            try:
                recorded = [record for place in together for record in _nested(connection, place)]
                chain.extend(connection, recorded)
                connection.commit()
            except BaseException as error:
                connection.invalidate()  # closed, it can neither hold the lock nor go on in what is left
                for place in together:
                    place.failed, place.error = False, error
        for place in together:
            place.done = not place.failed
            if place.done and not place.error:
                self._told(place.changes)
        return [place for place in together if place.failed]


class Place(Generic[T]):
    """One transaction's, and what came of it."""

    def __init__(self, queue: Queue, work: Callable[[Session], T]) -> None:
        self._queue = queue
        self.work = work
        self.left = False
        self.done = False
        self.failed = False
        """By the database, and to be tried alone."""
        self.result: Any = None
        self.changes: Sequence[Change] = ()
        self.error: BaseException | None = None

    def come_up(self) -> T:
        if not self.done:
            self._queue.serve(self)
        if self.error:
            raise self.error
        result: T = self.result
        return result

    def settle(self, do: Callable[[Callable[[Session], T]], T]) -> None:
        try:
            self.result, self.error = do(self.work), None
        except BaseException as error:
            self.error = error
        self.done = True


def _nested(connection: Connection, place: Place[Any]) -> list[Loose]:
    """What it recorded. Raises where it is not alone in having failed: some errors end the whole of a transaction, and
    what comes after such a one would be no part of any.
    """
    recorded: list[Loose] = []
    try:
        with (
            Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            place.result = place.work(session)
            recorded = chain.gather(session)
            place.changes = changes.of(session)
    except DBAPIError as error:
        place.failed, recorded = True, []
        if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            raise RuntimeError("the transaction was rolled back") from error
    except BaseException as error:
        place.error, recorded = error, []
    return recorded
