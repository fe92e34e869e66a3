from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from storage import notices, payments, people
from storage.engine import Storage
from storage.models import Audience, Merchant, Notice, Payment
from storage.notices import Subject
from storage.people import HOUSE
from storage.states import State
from tests.books import GROUP, NOON, OWNER, enter, move, stands

LEASE = timedelta(seconds=60)
LATER = NOON + timedelta(minutes=5)
S = State

TOLD_OF_COLLECTIONS = {S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW, S.REVERSED}
TOLD_OF_PAYOUTS = TOLD_OF_COLLECTIONS | {S.AWAITING_APPROVAL, S.QUEUED}


def told(storage: Storage, payment: Payment) -> dict[Audience, Notice]:
    return {notice.audience: notice for notice in storage.transact(notices.of, payment.id)}


def claimed(storage: Storage, now: datetime = NOON, limit: int = 50) -> list[tuple[Notice, Subject, Merchant]]:
    """Both audiences', the askers' first."""
    return [
        owed
        for audience in Audience
        for owed in storage.transact(notices.claim, audience, now=now, lease=LEASE, limit=limit)
    ]


def test_a_change_that_is_undone_leaves_no_notice(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING)

    def breaks(session: Session) -> None:
        payments.move(session, session.get_one(Payment, payment.id), S.SUCCEEDED, at=NOON, by="poll")
        assert notices.of(session, payment.id)[1].audience is Audience.GROUP
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk"):
        storage.transact(breaks)
    [asker] = told(storage, payment).values()
    assert asker.wanted == 1
    assert stands(storage, payment).state is S.PENDING


def test_a_notice_is_due_at_once_and_shows_the_row_as_it_is_now(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING)
    move(storage, payment.model_copy(), S.SUCCEEDED, at=NOON, by="poll")
    shown = {
        notice.audience: (row.state, merchant.id)
        for notice, row, merchant in claimed(storage)
        if isinstance(row, Payment)
    }
    assert shown == {Audience.ASKER: (S.SUCCEEDED, HOUSE), Audience.GROUP: (S.SUCCEEDED, HOUSE)}


def test_a_claimed_notice_is_hidden_until_its_lease_has_run_out(storage: Storage) -> None:
    enter(storage)
    assert len(claimed(storage)) == 1
    assert claimed(storage, NOON + LEASE - timedelta(seconds=1)) == []
    assert len(claimed(storage, NOON + LEASE)) == 1


def test_the_longest_owed_notices_are_claimed_first(storage: Storage) -> None:
    enter(storage, created_at=LATER)
    first = enter(storage, created_at=NOON)
    [(_, payment, _)] = claimed(storage, LATER, limit=1)
    assert payment.id == first.id


def test_what_is_delivered_is_owed_no_more(storage: Storage) -> None:
    payment = enter(storage)
    [(notice, _, _)] = claimed(storage)
    storage.transact(notices.delivered, notice, 77, NOON)
    asker = told(storage, payment)[Audience.ASKER]
    assert (asker.message_id, asker.shown, asker.wanted, asker.due_at) == (77, 1, 1, None)


def test_a_change_that_comes_while_one_is_being_delivered_keeps_it_due(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING)
    [(notice, _, _)] = claimed(storage)
    move(storage, payment, S.SUCCEEDED, at=NOON, by="poll")
    storage.transact(notices.delivered, notice, 77, LATER)
    asker = told(storage, payment)[Audience.ASKER]
    assert (asker.message_id, asker.shown, asker.wanted, asker.due_at) == (77, 1, 2, LATER)


def test_a_postponed_notice_keeps_its_error_and_counts_its_tries(storage: Storage) -> None:
    payment = enter(storage)
    [(notice, _, _)] = claimed(storage)
    storage.transact(notices.postpone, notice, "Flood control", LATER)
    assert claimed(storage, LATER - timedelta(seconds=1)) == []
    [(again, _, _)] = claimed(storage, LATER)
    assert (again.id, again.error, again.tries) == (notice.id, "Flood control", 1)
    assert told(storage, payment)[Audience.ASKER].shown == 0


