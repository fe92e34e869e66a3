"""Sums are made by the database; each is checked against the rows it is of."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, insert

from bot.payments.periods import Period
from storage import figures
from storage.engine import Storage
from storage.figures import Sum
from storage.models import Payment
from storage.people import HOUSE
from storage.states import State
from tests.books import CASHIER, NOON, OTHER_MERCHANT, OWNER, draft, enter

DOUALA = "Africa/Douala"
DAY = Period.day(NOON.date()).bounds(DOUALA)


def paid(storage: Storage, *, at: datetime = NOON, took: float = 30, **changes: Any) -> Payment:
    values: dict[str, Any] = {"state": State.SUCCEEDED, "fee": 100, "created_at": at - timedelta(seconds=took + 5)}
    values |= {"confirmed_at": at - timedelta(seconds=took), "settled_at": at}
    return enter(storage, **(values | changes))


def sums(storage: Storage, bounds: Sequence[datetime] = DAY, asker_id: int | None = None) -> Sequence[Sum]:
    return storage.transact(figures.ended, HOUSE, bounds, asker_id=asker_id)


def test_what_ended_alike_in_one_slot_is_one_sum(storage: Storage) -> None:
    paid(storage)
    paid(storage, amount=700, fee=None, at=NOON + timedelta(minutes=59))
    paid(storage, amount=900, at=NOON + timedelta(hours=1))
    paid(storage, state=State.FAILED)
    alike = {"kind": "collection", "currency": "XAF", "provider": "scripted", "operator": "MTN"}
    assert sums(storage) == [
        Sum(slot=13, state=State.FAILED, count=1, amount=5000, fees=100, untold=0, **alike),
        Sum(slot=13, state=State.SUCCEEDED, count=2, amount=5700, fees=100, untold=1, **alike),
        Sum(slot=14, state=State.SUCCEEDED, count=1, amount=900, fees=100, untold=0, **alike),
    ]


def test_kinds_currencies_systems_and_operators_are_told_apart(storage: Storage) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"kind": "payout"},
        {"currency": "XOF"},
        {"provider": "other"},
        {"operator": "Orange"},
    ]
    for change in changes:
        paid(storage, **change)
    assert len(sums(storage)) == 5


def test_a_day_is_the_shop_s_from_midnight_to_midnight(storage: Storage) -> None:
    midnight = DAY[0]
    paid(storage, at=midnight - timedelta(microseconds=1))
    paid(storage, at=midnight, amount=1)
    paid(storage, at=DAY[-1] - timedelta(microseconds=1), amount=2)
    paid(storage, at=DAY[-1])
    assert [(one.slot, one.amount) for one in sums(storage)] == [(0, 1), (23, 2)]


def test_one_person_s_and_another_merchant_s_are_left_out(storage: Storage) -> None:
    paid(storage, asker_id=CASHIER, amount=1)
    paid(storage, asker_id=OWNER, amount=2)
    paid(storage, merchant_id=OTHER_MERCHANT, amount=4)
    assert [one.amount for one in sums(storage, asker_id=CASHIER)] == [1]
    assert [one.amount for one in sums(storage)] == [3]


def test_what_is_open_in_doubt_or_reversed_is_in_no_sum(storage: Storage) -> None:
    for state in set(State) - {State.SUCCEEDED, State.FAILED}:
        paid(storage, state=state)
    assert sums(storage) == []


@pytest.mark.parametrize(
    ("seconds", "median", "nine_of_ten"),
    [([7], 7, 7), ([1, 9], 1, 9), (range(1, 11), 5, 9), (range(1, 101), 50, 90), ([1, 1, 1, 500], 1, 500)],
)
def test_half_and_nine_in_ten_were_paid_within(
    storage: Storage, seconds: Sequence[int], median: int, nine_of_ten: int
) -> None:
    for took in seconds:
        paid(storage, took=took)
    paid(storage, took=1000, kind="payout")
    paid(storage, took=1000, state=State.FAILED)
    paid(storage, took=40, currency="XOF")
    found = storage.transact(figures.waited, HOUSE, DAY)
    assert found["XAF"].median == pytest.approx(median, abs=0.01)
    assert found["XAF"].nine_of_ten == pytest.approx(nine_of_ten, abs=0.01)
    assert found["XOF"].median == pytest.approx(40, abs=0.01)


def test_what_has_not_ended_stands_with_what_a_person_must_decide(storage: Storage) -> None:
    for state in State:
        enter(storage, state=state)
    found = {one.state: one.count for one in storage.transact(figures.standing, HOUSE)}
    opened = {"awaiting_approval", "queued", "sending", "pending", "unknown", "review"}
    assert found == dict.fromkeys(map(State, opened), 1)


def test_a_month_is_read_as_sums_however_many_rows_it_has(storage: Storage) -> None:
    month = Period.month(date(2026, 10, 1)).bounds(DOUALA)
    template = draft(state=State.SUCCEEDED, fee=100).model_dump()

    def fill(session: Session) -> None:
        start = datetime(2026, 10, 1, tzinfo=UTC)
        rows = []
        for number in range(2000):
            at = start + timedelta(seconds=1300 * number)
            change = {"id": f"M{number:09}", "intent": f"m:{number}", "created_at": at, "confirmed_at": at}
            change |= {"settled_at": at + timedelta(seconds=number % 90), "operator": ("MTN", "Orange")[number % 2]}
            rows.append(template | change)
        session.execute(insert(Payment), rows)

    storage.transact(fill)
    found = sums(storage, month)
    assert len(found) == 62
    assert sum(one.count for one in found) == 2000
    assert sum(one.amount for one in found) == 2000 * 5000
    assert storage.transact(figures.waited, HOUSE, month)["XAF"].median == pytest.approx(44, abs=1.01)
