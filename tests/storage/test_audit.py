"""A hand at the database's file, behind the program: whatever it does to a record is seen, and named."""

from dataclasses import dataclass

import pytest
from alembic import command
from sqlmodel import Session, SQLModel

from storage import audit, chain, deeds, payments
from storage.engine import Storage
from storage.models import ChainLink, Event, Payment
from storage.people import HOUSE
from storage.states import State
from storage.upgrade import migrations
from tests.books import NOON, OTHER_MERCHANT, draft, enter, move
from tests.databases import ON_POSTGRES, by_hand, only_sqlite

OTHERS = {
    "id": "id + 900",
    "merchant_id": "2",
    "payment_id": "(SELECT max(id) FROM payment)",
    "at": "at + interval '1 second'" if ON_POSTGRES else "datetime(at, '+1 second')",
    "by": "by || '0'",
    "what": "'resume'",
    "about": "'person:9'",
    "before": "'unknown'",
    "after": "'succeeded'",
    "note": "'nothing happened'",
    "number": "number + 900",
    "kind": "'deed'",
    "row_id": "row_id + 1",
    "digest": "'0' || substr(digest, 2) || '0'",
    "count": "count - 1",
}
"""Another value for each column."""


@dataclass
class Books:
    """`before`: how many deeds were recorded when the house was founded."""

    storage: Storage
    before: int

    def named(self, row: int) -> str:
        """How the verdict names an event."""
        return f"record {self.before + row}, event {row}"

    def tamper(self, *statements: str) -> None:
        by_hand(self.storage, *statements)

    def verdict(self, batch: int = 4) -> audit.Verdict:
        """Of the house; batches are small, so that there are several."""
        return next(one for one in audit.verify(self.storage, batch) if one.merchant_id == HOUSE)


@pytest.fixture
def books(storage: Storage) -> Books:
    """Nine events of the house and a deed behind them, and one event of another merchant."""
    before = sum(one.checked for one in audit.verify(storage))
    for _ in range(3):
        payment: Payment | None = enter(storage)
        for state in (State.QUEUED, State.SENDING):
            assert payment
            payment = move(storage, payment, state, note="by hand")
    deed = {"at": NOON, "by": "person:1", "what": "pause", "about": "person:2", "before": "off", "after": "on"}
    storage.transact(lambda session: deeds.record(session, HOUSE, **deed, tell=[710_001]))  # type: ignore[arg-type]
    enter(storage, merchant_id=OTHER_MERCHANT)
    return Books(storage, before)


def test_books_that_nobody_touched_are_whole(books: Books) -> None:
    verdicts = audit.verify(books.storage, 4)
    assert [(one.merchant_id, one.checked, one.fault) for one in verdicts] == [
        (HOUSE, books.before + 10, ""),
        (OTHER_MERCHANT, 1, ""),
    ]
    assert {len(one.digest) for one in verdicts} == {64}


def _columns(table: str) -> list[str]:
    return [column.name for column in SQLModel.metadata.tables[table].columns]


@pytest.mark.parametrize("column", _columns("event"))
@pytest.mark.parametrize("row", [1, 5, 9])
def test_a_change_of_any_column_of_an_event_is_named(books: Books, column: str, row: int) -> None:
    books.tamper(f'UPDATE event SET "{column}" = {OTHERS[column]} WHERE id = {row}')
    found = books.verdict()
    assert found.fault.startswith(books.named(row))
    assert found.checked == books.before + row - 1


@pytest.mark.parametrize("column", _columns("deed"))
def test_a_change_of_any_column_of_a_deed_is_named(books: Books, column: str) -> None:
    books.tamper(f'UPDATE deed SET "{column}" = {OTHERS[column]} WHERE id = {books.before + 1}')
    assert books.verdict().fault.startswith(f"record {books.before + 10}, deed {books.before + 1}")


@pytest.mark.parametrize("column", _columns("chainlink"))
def test_a_change_of_any_column_of_a_link_is_seen_there(books: Books, column: str) -> None:
    books.tamper(f"UPDATE chainlink SET {column} = {OTHERS[column]} WHERE merchant_id = 1 AND number = 6")
    found = books.verdict()
    assert "record 6" in found.fault
    assert found.checked == 5


@pytest.mark.parametrize("column", ["count", "digest"])
def test_a_change_of_the_head_is_seen(books: Books, column: str) -> None:
    books.tamper(f"UPDATE chain SET {column} = {OTHERS[column]} WHERE merchant_id = 1")
    assert "head" in books.verdict().fault


@pytest.mark.parametrize("row", [1, 4, 9])
def test_an_event_that_was_removed_is_named_wherever_it_stood(books: Books, row: int) -> None:
    books.tamper(f"DELETE FROM event WHERE id = {row}")
    assert books.verdict().fault == f"{books.named(row)}, was removed or can't be read"


@pytest.mark.parametrize(("kind", "row"), [("event", 1), ("event", 4), ("event", 9), ("deed", 1)])
def test_a_record_that_was_removed_with_its_link_leaves_a_gap(books: Books, kind: str, row: int) -> None:
    number = books.before + (row if kind == "event" else 10)
    books.tamper(
        f"DELETE FROM {kind} WHERE id = {row if kind == 'event' else books.before + 1}",
        f"DELETE FROM chainlink WHERE merchant_id = 1 AND number = {number}",
    )
    found = books.verdict()
    assert found.fault == f"record {number} is missing from the chain"
    assert found.checked == number - 1


