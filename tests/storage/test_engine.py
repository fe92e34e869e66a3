import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlmodel import Session, SQLModel

from storage import diary, people, revisions
from storage.engine import Storage
from storage.models import Payment, Person
from storage.upgrade import migrations
from tests.books import NOON, OWNER, enter, stands
from tests.databases import address_of, blank_in, only_sqlite


@pytest.fixture
def blank(tmp_path: Path) -> Iterator[Storage]:
    """A file that nobody has written to."""
    fresh = Storage(blank_in(tmp_path))
    yield fresh
    fresh.engine.dispose()


def names(session: Session) -> list[str]:
    return [one.person.name for one in people.members(session, people.HOUSE)]


def test_a_transaction_is_all_or_nothing(storage: Storage) -> None:
    def half(session: Session) -> None:
        people.choose_language(session, OWNER, "en")
        session.flush()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="middle"):
        storage.transact(half)
    person = storage.transact(people.person, OWNER)
    assert person
    assert person.language is None


async def test_work_is_done_in_another_thread_and_its_result_comes_back(storage: Storage) -> None:
    here = threading.get_ident()
    assert await storage.run(lambda _: threading.get_ident()) != here
    assert await storage.run(lambda _, a, b: (a, b), 1, b=2) == (1, 2)
    await storage.close()


async def test_a_failure_inside_comes_out_of_the_await(storage: Storage) -> None:
    def fail(_: Session) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await storage.run(fail)
    await storage.close()


async def test_closing_waits_for_the_transaction_in_hand(storage: Storage) -> None:
    def slow(session: Session) -> None:
        time.sleep(0.1)
        people.choose_language(session, OWNER, "en")

    work = storage.run(slow)

    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.02)
    await storage.close()
    await task


def test_a_locked_database_is_waited_for(storage: Storage) -> None:
    other = Storage(address_of(storage))
    holding = threading.Event()

    def hold(_: Session) -> None:
        holding.set()
        time.sleep(0.3)

    holder = threading.Thread(target=other.transact, args=(hold,))
    holder.start()
    holding.wait()
    enter(storage)
    holder.join()
    other.engine.dispose()


class Losing:
    """Work that loses the fight for the lock so many times, and then wins."""

    def __init__(self, times: int, words: str) -> None:
        self.times, self.words, self.tries = times, words, 0

    def __call__(self, session: Session) -> str:
        self.tries += 1
        people.choose_language(session, OWNER, "en")
        if self.tries <= self.times:
            raise OperationalError("UPDATE", {}, Exception(self.words))
        return "done"


def test_a_transaction_that_lost_a_fight_for_a_lock_is_tried_again(storage: Storage) -> None:
    work = Losing(2, "deadlock detected")
    assert storage.transact(work) == "done"
    assert work.tries == 3


def test_another_fault_of_the_database_is_not_tried_again(storage: Storage) -> None:
    work = Losing(1, "no such table: payment")
    with pytest.raises(OperationalError):
        storage.transact(work)
    assert work.tries == 1


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 20, 13, 0, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 11, 20, 6, 30, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        NOON,
    ],
)
def test_a_time_comes_back_the_same_and_in_utc(storage: Storage, at: datetime) -> None:
    found = stands(storage, enter(storage, created_at=at, confirmed_at=at))
    assert found.created_at == found.confirmed_at == NOON
    assert found.created_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(storage: Storage) -> None:
    with pytest.raises(StatementError, match="a time without a zone"):
        enter(storage, due_at=datetime(2026, 11, 20, 12, 0))  # noqa: DTZ001 - the point of this test


def test_a_search_by_a_time_without_a_zone_is_refused_too(storage: Storage) -> None:
    with pytest.raises(StatementError, match="a time without a zone"):
        storage.transact(
            diary.claim_due,
            ["queued"],  # type: ignore[list-item]
            now=datetime(2026, 11, 20),  # noqa: DTZ001
            lease=timedelta(),
            limit=1,
        )


@only_sqlite("a server sees to it")
def test_each_connection_is_durable_and_keeps_the_links_between_tables(storage: Storage) -> None:
    def pragmas(session: Session) -> list[Any]:
        connection = session.connection()
        return [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert storage.transact(pragmas) == ["wal", 2, 1]


def test_the_migrations_make_what_the_models_say(blank: Storage) -> None:
    blank.migrate()
    with blank.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_migrations_make_the_same_rules_too(blank: Storage, tmp_path: Path) -> None:
    """Autogenerate is blind to checks: a new state must reach the table's own list."""
    blank.migrate()
    beside = tmp_path / "modelled"
    beside.mkdir()
    modelled = Storage(blank_in(beside))
    SQLModel.metadata.create_all(modelled.engine)
    assert rules(blank) == rules(modelled)
    modelled.engine.dispose()


def rules(storage: Storage) -> dict[str, Any]:
    seen, where = inspect(storage.engine), f"{storage.engine.dialect.name}_where"
    return {
        table: (
            sorted((str(check["name"]), check["sqltext"]) for check in seen.get_check_constraints(table)),
            sorted(str(unique["column_names"]) for unique in seen.get_unique_constraints(table)),
            sorted(str((key["constrained_columns"], key["referred_table"])) for key in seen.get_foreign_keys(table)),
            sorted(
                str((index["name"], index["column_names"], str(index["dialect_options"].get(where, ""))))
                for index in seen.get_indexes(table)
            ),
        )
        for table in SQLModel.metadata.tables
    }


def test_migrating_twice_is_harmless(storage: Storage) -> None:
    payment = enter(storage)
    storage.migrate()
    storage.migrate()
    assert stands(storage, payment).model_dump() == payment.model_dump()


def test_the_versions_read_off_the_scripts_names_are_those_that_the_scripts_tell(storage: Storage) -> None:
    told = [script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()]
    assert list(revisions.known()) == told[::-1]
    with storage.engine.connect() as connection:
        assert revisions.revision_of(connection) == revisions.newest()


def test_the_migrations_can_be_taken_back_and_made_again(storage: Storage) -> None:
    enter(storage)
    config = migrations()
    with storage.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert inspect(storage.engine).get_table_names() == ["alembic_version"]
    storage.migrate()
    assert storage.transact(names) == []


def test_two_rows_with_one_key_are_refused(storage: Storage) -> None:
    def twice(session: Session) -> None:
        session.add(Person(id=OWNER, name="again", created_at=NOON))

    with pytest.raises(IntegrityError):
        storage.transact(twice)
    assert "again" not in storage.transact(names)


def test_rows_outlive_their_transaction(storage: Storage) -> None:
    payment = storage.transact(Session.get_one, Payment, enter(storage).id)
    assert payment.amount == 5000
