"""guichet move-database: a shop's books go to the other kind of database, and the counter goes on there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select
from typer.testing import CliRunner

from bot.__main__ import cli
from storage.engine import Storage
from storage.models import Payment
from storage.states import State
from tests.books import NOON, enter, move, open_books
from tests.databases import ON_POSTGRES, by_hand
from tests.postgres import Postgres
from tests.shop import Shop, shop

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="takes a file to a server, and back")


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


def moved(source: str, target: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["move-database", source, target])
    return done.exit_code, done.output


async def test_a_shop_goes_on_where_its_books_went_and_comes_back(
    counter: Shop, postgres: Postgres, tmp_path: Path
) -> None:
    file, server = counter.env["DATABASE_URL"], postgres.new_database()
    paid = await counter.confirmed("/request 11 677777777 l'école 👟")
    await counter.approve()
    await counter.shows(paid, "Paid")
    waiting = await counter.confirmed("/request 12 677777777")
    await counter.prompted()
    await counter.ask("/approvals 50000")
    code, said = await asyncio.to_thread(moved, file, server)
    assert (code, "in use" in said) == (1, True), said
    before = {payment.id: payment.model_dump() for payment in await counter.payments()}
    await counter.close()

    code, said = await asyncio.to_thread(moved, file, server)
    assert code == 0, said
    assert "✓ payment: 2 rows" in said
    assert "✓ succeeded: 1 payments, 11 XAF" in said
    assert "✓ merchant 1:" in said
    counter.env["DATABASE_URL"] = server
    await counter.open()
    same = {payment.id: payment.model_dump() for payment in await counter.payments()}
    assert {name: row["state"] for name, row in same.items()} == {name: row["state"] for name, row in before.items()}
    await counter.approve()
    await counter.shows(waiting, "Paid")
    await counter.confirmed("/request 13 677777777")
    await counter.approve()
    await until_paid(counter, 3)
    await counter.close()

    back = f"sqlite:///{tmp_path / 'back.db'}"
    code, said = await asyncio.to_thread(moved, server, back)
    assert code == 0, said
    assert "✓ succeeded: 3 payments, 36 XAF" in said
    counter.env["DATABASE_URL"] = back
    await counter.open()
    assert {payment.amount for payment in await counter.payments()} == {11, 12, 13}


async def until_paid(counter: Shop, count: int) -> None:
    async with asyncio.timeout(30):
        while sum(one.state is State.SUCCEEDED for one in await counter.payments()) < count:
            await asyncio.sleep(0.05)


@pytest.fixture
def books(tmp_path: Path) -> Storage:
    """A payment whose columns hold what is easily lost on the way."""
    storage = open_books(tmp_path)
    row = enter(
        storage,
        amount=10**15,
        extras={"otp": "é\"'\\"},
        step=None,
        checks={"left": [1, None, True]},
        due_at=NOON + timedelta(microseconds=1),
        fee=None,
        pinned=True,
    )
    move(storage, row, State.QUEUED, at=NOON + timedelta(microseconds=7), note="to the microsecond")
    storage.engine.dispose()
    return storage


def test_every_value_arrives_as_it_left_and_numbers_go_on(books: Storage, postgres: Postgres) -> None:
    server = postgres.new_database()
    assert moved(str(books.engine.url), server)[0] == 0
    there = Storage(server)

    assert everything(there) == everything(books)
    enter(there)
    there.engine.dispose()
    books.engine.dispose()


def everything(storage: Storage) -> tuple[dict[str, object], int]:
    def read(session: Session) -> tuple[dict[str, object], int]:
        nulls = "SELECT count(*) FROM payment WHERE step IS NULL AND fee IS NULL"
        return session.exec(select(Payment)).one().model_dump(), session.scalar(text(nulls)) or 0

    return storage.transact(read)


def test_a_target_with_anything_in_it_is_refused(books: Storage, postgres: Postgres) -> None:
    server = postgres.new_database()
    assert moved(str(books.engine.url), server)[0] == 0
    code, said = moved(str(books.engine.url), server)
    assert (code, "the target is not empty" in said) == (1, True)


def test_a_server_that_a_program_still_uses_is_not_moved(books: Storage, postgres: Postgres, tmp_path: Path) -> None:
    server = postgres.new_database()
    assert moved(str(books.engine.url), server)[0] == 0
    running = Storage(server)
    with running.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        code, said = moved(server, f"sqlite:///{tmp_path / 'back.db'}")
    running.engine.dispose()
    assert (code, "stop the bot first" in said) == (1, True)


def test_what_the_target_cannot_hold_is_named_and_nothing_stays_there(books: Storage, postgres: Postgres) -> None:
    by_hand(books, "UPDATE payment SET description = 'a' || char(0) || 'b'")
    server = postgres.new_database()
    code, said = moved(str(books.engine.url), server)
    assert (code, "payment has a row that the target can't hold" in said) == (1, True), said
    by_hand(books, "UPDATE payment SET description = 'ab'")
    assert moved(str(books.engine.url), server)[0] == 0


def test_books_that_were_tampered_with_are_not_moved(books: Storage, postgres: Postgres) -> None:
    by_hand(books, "UPDATE event SET note = 'other' WHERE id = 1")
    code, said = moved(str(books.engine.url), postgres.new_database())
    assert (code, "the records are not what they were" in said) == (1, True)


def test_a_source_of_another_version_and_what_is_no_address_are_refused(books: Storage, postgres: Postgres) -> None:
    by_hand(books, "UPDATE alembic_version SET version_num = '0013'")
    assert "run guichet migrate on it first" in moved(str(books.engine.url), postgres.new_database())[1]
    assert "sqlite:///guichet.db or" in moved("guichet.db", postgres.new_database())[1]
