from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from storage import notices, payments, states
from storage.engine import Storage
from storage.models import Audience, Payment
from storage.states import IllegalMove, State
from tests.books import GROUP, NOON, enter, move, stands

S = State

TABLE = {
    S.DRAFT: {S.AWAITING_APPROVAL, S.QUEUED, S.CANCELLED, S.EXPIRED},
    S.AWAITING_APPROVAL: {S.QUEUED, S.REJECTED, S.CANCELLED, S.EXPIRED},
    S.QUEUED: {S.SENDING, S.CANCELLED},
    S.SENDING: {S.PENDING, S.SUCCEEDED, S.FAILED, S.UNKNOWN, S.QUEUED},
    S.PENDING: {S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW},
    S.UNKNOWN: {S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW},
    S.SUCCEEDED: {S.REVIEW},
    S.FAILED: {S.REVIEW},
    S.REVIEW: {S.SUCCEEDED, S.FAILED, S.REVERSED},
    S.REVERSED: set[State](),
    S.REJECTED: set[State](),
    S.CANCELLED: {S.REVIEW},
    S.EXPIRED: set[State](),
}

GROUP_HEARS = {S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW, S.REVERSED}


def test_the_table_speaks_of_every_state() -> None:
    assert set(states.LEGAL) == set(TABLE) == set(State)


@pytest.mark.parametrize("after", State)
@pytest.mark.parametrize("before", State)
def test_a_change_is_legal_exactly_where_the_design_says_so(before: State, after: State) -> None:
    if after in TABLE[before]:
        states.check(before, after)
    else:
        with pytest.raises(IllegalMove, match=f"{before} may not become {after}"):
            states.check(before, after)


@pytest.mark.parametrize("state", sorted(states.SETTLED))
def test_from_a_settled_state_only_review_leads_out(state: State) -> None:
    assert states.LEGAL[state] <= {S.REVIEW}


def test_only_a_person_ends_a_review_and_never_by_sending_again() -> None:
    assert not states.LEGAL[S.REVIEW] & states.OPEN


def test_a_payment_that_may_have_been_sent_is_never_cancelled_and_never_expires() -> None:
    for state in states.IN_FLIGHT | {S.REVIEW}:
        assert not states.LEGAL[state] & {S.CANCELLED, S.EXPIRED, S.REJECTED}


def test_only_a_sender_puts_a_payment_back_into_the_queue() -> None:
    back = {state for state in states.LEGAL if S.QUEUED in states.LEGAL[state]}
    assert back == states.UNDECIDED | {S.SENDING}


def test_each_state_is_open_settled_or_under_review() -> None:
    assert states.OPEN | states.SETTLED | {S.REVIEW} == set(State)
    assert not states.OPEN & states.SETTLED
    assert {S.DRAFT, S.AWAITING_APPROVAL, S.QUEUED} == states.CANCELLABLE


STEPS = st.lists(st.tuples(st.sampled_from(State), st.booleans()), max_size=9)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(kind=st.sampled_from(["collection", "payout"]), steps=STEPS)
def test_a_walk_by_move_stays_legal_and_each_change_leaves_one_event_and_its_notices(
    storage: Storage, kind: str, steps: list[tuple[State, bool]]
) -> None:
    """Some steps are taken from a row as it was before the last change; they must change nothing."""
    payment = earlier = enter(storage, kind=kind, state=S.DRAFT)
    changes, group_lines = [S.DRAFT], 0
    hears = GROUP_HEARS | ({S.AWAITING_APPROVAL, S.QUEUED} if kind == "payout" else set())
    for number, (after, from_a_stale_row) in enumerate(steps, start=1):
        seen = earlier if from_a_stale_row else payment
        try:
            moved = move(storage, seen, after, at=NOON + timedelta(seconds=number), by="clock")
        except IllegalMove:
            assert after not in TABLE[seen.state]
            moved = None
        else:
            assert after in TABLE[seen.state]
            assert (moved is None) == (seen.version != payment.version)
        if moved:
            assert moved.version == payment.version + 1
            earlier, payment = payment.model_copy(), moved.model_copy()
            changes.append(after)
            if after in hears or (group_lines and after not in {S.SENDING, S.PENDING}):
                group_lines += 1
        assert stands(storage, payment).model_dump() == payment.model_dump()
    assert payment.version == len(changes) - 1
    events = storage.transact(payments.events, payment.id)
    assert [event.after for event in events] == changes
    assert [event.before for event in events] == ["", *changes[:-1]]
    wanted = {notice.audience: notice.wanted for notice in storage.transact(notices.of, payment.id)}
    assert wanted.pop(Audience.ASKER) == len([state for state in changes if state is not S.SENDING])
    assert wanted == ({Audience.GROUP: group_lines} if group_lines else {})


def test_an_illegal_move_leaves_the_whole_transaction_undone(storage: Storage) -> None:
    payment = enter(storage, state=S.QUEUED)

    def overreach(session: Session) -> None:
        payments.move(session, session.get_one(Payment, payment.id), S.SENDING, at=NOON, by="dispatch")
        payments.move(session, session.get_one(Payment, payment.id), S.REVIEW, at=NOON, by="clock")

    with pytest.raises(IllegalMove):
        storage.transact(overreach)
    assert stands(storage, payment).state is S.QUEUED
    assert len(storage.transact(payments.events, payment.id)) == 1


@pytest.mark.parametrize("state", State)
def test_the_database_keeps_every_state_and_gives_back_the_member(storage: Storage, state: State) -> None:
    assert stands(storage, enter(storage, state=state)).state is state


def test_rows_carry_their_merchant(storage: Storage) -> None:
    payment = enter(storage, state=S.UNKNOWN)
    [event] = storage.transact(payments.events, payment.id)
    both = storage.transact(notices.of, payment.id)
    assert {row.merchant_id for row in both} | {event.merchant_id} == {payment.merchant_id}
    assert {notice.chat_id for notice in both} == {payment.chat_id, GROUP}
