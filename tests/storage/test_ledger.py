from datetime import datetime, timedelta
from typing import Any

from storage import ledger
from storage.engine import Storage
from storage.ledger import Entry
from storage.models import Payment
from storage.people import HOUSE
from storage.states import State
from tests.books import APPROVER, CASHIER, NOON, OTHER_MERCHANT, enter

START, END = NOON - timedelta(hours=12), NOON + timedelta(hours=12)


def read(storage: Storage, after: Payment | None = None, limit: int = 100) -> list[Entry]:
    return storage.transact(ledger.page, HOUSE, START, END, after=after, limit=limit)


def done(storage: Storage, created: datetime = NOON, settled: datetime | None = NOON, **changes: Any) -> Payment:
    return enter(
        storage, **({"state": State.SUCCEEDED, "created_at": created, "confirmed_at": created} | changes),
        settled_at=settled,
    )  # fmt: skip


def test_each_payment_comes_once_however_small_the_pages(storage: Storage) -> None:
    made = [done(storage).id for _ in range(5)] + [done(storage, NOON + timedelta(minutes=1)).id for _ in range(4)]
    found: list[str] = []
    after = None
    while entries := read(storage, after, limit=2):
        found += [entry.payment.id for entry in entries]
        after = entries[-1].payment
    assert found == made


def test_it_is_in_the_time_in_which_it_ended_or_else_was_asked(storage: Storage) -> None:
    before = START - timedelta(minutes=1)
    late = done(storage, before, START)
    waiting = done(storage, settled=None, state=State.PENDING)
    done(storage, before, before)
    done(storage, before, None, state=State.PENDING)
    done(storage, END - timedelta(minutes=1), END)
    assert [entry.payment.id for entry in read(storage)] == [late.id, waiting.id]


def test_what_nobody_confirmed_and_what_is_another_s_is_left_out(storage: Storage) -> None:
    enter(storage)
    done(storage, merchant_id=OTHER_MERCHANT)
    assert read(storage) == []


def test_who_asked_and_who_approved_are_named(storage: Storage) -> None:
    done(storage, asker_id=CASHIER, approver_id=APPROVER)
    [found] = read(storage)
    assert (found.asker, found.approver) == ("cashier", "approver")
