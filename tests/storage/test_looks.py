from datetime import timedelta
from typing import Any

from storage import looks
from storage.engine import Storage
from storage.people import HOUSE
from storage.states import State
from tests.books import NOON, enter


def test_where_few_can_be_claimed_the_one_that_waited_longest_for_its_age_is_first(storage: Storage) -> None:
    def open_since(seconds: float, waits: float, **more: Any) -> str:
        at = {"sent_at": NOON - timedelta(seconds=seconds), "due_at": NOON - timedelta(seconds=waits)}
        return enter(storage, state=State.PENDING, **at, **more).id

    old, patient, young = open_since(36_000, 600), open_since(36_000, 3000), open_since(60, 5)
    open_since(60, -5)
    open_since(60, 30, provider="another")
    account = (HOUSE, "scripted")

    def claimed(limit: int) -> list[str]:
        found = storage.transact(
            looks.claim_soonest, {State.PENDING}, account, now=NOON, lease=timedelta(minutes=1), limit=limit
        )
        return [one.id for one in found]

    assert claimed(1) == [patient]
    assert claimed(1) == [young]
    assert claimed(9) == [old]
    assert claimed(9) == []


def test_what_stands_open_is_counted_by_account_and_age(storage: Storage) -> None:
    for seconds in (1, 5, 50, 500):
        enter(storage, state=State.PENDING, sent_at=NOON - timedelta(seconds=seconds), due_at=NOON)
    enter(storage, state=State.UNKNOWN, created_at=NOON - timedelta(seconds=9), due_at=NOON, provider="second")
    enter(storage, state=State.SUCCEEDED, sent_at=NOON)
    enter(storage, state=State.QUEUED, due_at=NOON)
    edges = [NOON - timedelta(seconds=seconds) for seconds in (2, 60)]
    counted = storage.transact(looks.standing, edges)
    assert counted == {(HOUSE, "scripted"): [1, 2, 1], (HOUSE, "second"): [0, 1, 0]}
