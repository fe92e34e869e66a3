import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col, select, update
from sqlmodel import text as sql

from storage import diary, payments
from storage.engine import Storage
from storage.models import Attempt, Payment
from storage.people import HOUSE
from storage.states import ASKED_ABOUT, IN_FLIGHT, MAY_BE_CONTRADICTED, State
from tests.books import CASHIER, NOON, OTHER_MERCHANT, OWNER, PHONE, draft, enter, move, stands
from tests.databases import address_of

LEASE = timedelta(seconds=30)
HANDS = 8
T = TypeVar("T")


@pytest.fixture
def twin(storage: Storage) -> Iterator[Storage]:
    """Another process, as far as the file can tell."""
    other = Storage(address_of(storage))
    yield other
    other.engine.dispose()


def at_once(work: Callable[[Storage], T], places: list[Storage]) -> list[T]:
    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(work, places))


def ids(rows: list[Payment]) -> list[str]:
    return [row.id for row in rows]


def test_the_same_intent_twice_is_one_payment(storage: Storage) -> None:
    first, made = storage.transact(payments.create_once, draft(intent="1:7"), by="person:1")
    second, made_again = storage.transact(payments.create_once, draft(intent="1:7", amount=9000), by="person:1")
    assert (made, made_again) == (True, False)
    assert (second.id, second.amount) == (first.id, 5000)
    assert len(storage.transact(payments.events, first.id)) == 1


def test_two_merchants_may_use_the_same_intent(storage: Storage) -> None:
    mine = enter(storage, intent="1:7")
    assert enter(storage, intent="1:7", merchant_id=OTHER_MERCHANT).id != mine.id


def test_of_many_threads_in_two_processes_one_makes_the_payment(storage: Storage, twin: Storage) -> None:
    def make(place: Storage) -> tuple[Payment, bool]:
        return place.transact(payments.create_once, draft(intent="1:7"), by="person:1")

    outcomes = at_once(make, [storage, twin] * 12)
    assert [made for _, made in outcomes].count(True) == 1
    assert len({payment.id for payment, _ in outcomes}) == 1


async def test_of_many_tasks_one_makes_the_payment(storage: Storage) -> None:
    rows = [draft(intent="1:7") for _ in range(24)]
    outcomes = await asyncio.gather(*(storage.run(payments.create_once, row, by="person:1") for row in rows))
    assert [made for _, made in outcomes].count(True) == 1
    await storage.close()


def test_of_many_threads_in_two_processes_one_moves_the_payment(storage: Storage, twin: Storage) -> None:
    payment = enter(storage, state=State.QUEUED)
    outcomes = at_once(lambda place: move(place, payment.model_copy(), State.SENDING), [storage, twin] * 12)
    assert len([moved for moved in outcomes if moved]) == 1
    assert stands(storage, payment).version == 1
    assert len(storage.transact(payments.events, payment.id)) == 2


async def test_of_two_tasks_with_different_wishes_the_first_is_obeyed(storage: Storage) -> None:
    payment = enter(storage, state=State.QUEUED)

    def wish(session: Session, after: State) -> Payment | None:
        return payments.move(session, payment.model_copy(), after, at=NOON, by="x")

    outcomes = await asyncio.gather(*(storage.run(wish, after) for after in (State.SENDING, State.CANCELLED)))
    [winner] = [moved for moved in outcomes if moved]
    assert stands(storage, payment).state is winner.state
    await storage.close()


def test_a_change_writes_what_it_is_given_and_clears_the_due_time(storage: Storage) -> None:
    payment = enter(storage, state=State.PENDING, due_at=NOON)
    moved = move(storage, payment, State.SUCCEEDED, at=NOON + LEASE, by="poll", note="SUCCESSFUL", reference="R1")
    assert moved
    assert (moved.reference, moved.due_at, moved.settled_at) == ("R1", None, NOON + LEASE)
    last = storage.transact(payments.events, payment.id)[-1]
    assert (last.by, last.note, last.at, last.before, last.after) == (
        "poll",
        "SUCCESSFUL",
        NOON + LEASE,
        "pending",
        "succeeded",
    )


def test_two_workers_never_get_the_same_row(storage: Storage, twin: Storage) -> None:
    due = {enter(storage, state=State.QUEUED, due_at=NOON).id for _ in range(24)}

    def claim(place: Storage) -> list[Payment]:
        return place.transact(diary.claim_due, [State.QUEUED], now=NOON, lease=LEASE, limit=5)

    claimed = [row.id for rows in at_once(claim, [storage, twin] * 3) for row in rows]
    assert len(claimed) == len(set(claimed)) == 24
    assert set(claimed) == due


