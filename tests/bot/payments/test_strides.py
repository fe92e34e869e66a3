"""An account that allows few looks: who is asked about, and who waits in the books without holding a hand."""

from datetime import timedelta

import pytest

from bot.payments.strides import EVERY
from providers.errors import NotSent, Reason
from providers.messages import Outcome, Report
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import HOUSE
from storage.states import State
from tests.books import NOON
from tests.bot.payments.counter import PACE, Counter, Scripted

PENDING = Report(Outcome.PENDING, reference="R1")


class Limited(Scripted):
    name = "scripted"
    allowed, free = 1, 3

    def looks_allowed(self) -> int:
        return self.allowed

    def looks_free(self, seconds: float) -> int:
        return self.free


class Second(Scripted):
    name = "second"


@pytest.fixture
def crowded(storage: Storage) -> Counter:
    return Counter(storage, system=Limited())


def standing(counter: Counter, number: int, **changes: object) -> Payment:
    values = {"state": State.PENDING, "sent_at": NOON, "due_at": NOON, "reference": "R1", "looks": 3, **changes}
    payment = counter.enter(**values)
    key = f"00000000-0000-4000-8000-{number:012}"
    counter.storage.transact(payments.add_attempt, payment, key, at=NOON)
    return payment


async def crowd(counter: Counter, many: int, **changes: object) -> list[Payment]:
    crowd = [standing(counter, number, **changes) for number in range(many)]
    counter.clock.now += EVERY
    await counter.polling.strides.measure()
    return crowd


async def test_few_payments_are_looked_at_as_ever(crowded: Counter) -> None:
    crowded.system.allowed = 30  # type: ignore[attr-defined]
    [payment] = await crowd(crowded, 1)
    await crowded.look()
    due = crowded.now(payment).due_at
    assert due
    assert due - crowded.clock.now == PACE.closest


async def test_of_many_only_as_many_are_claimed_as_there_are_calls(crowded: Counter) -> None:
    await crowd(crowded, 40)
    await crowded.look()
    assert len(crowded.system.lookups) == 3
    assert crowded.lookers.free == crowded.lookers.hands
    assert crowded.woken == 0
    await crowded.look()
    assert len(crowded.system.lookups) == 6


async def test_each_of_a_crowd_is_looked_at_and_then_again(crowded: Counter) -> None:
    everybody = await crowd(crowded, 12)
    for _ in range(240):
        crowded.clock.skip(seconds=10)
        await crowded.polling.strides.measure()
        crowded.system.free = 1  # type: ignore[attr-defined]
        await crowded.look()
    assert min(crowded.now(one).looks for one in everybody) >= 5


async def test_a_young_payment_goes_before_an_old_one_that_waits_a_little_longer(crowded: Counter) -> None:
    await crowd(crowded, 40, sent_at=NOON - timedelta(hours=9))
    young = standing(crowded, 99, sent_at=NOON, due_at=NOON + timedelta(seconds=5))
    await crowded.look()
    assert crowded.now(young).looks == 4


async def test_nor_do_the_old_wait_for_ever(crowded: Counter) -> None:
    old = standing(crowded, 98, sent_at=NOON - timedelta(hours=9), due_at=NOON - timedelta(hours=1))
    await crowd(crowded, 40)
    await crowded.look()
    assert crowded.now(old).looks == 4


async def test_other_accounts_have_the_hands_that_are_left(storage: Storage) -> None:
    second = Second()
    counter = Counter(storage, system=Limited(), second=second)
    others = [standing(counter, 50 + number, provider="second") for number in range(5)]
    await crowd(counter, 40)
    await counter.look()
    assert (len(counter.system.lookups), len(second.lookups)) == (3, 5)
    due = counter.now(others[0]).due_at
    assert due
    assert due - counter.clock.now == PACE.closest


async def test_a_look_that_was_refused_is_not_back_within_seconds(crowded: Counter) -> None:
    crowded.system.looks = [NotSent(Reason.LIMIT_REACHED, retry_after=1)]
    everybody = await crowd(crowded, 40, sent_at=NOON - timedelta(hours=9))
    await crowded.look()
    refused = [one for one in map(crowded.now, everybody) if one.due_at and one.due_at > crowded.clock.now]
    assert len(refused) == 3
    assert all(one.due_at and one.due_at - crowded.clock.now > timedelta(seconds=20) for one in refused)


async def test_what_a_look_found_settled_teaches_when_to_look(crowded: Counter) -> None:
    await crowd(crowded, 40, sent_at=NOON - timedelta(hours=9))
    before = crowded.accounts.pace(HOUSE, "scripted").scarce
    assert before
    crowded.system.looks = [Report(Outcome.SUCCEEDED, reference="R1")]
    young = [standing(crowded, 60 + number, sent_at=NOON, due_at=NOON) for number in range(3)]
    gap = before(timedelta(seconds=10))
    await crowded.look()
    assert {crowded.now(one).state for one in young} == {State.SUCCEEDED}
    await crowded.polling.strides.measure()
    after = crowded.accounts.pace(HOUSE, "scripted").scarce
    assert after
    assert after(timedelta(seconds=10)) < gap


async def test_when_the_crowd_is_gone_looks_are_as_usual(crowded: Counter) -> None:
    await crowd(crowded, 40)
    assert crowded.accounts.pace(HOUSE, "scripted").scarce
    crowded.system.allowed = 10_000  # type: ignore[attr-defined]
    await crowded.polling.strides.measure()
    assert crowded.accounts.pace(HOUSE, "scripted") == PACE
    assert crowded.polling.strides.rooms() == {}
