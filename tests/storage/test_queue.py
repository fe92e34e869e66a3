import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from storage import audit, payments, people
from storage.engine import Storage
from storage.models import Person
from tests.books import NOON, draft, open_books
from tests.databases import only_sqlite

pytestmark = only_sqlite("a server's writers do not wait for one another")


@pytest.fixture
def books(tmp_path: Path) -> Storage:
    return open_books(tmp_path)


def commits_of(storage: Storage) -> list[str]:
    seen: list[str] = []
    event.listen(storage.engine, "commit", lambda _: seen.append("COMMIT"))
    return seen


async def at_once(storage: Storage, *works: Callable[[Session], Any]) -> list[Any]:
    """All of them wait while the writer is busy, and so come up together."""
    free = threading.Event()
    busy = asyncio.ensure_future(storage.run(lambda _: free.wait(10)))
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(storage.run(work)) for work in works]
    await asyncio.sleep(0)
    free.set()
    await busy
    return await asyncio.gather(*waiting, return_exceptions=True)


def enter(number: int) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        return payments.create_once(session, draft(intent=f"1:{number}"), by="person:1")[0].id

    return work


def acquaint(number: int) -> Callable[[Session], int]:
    return lambda session: people.acquaint(session, number, now=NOON).id


def audited(storage: Storage) -> int:
    """How many records there are, all of them as they were linked."""
    verdicts = list(audit.verify(storage))
    assert not any(one.fault for one in verdicts)
    return sum(one.checked for one in verdicts)


def known(storage: Storage, *numbers: int) -> list[bool]:
    return [storage.transact(people.person, number) is not None for number in numbers]


async def test_what_waits_together_is_made_durable_by_one_commit(books: Storage) -> None:
    commits = commits_of(books)
    entered = await at_once(books, *(enter(number) for number in range(20)))
    assert len(commits) == 1
    assert len(books.transact(payments.recent, 1, limit=50)) == len(set(entered)) == 20


async def test_their_records_stand_in_one_unbroken_chain(books: Storage) -> None:
    before = audited(books)
    await at_once(books, *(enter(number) for number in range(5)))
    assert audited(books) == before + 5


async def test_one_that_is_refused_leaves_nothing_and_the_others_stay(books: Storage) -> None:
    def refused(session: Session) -> None:
        people.acquaint(session, 902, now=NOON)
        payments.create_once(session, draft(intent="refused"), by="person:1")
        session.flush()
        raise LookupError("refused")

    before = audited(books)
    told = await at_once(books, acquaint(901), refused, acquaint(903), enter(1))
    assert isinstance(told[1], LookupError)
    assert told[0::2] == [901, 903]
    assert known(books, 901, 902, 903) == [True, False, True]
    assert audited(books) == before + 1


async def test_one_that_the_database_fails_is_tried_alone(books: Storage) -> None:
    tries: list[int] = []

    def taken(session: Session) -> None:
        tries.append(1)
        session.add(Person(id=904, name="", created_at=NOON))
        session.flush()
        session.execute(text("INSERT INTO person SELECT * FROM person WHERE id = 904"))

    told = await at_once(books, acquaint(901), taken, acquaint(903))
    assert isinstance(told[1], IntegrityError)
    assert len(tries) == 2
    assert known(books, 901, 903, 904) == [True, True, False]


async def test_where_the_common_commit_fails_all_are_told_and_nothing_is_left(books: Storage) -> None:
    commits = 0

    def broken(_: object) -> None:
        nonlocal commits
        commits += 1
        if commits == 1:
            raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    event.listen(books.engine, "commit", broken)
    told = await at_once(books, acquaint(901), acquaint(902))
    assert all(isinstance(one, OperationalError) for one in told)
    assert known(books, 901, 902) == [False, False]


async def test_where_an_error_ends_the_whole_transaction_nobody_goes_on_in_it(books: Storage) -> None:
    def ended(session: Session) -> None:
        session.connection().connection.driver_connection.execute("ROLLBACK")  # type: ignore[union-attr]
        session.execute(text("SELECT no_such_column"))

    told = await at_once(books, acquaint(901), ended, acquaint(903))
    assert all(isinstance(one, Exception) for one in told)
    assert known(books, 901, 903) == [False, False]


async def test_whoever_gave_up_while_it_waited_is_not_served(books: Storage) -> None:
    free = threading.Event()
    busy = asyncio.ensure_future(books.run(lambda _: free.wait(10)))
    await asyncio.sleep(0.05)
    gone, stays = (asyncio.ensure_future(books.run(acquaint(number))) for number in (901, 902))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    free.set()
    await busy
    await stays
    assert known(books, 901, 902) == [False, True]
