"""A second person's word and the merchant's sums, at the rows: what is counted, what is refused, and what races."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session

from bot.errors import UserError
from bot.payments import decisions, limits
from bot.payments.brake import Brake
from bot.payments.decisions import PLAIN, Unproven, Word
from bot.payments.policy import APPROVAL_LIVES, DAY, FIRST_WAIT, Bounds
from providers.errors import Reason
from providers.messages import Outcome, Report
from storage import payments, policies
from storage.engine import Storage
from storage.models import Membership, Merchant, Payment, Policy, Role
from storage.people import HOUSE
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OWNER, PHONE, member
from tests.bot.payments.counter import Counter, ask

OTHER_PHONE = "237677000002"


def rule(storage: Storage, **bounds: int | None) -> None:
    standard = dict.fromkeys(Bounds.__dataclass_fields__) | bounds
    storage.transact(policies.save, Policy(merchant_id=HOUSE, currency="XAF", **standard))


def out(counter: Counter, asker: int = CASHIER, **changes: Any) -> Payment:
    """A payout's draft whose payee is counted."""
    values = {"kind": "payout", "asker_id": asker, "chat_id": asker, "created_at": counter.clock.now, **changes}
    return counter.enter(payee=values.get("msisdn", PHONE), **values)


async def confirmed(counter: Counter, payment: Payment, word: Word = PLAIN) -> Payment:
    return await counter.payments.confirm(member(counter.storage, payment.asker_id), payment.id, word)


async def waiting(counter: Counter, asker: int = CASHIER, **changes: Any) -> Payment:
    payment = await confirmed(counter, out(counter, asker, **changes))
    assert payment.state is State.AWAITING_APPROVAL
    return payment


async def approve(counter: Counter, payment: Payment, by: int = OWNER, word: Word = PLAIN) -> Payment:
    return await counter.payments.approve(member(counter.storage, by), payment.id, payment.version, word)


def hold(storage: Storage, person: int, role: Role | None) -> None:
    """From now on this person has that role; None removes them."""

    def change(session: Session) -> None:
        membership = session.get_one(Membership, (HOUSE, person))
        if role is None:
            session.delete(membership)
        else:
            membership.role = role
            session.add(membership)

    storage.transact(change)


async def test_an_approval_lets_go_what_was_asked_and_names_both_people(counter: Counter) -> None:
    payment = await waiting(counter)
    assert payment.due_at == NOON + APPROVAL_LIVES
    counter.clock.skip(minutes=59)
    queued = await approve(counter, payment, APPROVER)
    assert (queued.state, queued.asker_id, queued.approver_id) == (State.QUEUED, CASHIER, APPROVER)
    assert queued.confirmed_at == queued.due_at == counter.clock.now
    assert [(one.after, one.by) for one in counter.events(payment)][-2:] == [
        (State.AWAITING_APPROVAL, f"person:{CASHIER}"),
        (State.QUEUED, f"person:{APPROVER}"),
    ]
    await counter.send()
    assert len(counter.system.orders) == 1


@pytest.mark.parametrize("seen", [-1, 0])
async def test_an_approval_is_for_what_was_seen_and_not_for_a_row_that_changed(counter: Counter, seen: int) -> None:
    payment = await waiting(counter)
    counter.storage.transact(
        lambda session: payments.amend(session, payment, at=NOON, by="rules", note="", checks={"left": 1})
    )
    stale = payment.version if seen == 0 else seen
    with pytest.raises(UserError, match=r"approval\.changed"):
        await counter.payments.approve(member(counter.storage, OWNER), payment.id, stale)
    with pytest.raises(UserError, match=r"approval\.changed"):
        await counter.payments.reject(member(counter.storage, OWNER), payment.id, stale)
    assert counter.now(payment).state is State.AWAITING_APPROVAL
    assert (await approve(counter, counter.now(payment))).state is State.QUEUED


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, None])
async def test_nobody_approves_for_a_maker_who_may_no_longer_pay(counter: Counter, role: Role | None) -> None:
    payment = await waiting(counter)
    hold(counter.storage, CASHIER, role)
    with pytest.raises(UserError, match=r"approval\.maker_gone"):
        await approve(counter, payment)
    assert counter.now(payment).state is State.AWAITING_APPROVAL
    rejected = await counter.payments.reject(member(counter.storage, OWNER), payment.id, payment.version)
    assert (rejected.state, rejected.approver_id) == (State.REJECTED, OWNER)


@pytest.mark.parametrize(
    ("maker", "by", "key"),
    [
        (CASHIER, CASHIER, "denied.role"),
        (CASHIER, ACCOUNTANT, "denied.role"),
        (APPROVER, APPROVER, "denied.maker"),
        (OWNER, OWNER, "denied.maker"),
    ],
)
async def test_neither_the_maker_nor_one_without_the_right_approves(
    counter: Counter, maker: int, by: int, key: str
) -> None:
    payment = await waiting(counter, maker, amount=150_000)
    with pytest.raises(UserError) as refused:
        await approve(counter, payment, by)
    assert refused.value.key == key
    assert counter.now(payment).state is State.AWAITING_APPROVAL


