import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.payments.accounts import Accounts
from bot.payments.review import ENDS, PROPOSAL_LIVES, Reviews, TypeReference
from providers.errors import MaybeSent, Reason
from providers.messages import CallbackRequest, Outcome, Report
from providers.money import Money
from storage import notices, people, proposals
from storage.models import Membership, Notice, Payment, Proposal, Role
from storage.people import HOUSE, Member
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OTHER_MERCHANT, OWNER, member
from tests.bot.payments.counter import Counter


@pytest.fixture
def reviews(counter: Counter) -> Reviews:
    ids = (f"PROPOSAL{number}" for number in range(100))
    accounts = Accounts({HOUSE: [counter.system]})
    return Reviews(counter.storage, accounts, counter.clock, lambda: next(ids), counter._changed)


async def in_review(counter: Counter, **changes: object) -> Payment:
    """Sent, and given up without a trace."""
    counter.system.answers = [Report(Outcome.UNKNOWN)]
    counter.system.looks = [Report(Outcome.UNKNOWN)]
    payment = await counter.sent(**changes)
    counter.clock.skip(minutes=31)
    await counter.look()
    stands = counter.now(payment)
    assert stands.state is State.REVIEW
    return stands


def asker_card(counter: Counter, payment: Payment) -> Notice:
    return counter.storage.transact(lambda session: notices.of(session, payment.id)[0])


def owner(counter: Counter) -> Member:
    return member(counter.storage, OWNER)


def approver(counter: Counter) -> Member:
    return member(counter.storage, APPROVER)


def remove(counter: Counter, person_id: int) -> None:
    counter.storage.transact(lambda session: session.delete(session.get_one(Membership, (HOUSE, person_id))))


async def refused(work: Awaitable[object]) -> str:
    with pytest.raises(UserError) as error:
        await work
    return error.value.key


async def test_the_longest_waiting_comes_first_and_other_merchants_stay_out(counter: Counter, reviews: Reviews) -> None:
    late = counter.enter(state=State.REVIEW, created_at=NOON + timedelta(hours=2))
    early = counter.enter(state=State.REVIEW, created_at=NOON)
    counter.enter(state=State.REVIEW, merchant_id=OTHER_MERCHANT)
    counter.enter(state=State.UNKNOWN)
    found = await reviews.queue(owner(counter), limit=10)
    assert [(item.payment.id, item.since) for item in found] == [
        (early.id, NOON),
        (late.id, NOON + timedelta(hours=2)),
    ]
    [second] = await reviews.queue(owner(counter), limit=1, offset=1)
    assert second.payment.id == late.id


async def test_its_age_counts_from_when_it_came_to_a_person(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    counter.clock.skip(hours=1)
    await reviews.look(owner(counter), payment.id)
    item = await reviews.item(owner(counter), payment.id)
    assert item.since == NOON + timedelta(minutes=31)


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("kind", ["collection", "payout"])
async def test_one_proposes_and_another_closes_it(counter: Counter, reviews: Reviews, state: State, kind: str) -> None:
    payment = await in_review(counter, kind=kind)
    proposal = await reviews.propose(owner(counter), payment.id, state, "  seen on\n the statement ")
    assert counter.now(payment).state is State.REVIEW
    assert (await reviews.item(approver(counter), payment.id)).proposal is not None
    closed = await reviews.agree(approver(counter), proposal.id)
    assert (closed.state, closed.reason, closed.detail) == (state, Reason.DECIDED, "seen on the statement")
    assert closed.settled_at == counter.clock.now
    last = counter.events(payment)[-1]
    assert (last.by, last.before, last.after) == (f"person:{APPROVER}", State.REVIEW, state)
    assert last.note == f"decided, proposed by person:{OWNER}: seen on the statement"
    assert await refused(reviews.agree(approver(counter), proposal.id)) == "review.stale"


async def test_a_decision_sends_nothing_and_nothing_is_looked_at_after_it(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter, kind="payout")
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "never left")
    await reviews.agree(approver(counter), proposal.id)
    orders, lookups = len(counter.system.orders), len(counter.system.lookups)
    counter.clock.skip(days=3)
    await counter.send()
    await counter.look()
    assert (len(counter.system.orders), len(counter.system.lookups)) == (orders, lookups)
    assert counter.now(payment).due_at is None