def test_a_notice_given_up_is_tried_again_at_the_next_change(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING)
    [(notice, _, _)] = claimed(storage)
    storage.transact(notices.postpone, notice, "bot was kicked", None)
    assert claimed(storage, LATER) == []
    move(storage, payment, S.SUCCEEDED, at=LATER, by="poll")
    asker = told(storage, payment)[Audience.ASKER]
    assert (asker.due_at, asker.error) == (LATER, "bot was kicked")


def test_a_message_that_is_gone_is_sent_anew(storage: Storage) -> None:
    payment = enter(storage)
    [(notice, _, _)] = claimed(storage)
    storage.transact(notices.delivered, notice, 77, NOON)
    storage.transact(notices.forget_message, notice, LATER)
    asker = told(storage, payment)[Audience.ASKER]
    assert (asker.message_id, asker.due_at) == (None, LATER)


def test_a_group_with_a_new_id_is_followed_everywhere(storage: Storage) -> None:
    new = GROUP - 1
    owed, shown = enter(storage, state=S.UNKNOWN), enter(storage, state=S.UNKNOWN)
    in_the_group = enter(storage, chat_id=GROUP)
    delivered = told(storage, shown)[Audience.GROUP]
    storage.transact(notices.delivered, delivered, 77, NOON)
    storage.transact(notices.follow_group, GROUP, new, LATER)

    assert told(storage, owed)[Audience.GROUP].chat_id == new
    assert told(storage, owed)[Audience.GROUP].due_at == LATER
    after = told(storage, shown)[Audience.GROUP]
    assert (after.chat_id, after.message_id, after.due_at) == (new, None, None)
    assert stands(storage, in_the_group).chat_id == new
    assert told(storage, in_the_group)[Audience.ASKER].chat_id == new
    assert told(storage, owed)[Audience.ASKER].chat_id == OWNER
    assert told(storage, enter(storage, state=S.UNKNOWN))[Audience.GROUP].chat_id == new


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("kind", "hears"), [("collection", TOLD_OF_COLLECTIONS), ("payout", TOLD_OF_PAYOUTS)])
def test_the_group_hears_first_of_a_payment_in_a_state_that_concerns_it(
    storage: Storage, kind: str, hears: set[State], state: State
) -> None:
    assert (Audience.GROUP in told(storage, enter(storage, kind=kind, state=state))) == (state in hears)


def test_what_looks_the_same_is_not_told_again_and_the_group_is_spared_what_is_on_its_way(storage: Storage) -> None:
    """Telegram takes twenty messages a minute in a group: they must not be spent on nothing."""
    payment = enter(storage, kind="payout", state=S.QUEUED)
    heard = []
    for state in (S.SENDING, S.PENDING, S.SUCCEEDED):
        moved = move(storage, payment, state, at=NOON, by="reply")
        assert moved
        payment = moved
        now = told(storage, payment)
        heard.append((now[Audience.ASKER].wanted, now[Audience.GROUP].wanted))
    assert heard == [(1, 1), (2, 1), (3, 2)]


def test_there_is_no_group_line_when_the_askers_chat_is_the_group(storage: Storage) -> None:
    assert set(told(storage, enter(storage, state=S.SUCCEEDED, chat_id=GROUP))) == {Audience.ASKER}


def test_a_line_begun_in_another_group_goes_on_when_the_askers_chat_becomes_the_group(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING)
    move(storage, payment, S.UNKNOWN)
    begun = told(storage, payment)[Audience.GROUP]
    storage.transact(people.choose_group, HOUSE, payment.chat_id)
    move(storage, stands(storage, payment), S.REVIEW)
    assert told(storage, payment)[Audience.GROUP].wanted == begun.wanted + 1


def test_there_is_no_group_line_where_there_is_no_group(storage: Storage) -> None:
    def leave(session: Session) -> None:
        session.get_one(Merchant, HOUSE).admin_chat_id = None

    storage.transact(leave)
    assert set(told(storage, enter(storage, state=S.SUCCEEDED))) == {Audience.ASKER}