def test_a_tail_that_was_removed_with_its_count_does_not_fit_the_digest_of_the_head(books: Books) -> None:
    books.tamper(
        f"DELETE FROM deed WHERE id = {books.before + 1}",
        f"DELETE FROM chainlink WHERE merchant_id = 1 AND number = {books.before + 10}",
        "UPDATE chain SET count = count - 1 WHERE merchant_id = 1",
    )
    assert books.verdict().fault == "the head was changed"


def test_a_chain_whose_head_was_removed_is_not_taken_for_an_empty_one(books: Books) -> None:
    books.tamper("DELETE FROM chain WHERE merchant_id = 1")
    assert "record 1 is linked, but the head does not count it" in books.verdict().fault


def test_records_whose_whole_chain_was_removed_are_missed(books: Books) -> None:
    books.tamper("DELETE FROM chain WHERE merchant_id = 1", "DELETE FROM chainlink WHERE merchant_id = 1")
    assert books.verdict().fault == "event 1 is in no place of the chain"


def test_two_events_that_changed_places_are_seen_at_the_first(books: Books) -> None:
    books.tamper(
        "UPDATE event SET id = -1 WHERE id = 3",
        "UPDATE event SET id = 3 WHERE id = 7",
        "UPDATE event SET id = 7 WHERE id = -1",
    )
    assert books.verdict().fault.startswith(books.named(3))


def test_two_links_that_changed_places_are_seen_at_the_first(books: Books) -> None:
    third, seventh = (f"merchant_id = 1 AND number = {books.before + row}" for row in (3, 7))
    books.tamper(
        f"UPDATE chainlink SET number = -1 WHERE {third}",
        f"UPDATE chainlink SET number = {books.before + 3} WHERE {seventh}",
        f"UPDATE chainlink SET number = {books.before + 7} WHERE merchant_id = 1 AND number = -1",
    )
    assert books.verdict().fault.startswith(f"record {books.before + 3}, event 7")


def test_an_event_that_was_slipped_in_is_named(books: Books) -> None:
    books.tamper(
        'INSERT INTO event (merchant_id, payment_id, at, "by", before, after, note) '
        'SELECT merchant_id, payment_id, at, "by", before, after, note FROM event WHERE id = 2'
    )
    found = books.verdict()
    assert (found.checked, found.fault) == (books.before + 10, "event 11 is in no place of the chain")


def test_a_digest_made_to_fit_a_changed_event_does_not_fit_the_next(books: Books) -> None:
    fields = chain.fields_of(books.storage.transact(Session.get_one, Event, 2))
    before = books.storage.transact(Session.get_one, ChainLink, (HOUSE, books.before + 1)).digest
    forged = chain.digest(before, books.before + 2, "event", {**fields, "note": "forged"})
    books.tamper(
        "UPDATE event SET note = 'forged' WHERE id = 2",
        f"UPDATE chainlink SET digest = '{forged}' WHERE merchant_id = 1 AND number = {books.before + 2}",
    )
    assert books.verdict().fault.startswith(books.named(3))


@only_sqlite("PostgreSQL takes no time that is none")
def test_a_time_that_is_none_is_named_and_no_exception(books: Books) -> None:
    books.tamper("UPDATE event SET at = 'yesterday' WHERE id = 6")
    assert books.verdict().fault == f"{books.named(6)}, was removed or can't be read"


def test_one_merchants_loss_does_not_hide_anothers(books: Books) -> None:
    books.tamper("UPDATE event SET note = 'x' WHERE id IN (2, 10)")
    assert [one.fault.partition(" of ")[0] for one in audit.verify(books.storage)] == [
        books.named(2),
        "record 1, event 10",
    ]


def test_events_from_before_the_chain_are_linked_by_the_migration_in_their_order(books: Books) -> None:
    config = migrations()
    with books.storage.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        connection.commit()
    books.storage.migrate()
    assert [(one.checked, one.fault) for one in audit.verify(books.storage, 4)] == [
        (books.before + 10, ""),
        (1, ""),
    ]
    enter(books.storage)
    assert (books.verdict().checked, books.verdict().fault) == (books.before + 11, "")
    books.tamper("UPDATE event SET note = 'x' WHERE id = 8")
    assert books.verdict().fault.startswith("record 8, event 8")  # events come first, deeds behind them


def test_a_chain_goes_on_under_the_eyes_of_the_audit(books: Books) -> None:
    """What is recorded between two batches is no fault."""
    verdict, on = audit.Verdict(HOUSE), True
    entered = 0
    while on:
        entered += 1
        enter(books.storage)
        verdict, on = books.storage.transact(audit._step, verdict, 2)
    assert (verdict.fault, verdict.checked) == ("", books.before + 10 + entered)
    enter(books.storage)
    assert books.storage.transact(audit._surplus, verdict) == ""


def test_a_draft_that_was_asked_for_twice_is_recorded_once(books: Books) -> None:
    payment = draft()
    for _ in range(2):
        books.storage.transact(payments.create_once, draft(id=payment.id, intent=payment.intent), by="person:1")
    assert (books.verdict().checked, books.verdict().fault) == (books.before + 11, "")
