import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from storage import audit, deeds, payments
from storage.chain import digest
from storage.engine import Storage
from storage.models import Chain, Event
from storage.people import HOUSE
from storage.states import State
from tests.books import NOON, OTHER_MERCHANT, draft, enter, found_books, open_books
from tests.databases import ON_POSTGRES, address_of, founded_on_server

TOGETHER = 4
EACH = 25


@pytest.fixture(params=["postgresql"] if ON_POSTGRES else ["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Storage, Storage]]:
    """Two instances of the program on one database."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            first = open_books(tmp_path)
        else:
            request.getfixturevalue("postgres")
            first = Storage(founded_on_server(found_books))
        second = Storage(address_of(first))
        stack.callback(first.engine.dispose)
        stack.callback(second.engine.dispose)
        yield first, second


def linked(storage: Storage, merchant_id: int = HOUSE) -> int:
    """How many events are in the chain, which is whole."""
    [verdict] = [one for one in audit.verify(storage, 7) if one.merchant_id == merchant_id]
    assert verdict.fault == ""
    founding = storage.transact(lambda session: len(deeds.recent(session, merchant_id)))
    return verdict.checked - founding


def at_once(*works: Callable[[], Any]) -> None:
    gate = threading.Barrier(len(works))
    faults: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_writers_at_once_keep_one_chain(two: tuple[Storage, Storage]) -> None:
    """A chain that nobody has begun yet is begun once, too."""

    def write(storage: Storage) -> None:
        for _ in range(EACH):
            enter(storage)

    at_once(*(partial(write, two[number % 2]) for number in range(TOGETHER)))
    assert linked(two[0]) == TOGETHER * EACH


def test_transactions_that_touch_two_merchants_in_other_orders_do_not_lock_each_other_out(
    two: tuple[Storage, Storage],
) -> None:
    """Heads are taken last, and always in one order."""
    entered = [enter(two[0], merchant_id=merchant) for merchant in (HOUSE, OTHER_MERCHANT)]
    tries = []

    def remark(storage: Storage, order: int) -> None:
        def work(session: Session) -> None:
            tries.append(1)
            for payment in entered[::order]:
                payments.remark(session, payment, "seen", at=NOON, by="clock")
                session.flush()

        for _ in range(EACH):
            storage.transact(work)

    at_once(partial(remark, two[0], 1), partial(remark, two[1], -1))
    assert len(tries) == 2 * EACH
    assert linked(two[0]) == linked(two[0], OTHER_MERCHANT) == 1 + 2 * EACH


def test_a_change_that_was_rolled_back_leaves_no_link(storage: Storage) -> None:
    payment = enter(storage)

    def half(session: Session) -> None:
        payments.move(session, payment, State.QUEUED, at=NOON, by="clock")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        storage.transact(half)
    assert linked(storage) == 1


def test_an_event_of_a_savepoint_that_was_rolled_back_is_not_linked(storage: Storage) -> None:
    payment = enter(storage)

    def some(session: Session) -> None:
        payments.remark(session, payment, "kept", at=NOON, by="clock")
        savepoint = session.begin_nested()
        payments.remark(session, payment, "lost", at=NOON, by="clock")
        session.flush()
        savepoint.rollback()
        with session.begin_nested():
            payments.remark(session, payment, "kept as well", at=NOON, by="clock")

    storage.transact(some)
    assert [one.note for one in storage.transact(payments.events, payment.id)] == ["", "kept", "kept as well"]
    assert linked(storage) == 3


def test_what_is_added_by_hand_is_linked_like_everything_else(storage: Storage) -> None:
    payment = enter(storage)
    event = Event(merchant_id=HOUSE, payment_id=payment.id, at=NOON, by="x", before="", after="draft")
    storage.transact(lambda session: session.add(event))
    assert linked(storage) == 2


def test_many_records_of_one_transaction_move_the_head_once(storage: Storage) -> None:
    def enter_many(session: Session) -> None:
        for _ in range(50):
            payments.create_once(session, draft(), by="person:1")

    storage.transact(enter_many)
    head = storage.transact(Session.get_one, Chain, HOUSE)
    assert linked(storage) == 50
    assert [(one.checked, one.digest) for one in audit.verify(storage)] == [(head.count, head.digest)]


def test_a_digest_is_the_same_in_every_time_zone_and_without_what_is_null() -> None:
    paris = timezone(timedelta(hours=1))
    base = {"id": 1, "at": datetime(2026, 11, 20, 12, tzinfo=UTC)}
    same = {"at": datetime(2026, 11, 20, 13, tzinfo=paris), "later": None, "id": 1}
    assert digest("", 1, "event", base) == digest("", 1, "event", same)


def test_a_digest_of_today_is_the_digest_of_ever() -> None:
    """Chains outlive versions: whoever changes the form breaks every chain that is there."""
    fields = {"id": 7, "merchant_id": 1, "at": NOON, "by": "person:17", "after": State.QUEUED, "note": "été"}
    assert digest("ab" * 32, 12, "event", fields) == (
        "a0193dfc50ffc3d1a759e07096d5eaa7b5a56a85ce2ed4bac3bb65a3b724d204"
    )


words = st.text(max_size=5)
records = st.dictionaries(st.sampled_from(["id", "by", "note"]), words | st.integers() | st.none())


@given(one=st.tuples(words, st.integers(), words, records), other=st.tuples(words, st.integers(), words, records))
def test_different_records_have_different_digests(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    def known(said: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*said[:3], {name: value for name, value in said[3].items() if value is not None})

    assert (digest(*one) == digest(*other)) == (known(one) == known(other))
