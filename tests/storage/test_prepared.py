"""What is read past the ORM is the session's own all the same."""

import pytest
import sqlalchemy
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel

from storage import payments, prepared
from storage.engine import Storage
from storage.models import Attempt, Merchant, Payment, Person
from storage.people import HOUSE
from storage.prepared import Entities
from storage.states import State
from tests.books import NOON, draft, enter

PAYMENTS, ATTEMPTS = Entities(Payment), Entities(Attempt)
BY_ID = sqlalchemy.select(PAYMENTS.table).where(PAYMENTS.table.c.id == bindparam("payment"))


def read(session: Session, payment: Payment) -> Payment:
    found = PAYMENTS.one(session, BY_ID, {"payment": payment.id})
    assert found
    return found


@pytest.mark.parametrize("model", [Payment, Merchant, Person])
def test_each_column_is_as_the_orm_reads_it(storage: Storage, model: type[SQLModel]) -> None:
    enter(storage)
    table = prepared.table_of(model)

    def both(session: Session) -> tuple[dict[str, object], dict[str, object]]:
        ours = [one.model_dump() for one in Entities(model).all(session, sqlalchemy.select(table), {})]
        session.expunge_all()
        theirs = [one.model_dump() for one in session.scalars(sqlalchemy.select(model))]
        return ours[0], theirs[0]

    ours, theirs = storage.transact(both)
    assert ours == theirs
    assert {name: type(value) for name, value in ours.items()} == {name: type(value) for name, value in theirs.items()}


def test_one_row_is_one_object_with_its_last_values(storage: Storage) -> None:
    payment = enter(storage)

    def twice(session: Session) -> None:
        first = session.get_one(Payment, payment.id)
        session.connection().execute(sqlalchemy.update(PAYMENTS.table).values(looks=7, step={"kind": "dial"}))
        assert read(session, payment) is first
        assert (first.looks, first.step) == (7, {"kind": "dial"})
        assert first not in session.dirty

    storage.transact(twice)


def test_what_was_changed_by_hand_is_written_before_it_is_read(storage: Storage) -> None:
    payment = enter(storage)

    def change(session: Session) -> None:
        held = read(session, payment)
        held.looks = 3
        session.add(held)
        assert read(session, payment).looks == 3

    storage.transact(change)
    assert storage.transact(read, payment).looks == 3


def test_what_is_inserted_can_be_changed_at_once(storage: Storage) -> None:
    payment = enter(storage)
    attempt = Attempt(id="k1", merchant_id=HOUSE, payment_id=payment.id, provider="campay", created_at=NOON)

    def insert(session: Session) -> None:
        kept = ATTEMPTS.insert(session, attempt)
        assert kept is session.get(Attempt, "k1")
        kept.tries += 1

    storage.transact(insert)
    assert storage.transact(Session.get_one, Attempt, "k1").tries == 2


def test_a_key_that_is_taken_is_an_error(storage: Storage) -> None:
    payment = enter(storage)

    def attempt(session: Session) -> None:
        row = Attempt(id="k1", merchant_id=HOUSE, payment_id=payment.id, provider="campay", created_at=NOON)
        ATTEMPTS.insert(session, row)

    storage.transact(attempt)
    with pytest.raises(IntegrityError):
        storage.transact(attempt)


def test_a_transaction_that_is_done_again_makes_the_same_again(storage: Storage) -> None:
    """Its connection was cut before COMMIT: what was made in it is gone, and made from the same draft."""
    wanted, tries = draft(), list[str]()

    def make(session: Session) -> str:
        made, new = payments.create_once(session, wanted, by="person:1")
        tries.append(made.id)
        if len(tries) == 1:
            raise OperationalError("COMMIT", {}, Exception("database is locked"))
        assert new
        return made.id

    assert storage.transact(make) == wanted.id
    assert len(tries) == 2
    assert [event.after for event in storage.transact(payments.events, wanted.id)] == [State.DRAFT]
