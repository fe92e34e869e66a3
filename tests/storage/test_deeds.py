from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from storage import deeds
from storage.engine import Storage
from storage.models import Deed, Letter
from storage.people import HOUSE
from tests.books import APPROVER, CASHIER, NOON, OTHER_MERCHANT, OWNER

LEASE = timedelta(minutes=1)


def record(storage: Storage, *tell: int, what: str = "role") -> Deed:
    return storage.transact(
        deeds.record,
        HOUSE,
        at=NOON,
        by=f"person:{OWNER}",
        what=what,
        about=f"person:{CASHIER}",
        before="cashier",
        after="approver",
        tell=tell,
    )


def claim(storage: Storage, after: timedelta = timedelta(), limit: int = 10) -> list[Letter]:
    return [row[0] for row in storage.transact(deeds.claim, now=NOON + after, lease=LEASE, limit=limit)]


def test_a_deed_says_who_changed_what_about_whom_and_when(storage: Storage) -> None:
    made = record(storage)
    [found] = storage.transact(deeds.recent, HOUSE, 1)
    assert found.model_dump() == made.model_dump()
    assert found.model_dump(exclude={"id"}) == {
        "merchant_id": HOUSE,
        "at": NOON,
        "by": f"person:{OWNER}",
        "what": "role",
        "about": f"person:{CASHIER}",
        "before": "cashier",
        "after": "approver",
    }


def test_deeds_are_listed_newest_first_and_each_merchants_own(storage: Storage) -> None:
    first, second = record(storage), record(storage, what="removed")
    assert [one.id for one in storage.transact(deeds.recent, HOUSE, 2)] == [second.id, first.id]
    assert storage.transact(deeds.recent, OTHER_MERCHANT) == []


@pytest.mark.parametrize("statement", ["UPDATE deed SET after = 'owner'", "DELETE FROM deed"])
def test_deeds_are_append_only_in_the_database_itself(storage: Storage, statement: str) -> None:
    record(storage)
    with (
        pytest.raises(DBAPIError, match="deeds are append-only"),
        storage.engine.begin() as connection,
    ):
        connection.execute(sql(statement))


def test_each_person_gets_one_letter_in_the_order_of_the_deeds(storage: Storage) -> None:
    first, second = record(storage, OWNER, APPROVER, OWNER), record(storage, OWNER)
    owed = claim(storage)
    assert [(one.deed_id, one.person_id) for one in owed] == [
        (first.id, OWNER),
        (first.id, APPROVER),
        (second.id, OWNER),
    ]
    assert [one.deed_id for one, _ in storage.transact(deeds.letters, APPROVER)] == [first.id]


def test_a_letter_comes_with_its_deed_its_person_and_their_merchant(storage: Storage) -> None:
    made = record(storage, APPROVER)
    [(_, deed, person, merchant)] = storage.transact(deeds.claim, now=NOON, lease=LEASE, limit=1)
    assert (deed.id, person.id, merchant.id) == (made.id, APPROVER, HOUSE)


def test_a_claimed_letter_is_hidden_until_its_lease_has_run_out(storage: Storage) -> None:
    record(storage, OWNER)
    [letter] = claim(storage)
    assert claim(storage, LEASE - timedelta(seconds=1)) == []
    assert [one.id for one in claim(storage, LEASE)] == [letter.id]


def test_no_more_letters_are_claimed_than_asked_for(storage: Storage) -> None:
    record(storage, OWNER, APPROVER, CASHIER)
    assert len(claim(storage, limit=2)) == 2
    assert len(claim(storage, limit=2)) == 1


def test_a_delivered_letter_is_owed_no_more(storage: Storage) -> None:
    record(storage, OWNER)
    [letter] = claim(storage)
    storage.transact(deeds.delivered, letter)
    assert claim(storage, timedelta(days=1)) == []


def test_a_postponed_letter_comes_again_and_one_given_up_does_not(storage: Storage) -> None:
    record(storage, OWNER)
    [letter] = claim(storage)
    storage.transact(deeds.postpone, letter, "Telegram is away", NOON + timedelta(minutes=5))
    assert claim(storage, timedelta(minutes=4)) == []
    [again] = claim(storage, timedelta(minutes=5))
    assert (again.id, again.tries, again.error) == (letter.id, 1, "Telegram is away")
    storage.transact(deeds.postpone, again, "blocked", None)
    assert claim(storage, timedelta(days=1)) == []
    [(given_up, _)] = storage.transact(deeds.letters, OWNER)
    assert (given_up.tries, given_up.error) == (2, "blocked")
