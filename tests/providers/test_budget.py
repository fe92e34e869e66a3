"""Who may call when: a clock that the test moves, and sleeps that move it."""

import asyncio
from dataclasses import dataclass, field

import pytest

from providers.budget import WINDOW, Budget, Rank
from providers.errors import NotSent, Reason


@dataclass
class Time:
    """Sleepers wake in the order of their hour, once everybody sleeps or is done."""

    now: float = 1000.0
    sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        self.sleepers.append((self.now + seconds, awake))
        await awake.wait()

    async def pass_on(self, seconds: float) -> None:
        await settle()
        self.now += seconds
        due = [event for hour, event in self.sleepers if hour <= self.now]
        self.sleepers = [(hour, event) for hour, event in self.sleepers if hour > self.now]
        for event in due:
            event.set()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    return Time()


def budget(time: Time, patience: float = 90.0, **limits: int) -> Budget:
    return Budget(limits or {"all": 10}, time, time.sleep, patience)


async def test_calls_within_the_limit_go_at_once(time: Time) -> None:
    shared = budget(time)
    for _ in range(10):
        await shared.spend("all", rank=Rank.MONEY)
    assert time.sleepers == []


async def test_no_window_of_a_minute_holds_more_than_the_limit(time: Time) -> None:
    shared, gone = budget(time, patience=200), []

    async def call() -> None:
        await shared.spend("all", rank=Rank.MONEY)
        gone.append(time.now)

    calls = [asyncio.create_task(call()) for _ in range(25)]
    for _ in range(40):
        await time.pass_on(5)
    await asyncio.gather(*calls)
    assert len(gone) == 25
    assert all(later - earlier >= WINDOW for earlier, later in zip(gone, gone[10:], strict=False))


async def test_what_cannot_go_soon_is_not_sent_and_says_when_to_come_back(time: Time) -> None:
    shared = budget(time, patience=5)
    for _ in range(10):
        await shared.spend("all", rank=Rank.MONEY)
    time.now += 50
    with pytest.raises(NotSent) as turned:
        await shared.spend("all", rank=Rank.MONEY)
    assert (turned.value.reason, turned.value.retry_after) == (Reason.LIMIT_REACHED, 10)
    time.now += 10
    await shared.spend("all", rank=Rank.MONEY)


async def test_money_goes_first_then_the_youngest_payment(time: Time) -> None:
    shared, order = budget(time, patience=120), []

    async def call(name: str, rank: Rank, age: float = 0) -> None:
        await shared.spend("all", rank=rank, age=age)
        order.append(name)

    for _ in range(10):
        await shared.spend("all", rank=Rank.MONEY)
        time.now += 3
    waiting = [
        asyncio.create_task(call("question", Rank.QUESTION)),
        asyncio.create_task(call("old", Rank.LOOK, 3600)),
        asyncio.create_task(call("young", Rank.LOOK, 4)),
        asyncio.create_task(call("money", Rank.MONEY)),
    ]
    for _ in range(70):
        await time.pass_on(1)
    await asyncio.gather(*waiting)
    # The question had room left before the looks did, but not before the money.
    assert order == ["money", "question", "young", "old"]


async def test_looks_leave_room_for_money_and_for_people(time: Time) -> None:
    shared = budget(time, patience=1)
    for _ in range(8):
        await shared.spend("all", rank=Rank.LOOK)
    with pytest.raises(NotSent):
        await shared.spend("all", rank=Rank.LOOK)
    await shared.spend("all", rank=Rank.QUESTION)
    with pytest.raises(NotSent):
        await shared.spend("all", rank=Rank.QUESTION)
    await shared.spend("all", rank=Rank.MONEY)


async def test_a_full_pot_holds_back_only_who_draws_on_it(time: Time) -> None:
    shared = budget(time, patience=1, all=10, sessions=1)
    await shared.spend("all", "sessions", rank=Rank.MONEY)
    with pytest.raises(NotSent):
        await shared.spend("all", "sessions", rank=Rank.MONEY)
    await shared.spend("all", rank=Rank.MONEY)


async def test_a_system_that_names_a_time_is_left_alone_until_then(time: Time) -> None:
    shared = budget(time, patience=5)
    shared.close(30)
    shared.close(10)  # an earlier answer that came later shortens nothing
    time.now += 20
    with pytest.raises(NotSent) as turned:
        await shared.spend("all", rank=Rank.MONEY)
    assert turned.value.retry_after == 10
    time.now += 10
    await shared.spend("all", rank=Rank.MONEY)


async def test_who_gives_up_waiting_takes_no_place(time: Time) -> None:
    shared = budget(time, all=1)
    await shared.spend("all", rank=Rank.MONEY)
    gone = asyncio.create_task(shared.spend("all", rank=Rank.MONEY))
    await settle()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    time.now += WINDOW
    await shared.spend("all", rank=Rank.LOOK)


async def test_a_call_inside_another_counts(time: Time) -> None:
    shared = budget(time, patience=1, all=2)
    await shared.spend("all", rank=Rank.MONEY)
    shared.count("all")
    with pytest.raises(NotSent):
        await shared.spend("all", rank=Rank.MONEY)


async def test_what_money_has_used_of_its_room_is_not_kept_for_it_twice(time: Time) -> None:
    shared = budget(time, patience=1, all=100)
    for _ in range(15):
        await shared.spend("all", rank=Rank.MONEY)
    assert shared.room("all", Rank.LOOK) == shared.free("all", Rank.LOOK, 0) == 80
    for _ in range(80):
        await shared.spend("all", rank=Rank.LOOK)
    with pytest.raises(NotSent):
        await shared.spend("all", rank=Rank.LOOK)
    assert shared.left() == {"all": 5}


async def test_however_much_money_goes_the_next_finds_a_call_free(time: Time) -> None:
    shared = budget(time, patience=1, all=100)
    for _ in range(40):
        await shared.spend("all", rank=Rank.MONEY)
    for _ in range(58):
        await shared.spend("all", rank=Rank.LOOK)
    assert (shared.room("all", Rank.LOOK), shared.free("all", Rank.LOOK, 0)) == (58, 0)
    with pytest.raises(NotSent):
        await shared.spend("all", rank=Rank.LOOK)
    await shared.spend("all", rank=Rank.QUESTION)
    await shared.spend("all", rank=Rank.MONEY)


async def test_what_comes_free_soon_is_told_beforehand_and_not_while_the_system_wants_to_be_left_alone(
    time: Time,
) -> None:
    shared = budget(time, patience=1, all=10)
    for _ in range(8):
        await shared.spend("all", rank=Rank.LOOK)
        time.now += 1
    assert [shared.free("all", Rank.LOOK, seconds) for seconds in (0, 52, 54.5, 90)] == [0, 1, 3, 8]
    shared.close(70)
    assert shared.free("all", Rank.LOOK, 60) == 0


async def test_a_thousand_that_wait_cost_no_more_than_their_number(time: Time) -> None:
    """Each that wakes looks at who is next, not at everybody."""
    shared = budget(time, patience=90, all=10)
    for _ in range(10):
        await shared.spend("all", rank=Rank.MONEY)
    readings = 0

    def read() -> float:
        nonlocal readings
        readings += 1
        return time.now

    shared.clock = read
    waiting = [asyncio.create_task(shared.spend("all", rank=Rank.LOOK, age=age)) for age in range(1000)]
    await settle()
    assert readings < 10 * len(waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