async def test_an_approval_after_its_hour_ends_the_payment_instead(counter: Counter) -> None:
    payment = await waiting(counter)
    counter.clock.skip(hours=1)
    assert (await approve(counter, payment)).state is State.EXPIRED
    await counter.send()
    assert counter.system.orders == []


async def test_a_limit_that_came_after_the_question_holds_for_the_answer(counter: Counter) -> None:
    payment = await waiting(counter)
    rule(counter.storage, per_payout=4_999)
    with pytest.raises(UserError, match=r"limit\.per_payout"):
        await approve(counter, payment)
    assert counter.now(payment).state is State.AWAITING_APPROVAL


async def test_a_pause_that_came_after_the_question_holds_for_the_answer(counter: Counter) -> None:
    payment = await waiting(counter)
    await brake(counter).pause(member(counter.storage, CASHIER))
    with pytest.raises(UserError, match=r"paused\.now"):
        await approve(counter, payment)
    assert counter.now(payment).state is State.AWAITING_APPROVAL


async def test_who_approves_from_the_factors_amount_on_must_prove_it_and_one_franc_below_not(counter: Counter) -> None:
    rule(counter.storage, cashier_from=0, factor_from=5_000)
    payment = await waiting(counter, amount=5_000)
    with pytest.raises(Unproven):
        await approve(counter, payment)
    assert counter.now(payment).state is State.AWAITING_APPROVAL
    assert (await approve(counter, payment, word=Word(proven=True))).state is State.QUEUED
    below = await waiting(counter, amount=4_999)
    assert (await approve(counter, below)).state is State.QUEUED


COUNTED = {
    State.AWAITING_APPROVAL: True,
    State.QUEUED: True,
    State.SENDING: True,
    State.PENDING: True,
    State.UNKNOWN: True,
    State.REVIEW: True,
    State.SUCCEEDED: True,
    State.FAILED: False,
    State.REJECTED: False,
    State.CANCELLED: False,
    State.EXPIRED: False,
    State.DRAFT: False,
}


@pytest.mark.parametrize(("state", "counts"), COUNTED.items())
@pytest.mark.parametrize("limit", ["per_person", "per_payee"])
async def test_what_may_have_left_counts_and_what_surely_did_not_does_not(
    counter: Counter, limit: str, state: State, counts: bool
) -> None:
    rule(counter.storage, **{limit: 7_000})
    out(counter, state=state, amount=4_000, confirmed_at=NOON)
    payment = out(counter, amount=3_001)
    if counts:
        with pytest.raises(UserError, match=rf"limit\.{limit}"):
            await confirmed(counter, payment)
        assert counter.now(payment).state is State.DRAFT
    else:
        assert (await confirmed(counter, payment)).state is State.QUEUED


async def test_a_sum_reaches_its_limit_to_the_franc_and_is_free_again_after_a_day(counter: Counter) -> None:
    rule(counter.storage, per_person=7_000)
    first = await confirmed(counter, out(counter, amount=4_000))
    assert (await confirmed(counter, out(counter, amount=3_000, msisdn=OTHER_PHONE))).state is State.QUEUED
    with pytest.raises(UserError, match=r"limit\.per_person"):
        await confirmed(counter, out(counter, amount=1, msisdn=OTHER_PHONE))
    assert first.confirmed_at == NOON
    counter.clock.skip(seconds=(DAY + timedelta(seconds=1)).total_seconds())
    assert (await confirmed(counter, out(counter, amount=7_000))).state is State.QUEUED


async def test_each_sum_is_its_own_persons_or_its_own_payees(counter: Counter) -> None:
    rule(counter.storage, per_person=5_000)
    await confirmed(counter, out(counter, CASHIER))
    assert (await confirmed(counter, out(counter, APPROVER, amount=4_000))).state is State.QUEUED
    rule(counter.storage, per_payee=9_000)
    with pytest.raises(UserError, match=r"limit\.per_payee"):
        await confirmed(counter, out(counter, OWNER, amount=1))
    assert (await confirmed(counter, out(counter, OWNER, amount=1, msisdn=OTHER_PHONE))).state is State.QUEUED


async def test_money_that_comes_in_is_under_no_limit_of_money_out(counter: Counter) -> None:
    rule(counter.storage, per_payout=1, per_person=1, per_payee=1, approval_from=0, cashier_from=0, factor_from=0)
    payment = await counter.payments.draft(member(counter.storage, CASHIER), ask())
    assert (await confirmed(counter, payment)).state is State.QUEUED


