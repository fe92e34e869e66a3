"""What a scrape reads: right, and by indexes that hold live rows only, however many payments have ended."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from storage import soundings
from storage.engine import Storage
from storage.models import Inbound
from storage.states import State
from tests.books import NOON, draft, enter, found_house, move, open_books
from tests.databases import only_sqlite

_INDEXES = [
    "ix_payment_due",  # dispatch
    "ix_payment_due",  # poll
    "ix_notice_due",
    "ix_letter_due",
    "ix_heard_due",
    "ix_payment_due",  # live
    "ix_payment_review",
    "ix_inbound_last",
]
_EMPTY = {"ix_notice_due", "ix_letter_due", "ix_heard_due"}
_ENDED = """INSERT INTO payment ({columns}) SELECT {values} FROM payment, ({numbers}) AS n WHERE id = 'MODEL'"""
_CALLED = """INSERT INTO inbound (merchant_id, provider, digest, reference, "key", word, outcome, amount, currency,
kind, received_at, payment_id) SELECT 1, 'scripted', i, i, '', '', '', '', '', '', payment.created_at, 'MODEL'
FROM payment, ({numbers}) AS n WHERE id = 'MODEL'"""
_NUMBERS = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000) SELECT i FROM c"
_CHOSEN = {
    "id": "'P' || i",
    "intent": "'many:' || i",
    "state": "CASE WHEN i % 1000 = 0 THEN 'pending' WHEN i % 1000 = 1 THEN 'review' ELSE 'succeeded' END",
    "due_at": "CASE WHEN i % 1000 = 0 THEN created_at END",
}


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    books = open_books(tmp_path)
    yield books
    books.engine.dispose()


def test_what_is_open_in_review_and_due_is_told_with_the_age_of_the_oldest(storage: Storage) -> None:
    payment = enter(storage, confirmed_at=NOON, due_at=NOON)
    late = NOON + timedelta(minutes=9)
    sounding = storage.transact(soundings.take, [], late)
    assert [(one.provider, one.state, one.count, one.since) for one in sounding.standing] == [
        ("scripted", State.DRAFT, 1, NOON)
    ]
    assert sounding.queues["dispatch"] == soundings.Queue(0, None)
    assert sounding.queues["notices"] == soundings.Queue(1, NOON)

    for state in (State.QUEUED, State.SENDING, State.UNKNOWN, State.REVIEW):
        payment = move(storage, payment, state, due_at=None if state is State.REVIEW else NOON) or payment
        sounding = storage.transact(soundings.take, [], late)
        assert [one.state for one in sounding.standing] == [state]
        assert sounding.queues["dispatch"].depth == (state is State.QUEUED)
        assert sounding.queues["poll"].depth == (state in {State.SENDING, State.UNKNOWN})


def test_the_last_callback_about_a_payment_of_ours_is_told_and_no_stray_is(storage: Storage) -> None:
    payment = enter(storage)
    storage.transact(lambda session: session.add_all([_call(1, payment.id), _call(5, payment.id), _call(9, None)]))
    sounding = storage.transact(soundings.take, ["scripted", "kpay"], NOON)
    assert sounding.called == {"scripted": NOON + timedelta(minutes=5)}


def _call(minutes: int, payment_id: str | None) -> Inbound:
    return Inbound(
        merchant_id=1,
        provider="scripted",
        digest=str(minutes),
        reference="R",
        key="",
        word="",
        received_at=NOON + timedelta(minutes=minutes),
        payment_id=payment_id,
    )


@only_sqlite("the server has a test of its own")
def test_on_sqlite_each_question_of_a_scrape_goes_by_its_index_and_reads_no_table(storage: Storage) -> None:
    storage.transact(_many)
    for index, plan in zip(_INDEXES, _plans(storage, "EXPLAIN QUERY PLAN"), strict=True):
        assert f"INDEX {index}" in plan
        assert "SCAN" not in plan or index == "ix_payment_review"  # all of an index of ten rows


def test_on_postgresql_too(database_url: str) -> None:
    books = Storage(database_url)
    books.migrate()
    books.transact(found_house)
    books.transact(_many)
    with books.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    for index, plan in zip(_INDEXES, _plans(books, "EXPLAIN"), strict=True):
        assert index in plan or index in _EMPTY  # a table without rows is read whole
    books.engine.dispose()


def _plans(storage: Storage, explain: str) -> list[str]:
    """Of the very statements, with what they were given."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(storage.engine, "before_cursor_execute", note)
    storage.transact(soundings.take, ["scripted"], NOON)
    event.remove(storage.engine, "before_cursor_execute", note)
    with storage.engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"{explain} {asked}", given).all() for asked, given in seen]
    return ["\n".join(str(row[-1]) for row in plan) for plan in plans]


def _many(session: Session) -> None:
    """Ten thousand that have ended, ten that are open, ten in review; as many callbacks."""
    session.add(draft(id="MODEL", intent="model", state=State.SUCCEEDED))
    session.flush()
    columns = [column.name for column in draft().__table__.columns]  # type: ignore[attr-defined]
    values = ", ".join(_CHOSEN.get(name, name) for name in columns)
    session.execute(text(_ENDED.format(columns=", ".join(columns), values=values, numbers=_NUMBERS)))
    session.execute(text(_CALLED.format(numbers=_NUMBERS)))
