from datetime import timedelta

import pytest

from bot.payments.dispatch import LEASE
from bot.payments.schedule import GIVE_UP
from providers.errors import MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.messages import Kind, Outcome, Report
from providers.money import Money
from storage import payments
from storage.states import State
from tests.books import NOON, PHONE
from tests.bot.payments.counter import PACE, Counter

S = State
SECOND = timedelta(seconds=1)
PENDING = Report(Outcome.PENDING, reference="R1")
SILENT = Report(Outcome.UNKNOWN)
NO_ANSWERS = [
    MaybeSent("timeout"),
    NotSent(),
    Misconfigured("Invalid token"),
    Refused(Reason.OTHER, "no such transaction"),
    ValueError("a gateway's own fault"),
]


async def later(counter: Counter, **spans: float) -> None:
    counter.clock.skip(**spans)
    await counter.look()


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (Report(Outcome.SUCCEEDED, reference="R1"), S.SUCCEEDED),
        (Report(Outcome.FAILED, reference="R1", reason=Reason.DECLINED), S.FAILED),
        (PENDING, S.PENDING),
        (SILENT, S.UNKNOWN),
        (Report(Outcome.SUCCEEDED, reference="R2"), S.REVIEW),
        (Report(Outcome.FAILED, amount=Money(4999, "XAF")), S.REVIEW),
    ],
)
async def test_a_look_brings_what_the_system_says(counter: Counter, said: Report, state: State) -> None:
    payment = await counter.sent()
    counter.system.looks = [said]
    await later(counter, seconds=2)
    assert counter.now(payment).state is state
    assert (counter.changes == 2) == (state is not S.PENDING)


async def test_a_look_asks_with_all_that_is_remembered(counter: Counter) -> None:
    await counter.sent(kind="payout")
    await later(counter, seconds=2)
    [lookup] = counter.system.lookups
    assert lookup.kind is Kind.PAYOUT
    assert lookup.key == counter.system.orders[0].key
    assert (lookup.amount, lookup.msisdn, lookup.sent_at, lookup.reference) == (Money(5000, "XAF"), PHONE, NOON, "R1")


async def test_nobody_asks_before_the_time_has_come(counter: Counter) -> None:
    await counter.sent()
    await later(counter, seconds=1)
    assert counter.system.lookups == []
    await later(counter, seconds=1)
    await later(counter, seconds=2)
    assert len(counter.system.lookups) == 1


@pytest.mark.parametrize("state", sorted(set(State) - {S.SENDING, S.PENDING, S.UNKNOWN}))
async def test_nothing_but_a_payment_in_flight_is_ever_asked_about(counter: Counter, state: State) -> None:
    counter.enter(state=state, due_at=NOON)
    await counter.look()
    assert counter.system.lookups == []


@pytest.mark.parametrize("fault", NO_ANSWERS, ids=repr)
async def test_one_look_without_an_answer_is_a_blip_and_the_second_is_doubt(counter: Counter, fault: Exception) -> None:
    payment = await counter.sent()
    counter.system.looks = [fault]
    await later(counter, seconds=2)
    assert (counter.now(payment).state, counter.now(payment).misses) == (S.PENDING, 1)
    await later(counter, seconds=5)
    doubted = counter.now(payment)
    assert (doubted.state, doubted.reason, doubted.misses) == (S.UNKNOWN, Reason.UNREACHABLE, 2)
    assert doubted.due_at


