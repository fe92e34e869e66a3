"""Books that come from a backup, around one payment system that says what a test wrote down."""

from datetime import timedelta

import pytest

from bot.payments import restored
from bot.payments.policy import GUARDED
from bot.payments.reminders import Reminders
from bot.payments.schedules import What
from providers.errors import Reason
from providers.messages import Outcome, Report
from storage import audit, deeds, heard, invites, payments, policies
from storage.heard import Said
from storage.models import Merchant, Role
from storage.people import HOUSE
from storage.states import State
from tests.books import NOON, OWNER
from tests.bot.payments.counter import Counter
from tests.bot.payments.test_schedules import Desk

KEY = "00000000-0000-4000-8000-0000000000ff"
TAKEN = NOON - timedelta(hours=3)
S = State


def restore(counter: Counter) -> int:
    return counter.storage.transact(restored.settle, TAKEN, counter.clock.now)


@pytest.mark.parametrize("state", [S.DRAFT, S.AWAITING_APPROVAL, S.QUEUED, S.SENDING])
async def test_what_waited_without_a_known_order_is_a_persons_to_decide(counter: Counter, state: State) -> None:
    payment = counter.enter(kind="payout", state=state, due_at=NOON)
    assert restore(counter) == 1
    stands = counter.now(payment)
    assert (stands.state, stands.reason, stands.due_at) == (S.REVIEW, Reason.RESTORED, None)
    await counter.send()
    await counter.look()
    assert counter.system.orders == []
    assert audit.verify(counter.storage)[0].fault == ""


@pytest.mark.parametrize(
    ("said", "ends"),
    [(Outcome.SUCCEEDED, S.SUCCEEDED), (Outcome.FAILED, S.REVIEW), (Outcome.UNKNOWN, S.REVIEW)],
)
async def test_an_order_that_is_known_is_asked_about_and_its_failure_is_not_believed_alone(
    counter: Counter, said: Outcome, ends: State
) -> None:
    """It may have failed there and been paid by another system that took over."""
    payment = counter.enter(kind="payout", state=S.QUEUED, due_at=NOON)
    counter.storage.transact(payments.add_attempt, payment, KEY, at=TAKEN)
    counter.system.looks = [Report(said)]
    restore(counter)
    assert counter.now(payment).state is S.UNKNOWN
    await counter.send()
    await counter.look()
    assert counter.now(payment).state is ends
    assert [str(lookup.key) for lookup in counter.system.lookups] == [KEY]
    assert counter.system.orders == []


async def test_what_was_on_its_way_is_still_asked_about_and_what_had_ended_has_ended(counter: Counter) -> None:
    waiting = await counter.sent()
    ended = counter.enter(state=S.SUCCEEDED)
    assert restore(counter) == 0
    assert (counter.now(waiting).state, counter.now(ended).state) == (S.PENDING, S.SUCCEEDED)


async def test_nothing_leaves_until_a_person_lets_it_and_the_owners_are_told_why(counter: Counter) -> None:
    invite = counter.storage.transact(
        invites.make, HOUSE, Role.CASHIER, "token", by_id=OWNER, at=NOON, expires_at=NOON + timedelta(hours=1)
    )
    restore(counter)
    later = counter.queued(kind="payout")
    await counter.send()
    assert counter.system.orders == []
    assert [deed.what for _, deed in counter.storage.transact(deeds.letters, OWNER)] == ["restored"]
    assert counter.storage.transact(invites.open_ones, HOUSE, NOON) == []
    assert invite.used_at is None
    counter.storage.transact(policies.resume, HOUSE, GUARDED, NOON)
    counter.clock.skip(seconds=30)
    await counter.send()
    assert counter.now(later).state is S.PENDING


async def test_a_schedules_occurrence_before_the_restore_is_told_of_and_not_repeated(desk: Desk) -> None:
    await desk.active()
    await desk.at(1, 7)
    desk.clock.now = NOON + timedelta(days=1)
    restore(desk)
    assert [one.what for one in await desk.happen()] == [What.RESTORED]
    assert desk.made() == []


async def test_an_unpaid_request_from_before_is_not_asked_again_by_itself(counter: Counter) -> None:
    """It may have been asked again, and paid, after the backup was taken."""
    reminders = Reminders(counter.storage, counter.payments, counter.clock, lambda: None)
    counter.storage.transact(lambda session: setattr(session.get_one(Merchant, HOUSE), "remind_minutes", 1))
    unpaid = {"state": S.FAILED, "reason": Reason.TIMED_OUT}
    before = counter.enter(**unpaid, settled_at=NOON - timedelta(hours=1))
    restore(counter)
    after = counter.enter(**unpaid, settled_at=NOON + timedelta(minutes=1))
    counter.clock.skip(minutes=5)
    await reminders.tick()
    assert ["reminded" in counter.now(one).checks for one in (before, after)] == [False, True]


@pytest.fixture
def desk(counter: Counter) -> Desk:
    return Desk(counter.storage)


async def test_what_was_said_before_the_backup_is_not_obeyed_after_the_restore(counter: Counter) -> None:
    counter.storage.transact(heard.keep, [Said(1, 7, "{}")], NOON)
    restore(counter)
    assert counter.storage.transact(heard.claim, now=NOON, lease=timedelta(0), limit=1) == []
