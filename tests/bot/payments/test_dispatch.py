import asyncio
from datetime import timedelta

import pytest

from bot.payments.dispatch import KEEP_TRYING, LEASE
from providers.errors import (
    BadCallback,
    MaybeSent,
    Misconfigured,
    NotSent,
    ProviderError,
    Reason,
    Refused,
    Unsupported,
)
from providers.messages import Kind, Outcome, Report
from providers.money import Money
from storage.states import State
from tests.books import PHONE
from tests.bot.payments.counter import Counter

S = State


@pytest.mark.parametrize("kind", ["collection", "payout"])
async def test_a_queued_payment_is_sent_once_with_all_that_the_system_needs(counter: Counter, kind: str) -> None:
    payment = await counter.sent(kind=kind)
    await counter.send()
    [order] = counter.system.orders
    assert (order.amount, order.msisdn, order.operator, order.description) == (
        Money(5000, "XAF"),
        PHONE,
        "MTN",
        "shoes",
    )
    assert counter.attempts(payment) == [(str(order.key), 1)]
    assert order.key.version == 4
    assert (payment.state, payment.reference, payment.sent_at) == (S.PENDING, "R1", counter.clock.now)
    assert counter.walk(payment) == ["queued", "sending", "pending"]


ANSWERS = [
    (Report(Outcome.PENDING), S.PENDING, ""),
    (Report(Outcome.SUCCEEDED), S.SUCCEEDED, ""),
    (Report(Outcome.FAILED, reason=Reason.DECLINED), S.FAILED, Reason.DECLINED),
    (Report(Outcome.UNKNOWN), S.UNKNOWN, ""),
    (Refused(Reason.BALANCE_TOO_LOW, "Insufficient balance", code="ER301"), S.FAILED, Reason.BALANCE_TOO_LOW),
    (Misconfigured("Invalid token"), S.FAILED, Reason.MISCONFIGURED),
    (Unsupported("no such call"), S.FAILED, Reason.NOT_ALLOWED),
    (MaybeSent("read timeout"), S.UNKNOWN, ""),
    (NotSent(), S.QUEUED, Reason.UNREACHABLE),
    (NotSent(Reason.LIMIT_REACHED, "slow down"), S.QUEUED, Reason.LIMIT_REACHED),
    (BadCallback("not even possible here"), S.UNKNOWN, ""),
    (ProviderError(Reason.OTHER), S.UNKNOWN, ""),
    (ValueError("a gateway's own fault"), S.UNKNOWN, ""),
    (KeyError("status"), S.UNKNOWN, ""),
    (TimeoutError(), S.UNKNOWN, ""),
    (Report(Outcome.SUCCEEDED, amount=Money(1, "XAF")), S.REVIEW, Reason.MISMATCH),
]


@pytest.mark.parametrize(("answer", "state", "reason"), ANSWERS, ids=lambda value: repr(value)[:40])
async def test_each_answer_has_one_meaning(
    counter: Counter, answer: Report | Exception, state: State, reason: str
) -> None:
    counter.system.answers = [answer]
    payment = await counter.sent()
    assert (payment.state, payment.reason) == (state, reason)
    assert counter.changes == 1


@pytest.mark.parametrize(("answer", "state", "reason"), ANSWERS, ids=lambda value: repr(value)[:40])
async def test_only_what_never_left_is_sent_again_and_then_under_the_same_key(
    counter: Counter, answer: Report | Exception, state: State, reason: str
) -> None:
    counter.system.answers = [answer]
    payment = await counter.sent()
    for _ in range(3):
        counter.clock.skip(seconds=60)
        await counter.send()
    sent = [order.key for order in counter.system.orders]
    assert len(sent) == (4 if state is S.QUEUED else 1)
    assert counter.attempts(payment) == [(str(sent[0]), len(sent))]
    assert len(set(sent)) == 1


async def test_doubt_keeps_the_systems_words(counter: Counter) -> None:
    counter.system.answers = [MaybeSent("502 from a proxy", code="502")]
    payment = await counter.sent()
    assert payment.detail == "502 from a proxy"
    assert "502" in counter.events(payment)[-1].note


async def test_a_sender_that_dies_before_the_reply_leaves_a_payment_that_is_asked_about(counter: Counter) -> None:
    payment = counter.queued()
    await counter.begin()
    await counter.drop()
    assert counter.now(payment).state is S.SENDING
    assert len(counter.attempts(payment)) == 1

    counter.system.awake.set()
    counter.clock.now += LEASE
    await counter.send()
    await counter.look()
    assert counter.walk(payment) == ["queued", "sending", "unknown", "pending"]
    assert len(counter.system.orders) == 1
    assert [lookup.key for lookup in counter.system.lookups] == [counter.system.orders[0].key]


