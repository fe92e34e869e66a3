import asyncio

import pytest

from bot.payments.crew import Crew, Tick


class Work:
    """Counts its runs and how many are under way; each waits until it is let go."""

    def __init__(self) -> None:
        self.runs = self.at_once = self.most = 0
        self.go = asyncio.Event()
        self.fails = False

    async def __call__(self) -> None:
        self.runs += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.go.wait()
        finally:
            self.at_once -= 1
        if self.fails:
            raise RuntimeError("broken")


async def breathe() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("wakes", [1, 2, 7])
async def test_a_tick_woken_while_it_runs_runs_once_more_and_never_twice_at_a_time(wakes: int) -> None:
    work = Work()
    tick = Tick("t", work)
    running = asyncio.create_task(tick.run())
    await breathe()
    for _ in range(wakes):
        tick.wake()
    await breathe()
    assert work.runs == 1
    work.go.set()
    await running
    assert (work.runs, work.most) == (2, 1)


async def test_a_tick_that_nobody_woke_runs_once() -> None:
    work = Work()
    work.go.set()
    await Tick("t", work).run()
    assert work.runs == 1


async def test_a_woken_tick_runs_without_waiting_for_the_clock() -> None:
    work = Work()
    work.go.set()
    Tick("t", work).wake()
    await breathe()
    assert work.runs == 1


async def test_a_tick_that_failed_runs_again_the_next_time() -> None:
    work = Work()
    work.go.set()
    work.fails = True
    tick = Tick("t", work)
    await tick.run()
    work.fails = False
    await tick.run()
    assert (work.runs, work.at_once) == (2, 0)


async def test_a_tick_that_was_stopped_in_the_middle_can_run_again() -> None:
    work = Work()
    tick = Tick("t", work)
    running = asyncio.create_task(tick.run())
    await breathe()
    running.cancel()
    await asyncio.wait([running])
    work.go.set()
    await tick.run()
    assert work.runs == 2


async def test_hands_are_free_again_when_their_work_is_done() -> None:
    crew, work = Crew(3), Work()
    for _ in range(2):
        crew.start(work())
    await breathe()
    assert crew.free == 1
    work.go.set()
    await breathe()
    assert crew.free == 3


async def test_work_that_fails_frees_its_hands_too() -> None:
    crew, work = Crew(1), Work()
    work.fails = True
    work.go.set()
    crew.start(work())
    await breathe()
    assert crew.free == 1


async def test_draining_lets_work_end() -> None:
    crew, work = Crew(2), Work()
    crew.start(work())
    asyncio.get_running_loop().call_later(0.02, work.go.set)
    await crew.drain(5)
    assert (work.at_once, crew.free) == (0, 2)


async def test_draining_does_not_wait_for_ever() -> None:
    crew, work = Crew(2), Work()
    crew.start(work())
    await breathe()
    await crew.drain(0.01)
    await breathe()
    assert (work.at_once, crew.free) == (0, 2)


async def test_an_idle_crew_is_drained_at_once() -> None:
    await Crew(2).drain(60)
