from datetime import timedelta

import pytest

from bot.payments.expiry import DRAFT_LIVES
from storage.states import UNDECIDED, State
from tests.books import NOON, OWNER, member
from tests.bot.payments.counter import Counter, ask


@pytest.mark.parametrize("state", sorted(UNDECIDED))
async def test_what_nobody_decided_in_time_expires(counter: Counter, state: State) -> None:
    payment = counter.enter(state=state, due_at=NOON)
    await counter.expiry.tick()
    assert counter.now(payment).state is State.EXPIRED
    assert counter.now(payment).due_at is None
    assert counter.events(payment)[-1].by == "clock"


@pytest.mark.parametrize("state", sorted(set(State) - UNDECIDED))
async def test_the_clock_never_ends_anything_else(counter: Counter, state: State) -> None:
    payment = counter.enter(state=state, due_at=NOON - timedelta(days=3))
    await counter.expiry.tick()
    assert counter.now(payment).model_dump() == payment.model_dump()


async def test_a_draft_lives_for_its_time_and_no_longer(counter: Counter) -> None:
    payment = await counter.payments.draft(member(counter.storage, OWNER), ask())
    counter.clock.now += DRAFT_LIVES - timedelta(seconds=1)
    await counter.expiry.tick()
    assert counter.now(payment).state is State.DRAFT
    counter.clock.skip(seconds=1)
    await counter.expiry.tick()
    assert counter.now(payment).state is State.EXPIRED


async def test_more_than_one_batch_expires_in_one_tick(counter: Counter) -> None:
    rows = [counter.enter(due_at=NOON) for _ in range(101)]
    await counter.expiry.tick()
    assert {counter.now(row).state for row in rows} == {State.EXPIRED}