async def test_whoever_proposed_can_not_agree(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    for typed in (None, payment.id):
        assert await refused(reviews.agree(owner(counter), proposal.id, typed)) == "review.second_person"
    assert counter.now(payment).state is State.REVIEW


@pytest.mark.parametrize("person", [CASHIER, ACCOUNTANT])
async def test_only_owners_and_approvers_propose_agree_or_object(
    counter: Counter, reviews: Reviews, person: int
) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    someone = member(counter.storage, person)
    assert await refused(reviews.propose(someone, payment.id, State.FAILED, "I say so")) == "denied.role"
    assert await refused(reviews.agree(someone, proposal.id)) == "denied.role"
    assert await refused(reviews.object(someone, proposal.id)) == "denied.role"


async def test_a_changed_proposal_needs_a_new_word(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    first = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    second = await reviews.propose(owner(counter), payment.id, State.SUCCEEDED, "there after all")
    assert await refused(reviews.agree(approver(counter), first.id)) == "review.stale"
    assert (await reviews.agree(approver(counter), second.id)).state is State.SUCCEEDED


async def test_a_proposal_expires(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    counter.clock.skip(seconds=PROPOSAL_LIVES.total_seconds())
    assert await refused(reviews.agree(approver(counter), proposal.id)) == "review.expired"
    assert (await reviews.item(approver(counter), payment.id)).proposal is None


async def test_a_proposal_of_somebody_who_may_no_longer_decide_is_void(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(approver(counter), payment.id, State.FAILED, "not there")
    remove(counter, APPROVER)
    assert await refused(reviews.agree(owner(counter), proposal.id)) == "review.stale"
    assert counter.now(payment).state is State.REVIEW


async def test_somebody_removed_while_their_tap_was_on_its_way_does_not_decide(
    counter: Counter, reviews: Reviews
) -> None:
    payment = await in_review(counter)
    second = approver(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    remove(counter, APPROVER)
    assert await refused(reviews.agree(second, proposal.id)) == "review.stale"


async def test_alone_one_types_the_reference_and_the_record_says_so(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    remove(counter, APPROVER)
    proposal = await reviews.propose(owner(counter), payment.id, State.SUCCEEDED, "seen there")
    with pytest.raises(TypeReference):
        await reviews.agree(owner(counter), proposal.id)
    assert await refused(reviews.agree(owner(counter), proposal.id, "ID9999")) == "review.not_the_reference"
    closed = await reviews.agree(owner(counter), proposal.id, f" {payment.id.lower()} ")
    assert closed.state is State.SUCCEEDED
    assert counter.events(payment)[-1].note == "decided, alone: seen there"


async def test_alone_no_longer_once_there_is_a_second_person(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    remove(counter, APPROVER)
    proposal = await reviews.propose(owner(counter), payment.id, State.SUCCEEDED, "seen there")
    counter.storage.transact(
        lambda session: people.enrol(session, HOUSE, APPROVER, Role.APPROVER, now=counter.clock.now)
    )
    assert await refused(reviews.agree(owner(counter), proposal.id, payment.id)) == "review.second_person"


async def test_who_does_not_agree_takes_the_proposal_away(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    await reviews.object(approver(counter), proposal.id)
    assert await refused(reviews.agree(approver(counter), proposal.id)) == "review.stale"
    assert counter.now(payment).state is State.REVIEW
    assert counter.events(payment)[-1].note == "does not agree with failed"


async def test_of_two_who_agree_at_once_one_decides(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    proposal = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    again = (reviews.agree(approver(counter), proposal.id) for _ in range(5))
    ends = await asyncio.gather(*again, return_exceptions=True)
    assert sum(isinstance(end, Payment) for end in ends) == 1
    assert counter.walk(payment).count(State.FAILED) == 1


async def test_a_payment_that_left_review_and_came_back_needs_a_new_proposal(
    counter: Counter, reviews: Reviews
) -> None:
    payment = await in_review(counter)
    first = await reviews.propose(owner(counter), payment.id, State.FAILED, "not there")
    row = counter.storage.transact(proposals.by_id, HOUSE, first.id)
    assert row
    await reviews.agree(approver(counter), first.id)
    counter.storage.transact(lambda session: session.merge(Proposal(**row.model_dump())))
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R1", word="SUCCESSFUL")]
    key = str(counter.system.orders[0].key)
    hint = CallbackRequest("GET", {}, {"signature": "good", "reference": "R1", "key": key, "status": "SUCCESSFUL"}, b"")
    await counter.callbacks.receive(HOUSE, "scripted", hint)
    await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.reason, stands.detail) == (State.REVIEW, Reason.CONTRADICTION, "")
    assert await refused(reviews.agree(approver(counter), first.id)) == "review.stale"


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 201])
async def test_a_reason_says_something_in_a_line(counter: Counter, reviews: Reviews, reason: str) -> None:
    payment = await in_review(counter)
    work = reviews.propose(owner(counter), payment.id, State.FAILED, reason)
    assert await refused(work) == "review.reason_length"


@pytest.mark.parametrize("state", sorted(set(State) - {State.REVIEW}))
async def test_nothing_else_can_be_decided(counter: Counter, reviews: Reviews, state: State) -> None:
    payment = counter.enter(state=state)
    work = reviews.propose(owner(counter), payment.id, State.SUCCEEDED, "I say so")
    assert await refused(work) == "review.closed"


async def test_what_the_system_says_now_is_advice_on_record(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter, extras={"otp": "1234"})
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R9", word="SUCCESSFUL", amount=Money(7, "XAF"))]
    [advice] = await reviews.look(owner(counter), payment.id)
    assert advice.report
    assert (advice.report.outcome, advice.quarrel) == (Outcome.SUCCEEDED, "amount 7 XAF")
    stands = counter.now(payment)
    assert (stands.state, stands.reference) == (State.REVIEW, "R9")
    assert (counter.events(payment)[-1].by, counter.events(payment)[-1].note) == ("poll", "succeeded SUCCESSFUL")
    assert "otp" not in counter.system.lookups[-1].extras


async def test_a_reference_that_a_callback_brings_is_kept_for_who_decides_and_decides_nothing(
    counter: Counter, reviews: Reviews
) -> None:
    payment = await in_review(counter)
    card = asker_card(counter, payment)
    called = {"signature": "good", "reference": "R9", "key": str(counter.system.orders[0].key), "status": "FAILED"}
    await counter.callbacks.receive(HOUSE, "scripted", CallbackRequest("GET", {}, called, b""))
    assert asker_card(counter, payment).wanted == card.wanted + 1  # it names the reference now
    await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.reason, stands.reference) == (State.REVIEW, Reason.NO_TRACE, "R9")
    [file] = await reviews.files(owner(counter), payment.id)
    assert (file.payment.reference, file.heard[-1].note) == ("R9", "scripted calls back: FAILED")
    counter.system.looks = [Report(Outcome.FAILED, reference="R9", word="FAILED")]
    [advice] = await reviews.look(owner(counter), payment.id)
    assert advice.report
    assert (counter.system.lookups[-1].reference, advice.report.outcome) == ("R9", Outcome.FAILED)
    assert counter.now(payment).state is State.REVIEW


async def test_no_answer_is_no_advice(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    counter.system.looks = [MaybeSent("gone")]
    before = len(counter.events(payment))
    [advice] = await reviews.look(owner(counter), payment.id)
    assert advice.report is None
    assert len(counter.events(payment)) == before


async def test_what_was_never_sent_is_nobodys_to_ask(counter: Counter, reviews: Reviews) -> None:
    payment = counter.enter(state=State.REVIEW)
    assert await refused(reviews.look(owner(counter), payment.id)) == "review.never_sent"


async def test_a_cashier_sees_no_queue(counter: Counter, reviews: Reviews) -> None:
    payment = await in_review(counter)
    cashier = member(counter.storage, CASHIER)
    assert await refused(reviews.queue(cashier, limit=5)) == "denied.role"
    assert await refused(reviews.files(cashier, payment.id)) == "denied.role"
    assert [item.payment.id for item in await reviews.queue(member(counter.storage, ACCOUNTANT), limit=5)] == [
        payment.id
    ]
