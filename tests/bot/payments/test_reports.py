from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.payments.reports import apply_report, judge
from bot.payments.schedule import next_look
from providers.errors import Reason
from providers.messages import Kind, Outcome, Report
from providers.money import Money
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import HOUSE
from storage.states import IN_FLIGHT, SETTLED, State
from tests.books import NOON, OTHER_MERCHANT, draft, enter, stands
from tests.bot.payments.counter import PACE

S = State
KEY = "00000000-0000-4000-8000-000000000001"
WAITING = IN_FLIGHT | {S.QUEUED}
NEXT = {
    Outcome.PENDING: S.PENDING,
    Outcome.SUCCEEDED: S.SUCCEEDED,
    Outcome.FAILED: S.FAILED,
    Outcome.UNKNOWN: S.UNKNOWN,
}


def expected(state: State, outcome: Outcome) -> State | None:
    """The whole table: what has not ended follows the report; what has ended stays, or needs a person."""
    if state in WAITING:
        return NEXT[outcome]
    against = {
        S.SUCCEEDED: {Outcome.FAILED},
        S.FAILED: {Outcome.SUCCEEDED},
        S.CANCELLED: {Outcome.PENDING, Outcome.SUCCEEDED},
    }
    if outcome in against.get(state, ()):
        return S.REVIEW
    return None


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("state", State)
def test_each_word_about_each_state_has_one_meaning(state: State, outcome: Outcome) -> None:
    assert judge(draft(state=state), Report(outcome), set()).state is expected(state, outcome)


DIFFERENT: dict[str, dict[str, Any]] = {
    "amount": {"amount": Money(5001, "XAF")},
    "nothing": {"amount": Money(0, "XAF")},
    "currency": {"amount": Money(5000, "XOF")},
    "kind": {"kind": Kind.PAYOUT},
    "key": {"key": "somebody-elses"},
    "reference": {"reference": "R2"},
}


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED])
@pytest.mark.parametrize("state", sorted(WAITING))
@pytest.mark.parametrize("said", DIFFERENT.values(), ids=DIFFERENT)
def test_an_end_that_speaks_of_another_payment_is_for_a_person(
    said: dict[str, Any], state: State, outcome: Outcome
) -> None:
    verdict = judge(draft(state=state, reference="R1"), Report(outcome, **said), {KEY})
    assert verdict.state is S.REVIEW
    assert verdict.changes["reason"] is Reason.MISMATCH
    assert verdict.changes.keys() <= {"reason", "detail"}


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.UNKNOWN])
def test_a_report_that_ends_nothing_never_changes_a_reference_that_is_known(outcome: Outcome) -> None:
    """Or the next look would ask about somebody else's payment, and believe the answer."""
    verdict = judge(draft(state=S.PENDING, reference="R1"), Report(outcome, reference="R2"), set())
    assert "reference" not in verdict.changes


def test_an_end_that_agrees_in_everything_is_believed() -> None:
    report = Report(Outcome.SUCCEEDED, reference="R1", key=KEY, kind=Kind.COLLECTION, amount=Money(5000, "XAF"))
    verdict = judge(draft(state=S.PENDING, reference="R1"), report, {KEY})
    assert verdict.state is S.SUCCEEDED


def test_what_a_report_says_besides_is_written_down_and_what_it_does_not_say_is_kept() -> None:
    payment = draft(state=S.PENDING, reference="R1", payer_hint="*126#", reason="unreachable")
    report = Report(
        Outcome.SUCCEEDED, operator="ORANGE", operator_reference="M1", fee=Money(100, "XAF"), word="SUCCESSFUL"
    )
    verdict = judge(payment, report, set())
    assert verdict.changes == {
        "operator": "ORANGE",
        "operator_reference": "M1",
        "fee": 100,
        "fee_told": True,
        "reason": "",
    }
    assert verdict.note == "succeeded SUCCESSFUL"


def test_a_fee_in_another_currency_is_not_taken_for_ours() -> None:
    verdict = judge(draft(state=S.PENDING), Report(Outcome.SUCCEEDED, fee=Money(100, "USD")), set())
    assert not verdict.changes.keys() & {"fee", "fee_told"}


@pytest.mark.parametrize("state", sorted(set(State) - WAITING - {S.SUCCEEDED, S.FAILED, S.CANCELLED}))
def test_what_is_said_of_a_payment_that_only_a_person_may_change_is_noted(storage: Storage, state: State) -> None:
    payment = enter(storage, state=state)
    report(storage, payment, Report(Outcome.SUCCEEDED, word="SUCCESSFUL"))
    assert stands(storage, payment).model_dump() == payment.model_dump()
    assert walk(storage, payment)[-1] == (state, state, "succeeded SUCCESSFUL")