async def test_a_sender_that_dies_before_the_first_byte_is_no_reason_to_send_again_either(counter: Counter) -> None:
    payment = counter.queued()
    await counter.dispatch.tick()
    await counter.drop()
    counter.clock.skip(minutes=10)
    await counter.send()
    assert counter.now(payment).state is S.SENDING
    assert counter.system.orders == []


async def test_a_reply_that_comes_after_the_lease_still_counts(counter: Counter) -> None:
    counter.system.looks = [Report(Outcome.UNKNOWN)]
    payment = counter.queued()
    await counter.begin()
    counter.clock.skip(minutes=2)
    await counter.look()
    assert counter.now(payment).state is S.UNKNOWN
    await counter.end()
    assert counter.now(payment).state is S.PENDING
    assert len(counter.system.orders) == 1


async def test_not_sent_that_comes_after_the_lease_does_not_send_again(counter: Counter) -> None:
    """Somebody else has begun to ask by then: what they hear decides."""
    counter.system.answers, counter.system.looks = [NotSent()], [Report(Outcome.UNKNOWN)]
    payment = counter.queued()
    await counter.begin()
    counter.clock.skip(minutes=2)
    await counter.look()
    await counter.end()
    await counter.send()
    assert counter.now(payment).state is S.UNKNOWN
    assert len(counter.system.orders) == 1


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (17.0, 17)])
async def test_what_was_not_sent_waits_as_long_as_the_system_asks(
    counter: Counter, retry_after: float | None, wait: int
) -> None:
    counter.system.answers = [NotSent(retry_after=retry_after)]
    payment = await counter.sent()
    assert payment.due_at == counter.clock.now + timedelta(seconds=wait)
    counter.clock.skip(seconds=wait - 1)
    await counter.send()
    assert len(counter.system.orders) == 1
    counter.clock.skip(seconds=1)
    await counter.send()
    assert len(counter.system.orders) == 2


async def test_what_was_not_sent_at_first_goes_through_later(counter: Counter) -> None:
    counter.system.answers = [NotSent(), NotSent(), Report(Outcome.PENDING, reference="R1")]
    payment = await counter.sent()
    for _ in range(2):
        counter.clock.skip(seconds=5)
        await counter.send()
    after = counter.now(payment)
    assert (after.state, after.reason) == (S.PENDING, "")
    assert counter.attempts(payment) == [(str(counter.system.orders[0].key), 3)]


async def test_a_system_that_cannot_be_reached_for_too_long_has_failed_the_payment(counter: Counter) -> None:
    counter.system.answers = [NotSent(detail="connection refused")]
    payment = await counter.sent()
    while counter.now(payment).state is S.QUEUED:
        counter.clock.skip(seconds=5)
        await counter.send()
    failed = counter.now(payment)
    assert (failed.state, failed.reason, failed.due_at) == (S.FAILED, Reason.UNREACHABLE, None)
    assert timedelta() <= counter.clock.now - counter.events(payment)[0].at - KEEP_TRYING <= timedelta(seconds=10)
    assert counter.events(payment)[-1].note == "never sent"


async def test_a_payment_without_its_account_waits_and_fails_in_the_end(counter: Counter) -> None:
    payment = await counter.sent(provider="closed", operator="NEXTTEL")
    assert (payment.state, payment.reason) == (S.QUEUED, Reason.MISCONFIGURED)
    counter.clock.now += KEEP_TRYING
    counter.clock.skip(seconds=1)
    await counter.send()
    assert counter.now(payment).state is S.FAILED
    assert counter.system.orders == []


@pytest.mark.parametrize("state", sorted(set(State) - {S.QUEUED}))
async def test_nothing_but_a_queued_payment_is_ever_sent(counter: Counter, state: State) -> None:
    counter.enter(state=state, due_at=counter.clock.now)
    await counter.send()
    assert counter.system.orders == []


async def test_no_more_is_claimed_than_there_are_hands(counter: Counter) -> None:
    rows = [counter.queued() for _ in range(12)]
    await counter.begin()
    await counter.dispatch.tick()
    states = [counter.now(row).state for row in rows]
    assert (states.count(S.SENDING), states.count(S.QUEUED)) == (8, 4)
    await counter.drop()


async def test_two_ticks_at_once_send_each_payment_once(counter: Counter) -> None:
    for _ in range(5):
        counter.queued()
    await asyncio.gather(*(counter.dispatch.tick() for _ in range(4)))
    await counter.senders.drain(5)
    assert len(counter.system.orders) == len({order.key for order in counter.system.orders}) == 5


async def test_a_kind_that_the_system_has_no_call_for_has_failed(counter: Counter) -> None:
    payment = await counter.sent(kind=Kind.AIRTIME)
    assert (payment.state, payment.reason) == (S.FAILED, Reason.NOT_ALLOWED)