def test_a_claimed_row_is_hidden_until_its_lease_has_run_out(storage: Storage) -> None:
    payment = enter(storage, state=State.PENDING, due_at=NOON)

    def claim(seconds: int) -> list[str]:
        now = NOON + timedelta(seconds=seconds)
        return ids(storage.transact(diary.claim_due, IN_FLIGHT, now=now, lease=LEASE, limit=10))

    assert claim(0) == [payment.id]
    assert claim(29) == []
    assert claim(30) == [payment.id]
    assert stands(storage, payment).version == 0


def test_the_longest_overdue_are_claimed_first_and_no_more_than_the_limit(storage: Storage) -> None:
    rows = [enter(storage, state=State.QUEUED, due_at=NOON - timedelta(minutes=age)) for age in (1, 3, 2, 4)]
    claimed = storage.transact(diary.claim_due, [State.QUEUED], now=NOON, lease=LEASE, limit=2)
    assert set(ids(claimed)) == {rows[1].id, rows[3].id}
    assert {row.due_at for row in claimed} == {NOON + LEASE}


def test_rows_of_other_states_of_later_times_and_of_no_time_are_not_claimed(storage: Storage) -> None:
    enter(storage, state=State.SUCCEEDED, due_at=NOON)
    enter(storage, state=State.DRAFT, due_at=NOON)
    enter(storage, state=State.QUEUED, due_at=NOON + timedelta(microseconds=1))
    enter(storage, state=State.QUEUED, due_at=None)
    assert storage.transact(diary.claim_due, [State.QUEUED], now=NOON, lease=LEASE, limit=9) == []


@pytest.mark.parametrize("statement", ["UPDATE event SET note = 'other'", "DELETE FROM event"])
def test_events_are_append_only_in_the_database_itself(storage: Storage, statement: str) -> None:
    payment = enter(storage)
    with (
        pytest.raises(DBAPIError, match="events are append-only"),
        storage.engine.begin() as connection,
    ):
        connection.execute(sql(statement))
    assert len(storage.transact(payments.events, payment.id)) == 1


@pytest.mark.parametrize("amount", [0, -5])
def test_the_database_refuses_an_amount_that_is_not_positive(storage: Storage, amount: int) -> None:
    with pytest.raises(IntegrityError, match="ck_amount"):
        enter(storage, amount=amount)


def test_the_database_refuses_a_state_that_does_not_exist(storage: Storage) -> None:
    payment = enter(storage)
    with pytest.raises(IntegrityError, match="ck_state"), storage.engine.begin() as connection:
        connection.execute(sql("UPDATE payment SET state = 'lost' WHERE id = :id"), {"id": payment.id})


def test_the_database_refuses_a_payment_of_nobody(storage: Storage) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        enter(storage, asker_id=999_999)


def test_another_merchants_payment_is_never_found(storage: Storage) -> None:
    theirs = enter(storage, merchant_id=OTHER_MERCHANT, reference="R1", operator_reference="M1")
    key = str(uuid4())
    storage.transact(payments.add_attempt, theirs, key, at=NOON)

    def find(session: Session, merchant: int) -> list[Any]:
        return [
            payments.get(session, merchant, theirs.id),
            payments.get(session, merchant, theirs.id, lock=True),
            payments.by_reference(session, merchant, "scripted", "R1"),
            payments.by_key(session, merchant, key),
            payments.by_intent(session, merchant, theirs.intent),
            *(payments.search(session, merchant, text) for text in (theirs.id, "R1", "M1", PHONE)),
            payments.recent(session, merchant),
        ]

    assert not any(storage.transact(find, HOUSE))
    assert all(storage.transact(find, OTHER_MERCHANT))


def test_an_empty_reference_or_key_finds_nothing(storage: Storage) -> None:
    enter(storage)

    def find(session: Session) -> list[Any]:
        return [payments.by_reference(session, HOUSE, "scripted", ""), payments.by_key(session, HOUSE, "")]

    assert storage.transact(find) == [None, None]


def test_a_reference_belongs_to_one_system(storage: Storage) -> None:
    enter(storage, reference="R1")
    assert storage.transact(payments.by_reference, HOUSE, "another", "R1") is None