def report(storage: Storage, payment: Payment, said: Report, by: str = "poll") -> Payment:
    at = NOON + timedelta(seconds=60)
    after = storage.transact(apply_report, payment.merchant_id, payment.id, said, at=at, by=by, pace=PACE)
    assert after
    return after


def walk(storage: Storage, payment: Payment) -> list[tuple[str, str, str]]:
    found = storage.transact(payments.events, payment.id)
    return [(event.before, event.after, event.note) for event in found]


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("state", State)
def test_the_same_holds_in_the_books(storage: Storage, state: State, outcome: Outcome) -> None:
    after = report(storage, enter(storage, state=state, sent_at=NOON), Report(outcome))
    assert after.state is (expected(state, outcome) or state)
    assert stands(storage, after).model_dump() == after.model_dump()


@pytest.mark.parametrize("state", sorted(SETTLED))
@pytest.mark.parametrize("outcome", Outcome)
def test_an_ended_payment_is_never_changed_except_for_review(storage: Storage, state: State, outcome: Outcome) -> None:
    payment = enter(storage, state=state, reference="R1")
    report(storage, payment, Report(outcome, reference="R2", operator="ORANGE", fee=Money(9, "XAF"), detail="x"))
    after = stands(storage, payment)
    if after.state is S.REVIEW:
        assert (after.reason, after.reference, after.fee) == (Reason.CONTRADICTION, "R1", None)
    else:
        assert after.model_dump() == payment.model_dump()


def test_a_report_about_a_payment_that_waits_to_be_sent_again_shows_that_it_was_sent(storage: Storage) -> None:
    payment = enter(storage, state=S.QUEUED, due_at=NOON)
    after = report(storage, payment, Report(Outcome.PENDING, reference="R1"))
    assert (after.state, after.reference) == (S.PENDING, "R1")
    assert [after for _, after, _ in walk(storage, payment)] == ["queued", "sending", "pending"]


def test_a_mismatch_in_the_very_first_reply_passes_doubt_on_its_way_to_a_person(storage: Storage) -> None:
    payment = enter(storage, state=S.SENDING, sent_at=NOON)
    after = report(storage, payment, Report(Outcome.SUCCEEDED, amount=Money(1, "XAF")), by="reply")
    assert (after.state, after.due_at) == (S.REVIEW, None)
    assert [after for _, after, _ in walk(storage, payment)] == ["sending", "unknown", "review"]


def test_a_report_without_news_is_no_change_but_the_next_look_is_set(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING, sent_at=NOON, looks=4, misses=1)
    report(storage, payment, Report(Outcome.PENDING))
    after = stands(storage, payment)
    assert (after.version, after.looks, after.misses) == (0, 5, 0)
    assert after.due_at == next_look(payment, NOON + timedelta(seconds=60), PACE)
    assert len(walk(storage, payment)) == 1


@pytest.mark.parametrize("outcome", Outcome)
def test_only_an_open_payment_is_looked_at_again(storage: Storage, outcome: Outcome) -> None:
    after = report(storage, enter(storage, state=S.SENDING, sent_at=NOON), Report(outcome))
    assert (after.due_at is not None) == (after.state in IN_FLIGHT)


def test_a_payment_of_another_merchant_is_not_touched(storage: Storage) -> None:
    payment = enter(storage, state=S.PENDING, merchant_id=OTHER_MERCHANT)
    said = Report(Outcome.SUCCEEDED)
    assert storage.transact(apply_report, HOUSE, payment.id, said, at=NOON, by="poll", pace=PACE) is None
    assert storage.transact(apply_report, HOUSE, "nowhere", said, at=NOON, by="poll", pace=PACE) is None
    assert stands(storage, payment).state is S.PENDING


REPORTS = st.builds(
    Report,
    outcome=st.sampled_from(Outcome),
    reference=st.sampled_from(["", "R1", "R2"]),
    key=st.sampled_from(["", KEY, "somebody-elses"]),
    kind=st.sampled_from([None, Kind.COLLECTION, Kind.PAYOUT]),
    amount=st.sampled_from([None, Money(5000, "XAF"), Money(1, "XAF")]),
    reason=st.sampled_from([None, Reason.DECLINED]),
    detail=st.sampled_from(["", "x"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(start=st.sampled_from(sorted(WAITING)), said=st.lists(REPORTS, max_size=8))
def test_no_sequence_of_reports_turns_one_end_into_the_other(
    storage: Storage, start: State, said: list[Report]
) -> None:
    payment = enter(storage, state=start, sent_at=NOON, reference="")
    for one in said:
        report(storage, payment, one)
    changes = [(before, after) for before, after, _ in walk(storage, payment) if before not in {"", after}]
    ended = {S.SUCCEEDED, S.FAILED}
    assert all(after == S.REVIEW for before, after in changes if before in ended)
    assert not [after for before, after in changes if before == S.REVIEW]
    references = {one.reference for one in said} - {""}
    assert stands(storage, payment).reference in references | {""}