def test_two_programs_that_confirm_at_once_never_pass_the_sum(counter: Counter, storage: Storage) -> None:
    """Each has its own connection to the same file; every confirmation counts the ones before it."""
    rule(storage, per_person=20_000)
    drafts = [out(counter, msisdn=f"23767700{number:04}") for number in range(12)]
    twins = [Storage(str(storage.engine.url)) for _ in range(2)]
    maker, start = member(storage, CASHIER), Barrier(4)

    def confirms(worker: int) -> list[str]:
        said = []
        start.wait()
        for payment in drafts[worker::4]:
            try:
                twin = twins[worker % 2]
                said.append(str(twin.transact(decisions.confirm, maker, payment.id, NOON, PLAIN).state))
            except UserError as refused:
                said.append(refused.key)
        return said

    with ThreadPoolExecutor(4) as crew:
        said = sorted(word for words in crew.map(confirms, range(4)) for word in words)
    for twin in twins:
        twin.engine.dispose()
    assert said == ["limit.per_person"] * 8 + ["queued"] * 4
    assert sum(counter.now(one).amount for one in drafts if counter.now(one).state is State.QUEUED) == 20_000


async def test_a_draft_is_advised_what_is_left_and_by_whom_it_must_be_seen(counter: Counter) -> None:
    rule(counter.storage, cashier_from=0, per_person=9_000)
    await confirmed(counter, out(counter, amount=4_000))
    weighed = counter.storage.transact(limits.weigh, out(counter, amount=1_000), Role.CASHIER, NOON)
    assert (weighed.checks, weighed.factor) == ({"needs": ["cashier"], "left": 5_000}, False)


def brake(counter: Counter) -> Brake:
    return Brake(counter.storage, counter.clock, lambda: None)


async def test_what_waits_through_a_pause_longer_than_its_confirmation_holds_is_never_sent(counter: Counter) -> None:
    payment = counter.queued(kind="payout")
    owner = member(counter.storage, OWNER)
    await brake(counter).pause(owner)
    for _ in range(20):
        await counter.send()
        counter.clock.skip(minutes=1)
    assert counter.now(payment).state is State.QUEUED
    await brake(counter).resume(owner)
    counter.clock.skip(seconds=6)
    await counter.send()
    stands = counter.now(payment)
    assert (stands.state, stands.reason) == (State.FAILED, Reason.TOO_LATE)
    assert counter.system.orders == []
    assert counter.attempts(payment) == []


async def test_what_waits_through_a_short_pause_leaves_after_it(counter: Counter) -> None:
    payment = counter.queued(kind="payout")
    asked = counter.queued(kind="collection")
    owner = member(counter.storage, OWNER)
    assert await brake(counter).pause(owner)
    assert not await brake(counter).pause(owner)
    await counter.send()
    assert (counter.now(payment).state, counter.now(asked).state) == (State.QUEUED, State.PENDING)
    assert await brake(counter).resume(owner)
    assert not await brake(counter).resume(owner)
    counter.clock.skip(seconds=6)
    await counter.send()
    assert counter.now(payment).state is State.PENDING


async def test_a_first_payment_keeps_its_wait_through_a_pause(counter: Counter) -> None:
    def first_waits(session: Session) -> None:
        session.get_one(Merchant, HOUSE).first_payee = "wait"

    counter.storage.transact(first_waits)
    rule(counter.storage)
    payment = await confirmed(counter, out(counter))
    assert payment.due_at == NOON + FIRST_WAIT
    owner = member(counter.storage, OWNER)
    await brake(counter).pause(owner)
    counter.clock.skip(minutes=2)
    await brake(counter).resume(owner)
    counter.clock.skip(seconds=6)
    await counter.send()
    assert counter.now(payment).state is State.QUEUED
    counter.clock.skip(minutes=8)
    await counter.send()
    assert counter.now(payment).state is State.PENDING


async def test_a_payout_that_succeeded_makes_its_payee_known(counter: Counter) -> None:
    counter.storage.transact(lambda session: setattr(session.get_one(Merchant, HOUSE), "first_payee", "approve"))
    rule(counter.storage)
    first = await waiting(counter)
    assert first.checks["needs"] == ["first_payee"]
    await approve(counter, first)
    counter.system.answers = [Report(Outcome.SUCCEEDED, reference="R1")]
    await counter.send()
    assert counter.now(first).state is State.SUCCEEDED
    assert (await confirmed(counter, out(counter, amount=4_000))).state is State.QUEUED


@pytest.mark.parametrize("became", [State.REVIEW, State.REVERSED])
async def test_a_refund_whose_payment_is_in_doubt_meanwhile_does_not_leave(counter: Counter, became: State) -> None:
    paid = counter.enter(state=State.SUCCEEDED, kind="collection")
    refund = counter.enter(kind="refund", intent=f"refund:{paid.id}:0", asker_id=OWNER)
    counter.storage.transact(lambda session: _set(session, paid, became))
    with pytest.raises(UserError, match=r"refund\.not_paid"):
        await confirmed(counter, refund)
    assert counter.now(refund).state is State.DRAFT


def _set(session: Session, payment: Payment, state: State) -> None:
    session.get_one(Payment, payment.id).state = state