@pytest.mark.parametrize("text", ["p-one", "P-ONE", "R1", "M1", PHONE])
def test_a_payment_is_found_by_any_of_its_names(storage: Storage, text: str) -> None:
    enter(storage, id="P-ONE", reference="R1", operator_reference="M1")
    enter(storage, msisdn="237671000101")
    assert ids(storage.transact(payments.search, HOUSE, text)) == ["P-ONE"]


def test_found_and_recent_payments_come_newest_first_a_page_at_a_time(storage: Storage) -> None:
    rows = [enter(storage, created_at=NOON + timedelta(minutes=age)) for age in (0, 2, 1)]
    newest = [rows[1].id, rows[2].id, rows[0].id]
    assert ids(storage.transact(payments.recent, HOUSE)) == newest
    assert ids(storage.transact(payments.recent, HOUSE, limit=1, offset=1)) == newest[1:2]
    assert ids(storage.transact(payments.search, HOUSE, PHONE, limit=2)) == newest[:2]


def test_one_persons_payments_are_theirs_alone(storage: Storage) -> None:
    mine, theirs = enter(storage), enter(storage, asker_id=CASHIER)
    assert ids(storage.transact(payments.recent, HOUSE, asker_id=OWNER)) == [mine.id]
    assert ids(storage.transact(payments.search, HOUSE, PHONE, asker_id=CASHIER)) == [theirs.id]


def test_attempts_come_oldest_first(storage: Storage) -> None:
    payment = enter(storage)
    keys = ["k1", "k2", "k3"]
    for minutes, key in zip((2, 0, 1), keys, strict=True):
        storage.transact(payments.add_attempt, payment, key, at=NOON + timedelta(minutes=minutes))
    found = storage.transact(payments.attempts, payment.id)
    assert [attempt.id for attempt in found] == ["k2", "k3", "k1"]


def test_a_key_is_used_once_in_all_the_books(storage: Storage) -> None:
    storage.transact(payments.add_attempt, enter(storage), "k1", at=NOON)
    with pytest.raises(IntegrityError):
        storage.transact(payments.add_attempt, enter(storage), "k1", at=NOON)
    assert storage.transact(lambda session: len(session.exec(select(Attempt)).all())) == 1


def test_a_look_without_news_counts_and_a_missed_one_counts_twice(storage: Storage) -> None:
    payment = enter(storage, state=State.PENDING)
    later = NOON + timedelta(minutes=1)
    storage.transact(diary.reschedule, payment, later, missed=True)
    once = stands(storage, payment)
    assert (once.looks, once.misses, once.due_at, once.version) == (1, 1, later, 0)
    storage.transact(diary.reschedule, once, later)
    twice = stands(storage, payment)
    assert (twice.looks, twice.misses) == (2, 0)
    assert len(storage.transact(payments.events, payment.id)) == 1


def test_a_row_that_moved_meanwhile_is_not_rescheduled(storage: Storage) -> None:
    payment = enter(storage, state=State.PENDING)
    move(storage, payment.model_copy(), State.SUCCEEDED, at=NOON, by="callback")
    storage.transact(diary.reschedule, payment, NOON)
    assert stands(storage, payment).due_at is None


@pytest.mark.parametrize("state", State)
def test_only_a_payment_in_flight_can_be_woken(storage: Storage, state: State) -> None:
    payment = enter(storage, state=state)
    storage.transact(diary.wake, payment, NOON)
    assert (stands(storage, payment).due_at == NOON) == (state in ASKED_ABOUT | MAY_BE_CONTRADICTED)


def test_a_remark_leaves_an_event_and_changes_nothing(storage: Storage) -> None:
    payment = enter(storage, state=State.REVIEW)
    storage.transact(payments.remark, payment, "SUCCESSFUL", at=NOON, by="callback")
    last = storage.transact(payments.events, payment.id)[-1]
    assert (last.before, last.after, last.note) == ("review", "review", "SUCCESSFUL")
    assert stands(storage, payment).model_dump() == payment.model_dump()


def test_a_change_behind_the_programs_back_is_noticed(storage: Storage) -> None:
    payment = enter(storage, state=State.QUEUED)
    storage.transact(
        lambda session: session.execute(update(Payment).where(col(Payment.id) == payment.id).values(version=5)).close()
    )
    assert move(storage, payment, State.SENDING, at=NOON, by="dispatch") is None
