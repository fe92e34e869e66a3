from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from storage import audit, batches, diary, notices, payments
from storage.engine import Storage
from storage.models import Audience, Batch, Notice, Payment
from storage.people import HOUSE
from storage.states import IllegalMove, State
from tests.books import NOON, OTHER_MERCHANT, OWNER, draft, move
from tests.databases import address_of

S = State
LEASE = timedelta(seconds=30)


def a_batch(storage: Storage, lines: int = 3, name: str = "B1") -> Batch:
    batch = Batch(
        id=name, merchant_id=HOUSE, intent=f"1:{name}", title="x", asker_id=OWNER, chat_id=OWNER, created_at=NOON
    )
    rows = [draft(kind="payout", intent=f"{name}:{line}", line=line, due_at=NOON) for line in range(lines)]
    made, _ = storage.transact(batches.create_once, batch, rows, by="person:1")
    return made


def shift(storage: Storage, batch: Batch, before: list[State], after: State, **more: Any) -> int:
    values = {"at": NOON, "by": "person:1", **more}
    return storage.transact(lambda session: batches.move_lines(session, batch, before, after, **values))


def queue(storage: Storage, batch: Batch) -> int:
    return shift(storage, batch, [S.DRAFT], S.QUEUED, at=NOON, by="person:1", due_at=NOON, confirmed_at=NOON)


def lines(storage: Storage, batch: Batch) -> list[Payment]:
    return storage.transact(batches.lines, batch.id)


def test_a_batch_is_made_once_with_its_lines_and_their_events(storage: Storage) -> None:
    batch = a_batch(storage)
    twin = batch.model_copy(update={"id": "B2"})
    again, new = storage.transact(batches.create_once, twin, [draft(kind="payout")], by="person:1")
    assert (again.id, new) == ("B1", False)
    assert [line.line for line in lines(storage, batch)] == [0, 1, 2]
    assert all(len(storage.transact(payments.events, line.id)) == 1 for line in lines(storage, batch))


def test_every_event_of_a_sheet_is_a_link_of_the_chain(storage: Storage) -> None:
    queue(storage, a_batch(storage))
    [verdict] = [one for one in audit.verify(storage) if one.merchant_id == HOUSE]
    assert verdict.fault == ""
    assert verdict.checked >= 6


def test_of_two_processes_one_moves_the_lines_each_with_one_event(storage: Storage) -> None:
    batch, other = a_batch(storage, 20), Storage(address_of(storage))
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda place: queue(place, batch), [storage, other] * 4))
    other.engine.dispose()
    assert sorted(counts) == [0] * 7 + [20]
    for line in lines(storage, batch):
        assert (line.state, line.version) == (S.QUEUED, 1)
        assert [event.after for event in storage.transact(payments.events, line.id)] == ["draft", "queued"]


def test_a_line_that_somebody_moved_first_is_not_touched(storage: Storage) -> None:
    batch = a_batch(storage)
    queue(storage, batch)
    move(storage, lines(storage, batch)[1], S.SENDING)
    stopped = shift(storage, batch, [S.QUEUED], S.CANCELLED, at=NOON, by="person:1")
    assert stopped == 2
    assert [line.state for line in lines(storage, batch)] == [S.CANCELLED, S.SENDING, S.CANCELLED]
    assert [line.settled_at for line in lines(storage, batch)] == [NOON, None, NOON]


def test_a_move_that_the_table_of_states_lacks_is_refused(storage: Storage) -> None:
    with pytest.raises(IllegalMove):
        shift(storage, a_batch(storage), [S.SENDING], S.CANCELLED, at=NOON, by="x")


def test_a_batch_has_one_board_for_each_audience_and_its_lines_have_none(storage: Storage) -> None:
    batch = a_batch(storage)
    queue(storage, batch)
    for line in lines(storage, batch):
        move(storage, line, S.SENDING)
    for line in lines(storage, batch):
        move(storage, line, S.FAILED)
    every = storage.transact(lambda session: list(session.exec(select(Notice))))
    assert {(notice.batch_id, notice.payment_id, notice.audience) for notice in every} == {
        ("B1", None, audience) for audience in (Audience.ASKER, Audience.GROUP)
    }


def test_boards_follow_their_lines_at_a_pace(storage: Storage) -> None:
    batch = a_batch(storage)
    queue(storage, batch)
    [asker, group] = storage.transact(notices.of, batch.id)
    for notice in (asker, group):
        storage.transact(notices.delivered, notice, 77, NOON)
    move(storage, lines(storage, batch)[0], S.SENDING)
    move(storage, lines(storage, batch)[0], S.UNKNOWN)
    due = {notice.audience: notice.due_at for notice in storage.transact(notices.of, batch.id)}
    assert due == {Audience.ASKER: NOON + timedelta(seconds=2), Audience.GROUP: NOON + timedelta(seconds=6)}


def test_sums_tell_lines_and_money_and_a_fee_only_where_all_have_one(storage: Storage) -> None:
    batch = a_batch(storage)
    [alike] = storage.transact(batches.sums, batch.id)
    assert (alike.lines, alike.amount, alike.fee, alike.state, alike.due_at) == (3, 15_000, None, S.DRAFT, NOON)


def test_a_group_is_of_one_batch_and_no_larger_than_its_system_may_have(storage: Storage) -> None:
    one, two = a_batch(storage), a_batch(storage, name="B2")
    for batch in (one, two):
        queue(storage, batch)

    def claim(session: Session, most: int) -> list[Payment]:
        grouped = batches.in_groups({"scripted"}, set())
        return batches.claim_group(session, grouped, now=NOON, lease=LEASE, most=lambda *_: most)

    assert storage.transact(claim, 0) == []
    first, second, third = (storage.transact(claim, 2) for _ in range(3))
    sizes = [len(group) for group in (first, second, third)]
    assert sizes in ([2, 2, 1], [2, 1, 2])
    assert all(len({line.batch_id for line in group}) == 1 for group in (first, second, third))
    ids = [line.id for group in (first, second, third, storage.transact(claim, 9)) for line in group]
    assert len(ids) == len(set(ids)) == 6


def test_lines_of_groups_and_later_rows_are_left_to_others_and_singles_come_first(storage: Storage) -> None:
    batch = a_batch(storage)
    queue(storage, batch)
    single, _ = storage.transact(
        payments.create_once, draft(state=S.QUEUED, due_at=NOON + timedelta(seconds=1)), by="person:1"
    )
    at = NOON + timedelta(seconds=1)
    grouped = batches.in_groups({"scripted"}, set())
    alone = storage.transact(diary.claim_due, [S.QUEUED], now=at, lease=LEASE, limit=9, without=grouped)
    assert [row.id for row in alone] == [single.id]
    both = storage.transact(diary.claim_due, [S.QUEUED], now=at + LEASE, lease=LEASE, limit=1)
    assert [row.id for row in both] == [single.id]


def test_another_merchants_batch_is_never_found(storage: Storage) -> None:
    a_batch(storage)
    assert storage.transact(batches.get, OTHER_MERCHANT, "B1") is None
    assert storage.transact(batches.by_intent, OTHER_MERCHANT, "1:B1") is None
    assert storage.transact(batches.paid_lately, OTHER_MERCHANT, ["237677777777"], NOON) == []