async def test_misses_with_an_answer_between_them_are_no_doubt(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [NotSent(), PENDING, NotSent(), PENDING]
    for _ in range(4):
        await later(counter, seconds=5)
    assert counter.walk(payment) == ["queued", "sending", "pending"]


async def test_an_answer_brings_back_what_was_in_doubt(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [NotSent(), NotSent(), PENDING, Report(Outcome.SUCCEEDED)]
    for _ in range(4):
        await later(counter, seconds=5)
    assert counter.walk(payment) == ["queued", "sending", "pending", "unknown", "pending", "succeeded"]
    assert counter.now(payment).reason == ""


async def test_an_attempt_that_the_system_has_no_trace_of_is_for_a_person_after_its_silence(counter: Counter) -> None:
    counter.system.answers, counter.system.looks = [MaybeSent("timeout")], [SILENT]
    payment = await counter.sent()
    counter.clock.now += PACE.silence
    await counter.look()
    assert counter.now(payment).state is S.UNKNOWN
    await later(counter, minutes=2)
    given_up = counter.now(payment)
    assert (given_up.state, given_up.reason, given_up.due_at) == (S.REVIEW, Reason.NO_TRACE, None)
    assert len(counter.system.orders) == 1


async def test_silence_without_an_answer_is_no_lack_of_trace(counter: Counter) -> None:
    counter.system.answers, counter.system.looks = [MaybeSent("timeout")], [NotSent()]
    payment = await counter.sent()
    for _ in range(5):
        await later(counter, hours=1)
    assert counter.now(payment).state is S.UNKNOWN


async def test_a_payment_that_the_system_knows_is_not_without_trace_though_it_has_no_reference(
    counter: Counter,
) -> None:
    counter.system.answers = counter.system.looks = [Report(Outcome.PENDING)]
    payment = await counter.sent()
    await later(counter, hours=1)
    assert counter.now(payment).state is S.PENDING


@pytest.mark.parametrize("said", [PENDING, SILENT, *NO_ANSWERS], ids=lambda said: repr(said)[:40])
async def test_what_is_still_open_in_the_end_is_for_a_person(counter: Counter, said: Report | Exception) -> None:
    payment = await counter.sent()
    counter.system.looks = [said]
    counter.clock.now = NOON + GIVE_UP - SECOND
    await counter.look()
    assert counter.now(payment).state in {S.PENDING, S.UNKNOWN}
    await later(counter, hours=2)
    given_up = counter.now(payment)
    assert (given_up.state, given_up.reason, given_up.due_at) == (S.REVIEW, Reason.TIMED_OUT, None)
    asked = len(counter.system.lookups)
    await later(counter, days=3)
    assert len(counter.system.lookups) == asked


async def test_a_last_answer_counts_even_at_the_end(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [Report(Outcome.SUCCEEDED)]
    await later(counter, days=5)
    assert counter.now(payment).state is S.SUCCEEDED


async def test_a_payment_whose_sender_died_is_in_doubt_until_the_system_speaks(counter: Counter) -> None:
    payment = counter.queued()
    await counter.dispatch.tick()
    await counter.drop()
    counter.system.looks = [SILENT]
    counter.clock.now += LEASE - SECOND
    await counter.look()
    assert counter.now(payment).state is S.SENDING
    await later(counter, seconds=1)
    assert counter.now(payment).state is S.UNKNOWN
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R9")]
    await later(counter, minutes=1)
    assert (counter.now(payment).state, counter.now(payment).reference) == (S.SUCCEEDED, "R9")


async def test_an_account_that_was_closed_leaves_doubt_and_not_a_failure(counter: Counter) -> None:
    payment = await counter.sent()

    closed = counter.enter(
        state=S.PENDING, provider="closed", sent_at=NOON, due_at=NOON, reference="R7", misses=1, looks=3
    )

    counter.storage.transact(payments.add_attempt, closed, "00000000-0000-4000-8000-0000000000ff", at=NOON)
    await counter.look()
    assert counter.now(closed).state is S.UNKNOWN
    assert counter.now(payment).state is S.PENDING


async def test_looks_grow_rarer_with_age(counter: Counter) -> None:
    payment = await counter.sent()
    gaps = []
    for _ in range(60):
        due = counter.now(payment).due_at
        assert due
        gaps.append(due - counter.clock.now)
        counter.clock.now = due
        await counter.look()
    assert gaps[1:] == sorted(gaps[1:])
    assert len(counter.system.lookups) == 60
    assert counter.walk(payment) == ["queued", "sending", "pending"]


async def test_a_rate_limit_is_no_missed_look(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [NotSent(Reason.LIMIT_REACHED, retry_after=7)]
    for _ in range(3):
        await later(counter, seconds=8)
    stands = counter.now(payment)
    assert (stands.state, stands.misses) == (S.PENDING, 0)
    assert stands.due_at == counter.clock.now + timedelta(seconds=7)


async def test_where_more_is_due_than_there_are_hands_the_next_is_claimed_as_they_come_free(counter: Counter) -> None:
    for number in range(20):
        key = f"00000000-0000-4000-8000-{number:012}"
        one = counter.enter(state=S.PENDING, sent_at=NOON, due_at=NOON, reference=f"R{number}", looks=3)
        counter.storage.transact(payments.add_attempt, one, key, at=NOON)
    await counter.look()
    assert len(counter.system.lookups) == 8
    assert counter.woken
    counter.woken = 0
    await counter.look()
    await counter.look()
    assert len(counter.system.lookups) == 20
    assert counter.woken < 8 + 1  # the second time; the third found less than it had hands for
