import asyncio

from bot.payments.crew import Tick
from bot.scheduler import Scheduler


class Bell:
    def __init__(self) -> None:
        self.rung = self.at_once = self.most = 0

    async def __call__(self) -> None:
        self.rung += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.12)
        self.at_once -= 1


async def test_each_tick_rings_by_its_own_clock_and_never_beside_itself() -> None:
    slow, never = Bell(), Bell()
    scheduler = Scheduler({Tick("slow", slow): 0.05, Tick("never", never): 3600})
    scheduler.start()
    async with asyncio.timeout(30):
        while slow.rung < 4:
            await asyncio.sleep(0.01)
    scheduler.stop()
    assert (slow.most, never.rung) == (1, 0)


async def test_a_tick_that_fails_goes_on_ringing() -> None:
    rung = 0

    async def fails() -> None:
        nonlocal rung
        rung += 1
        raise RuntimeError("the database is away")

    scheduler = Scheduler({Tick("fails", fails): 0.05})
    scheduler.start()
    async with asyncio.timeout(30):
        while rung < 2:
            await asyncio.sleep(0.01)
    scheduler.stop()


async def test_a_stopped_clock_is_silent() -> None:
    bell = Bell()
    scheduler = Scheduler({Tick("bell", bell): 0.05})
    scheduler.start()
    scheduler.stop()
    await asyncio.sleep(0.15)
    assert bell.rung == 0
