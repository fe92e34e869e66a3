"""What a group may be told in a minute, with a shorter minute."""

import asyncio
from typing import Any

from bot.pace import Pace

GROUP, PERSON = -5, 5
MOST, SPAN = 3, 0.3


class Ears:
    """Hears calls of the bot, each at its time."""

    def __init__(self) -> None:
        self.at: list[float] = []

    async def __call__(self) -> bool:
        self.at.append(asyncio.get_running_loop().time())
        return True


async def send(pace: Pace, ears: Ears, chat_id: int) -> Any:
    return await pace.process_request(ears, (), {}, "sendMessage", {"chat_id": chat_id}, None)


async def test_no_span_holds_more_than_the_limit_however_many_wait() -> None:
    pace, ears = Pace(MOST, SPAN), Ears()
    await asyncio.gather(*(send(pace, ears, GROUP) for _ in range(8)))
    assert len(ears.at) == 8
    assert all(later - earlier >= SPAN - 0.01 for earlier, later in zip(ears.at, ears.at[MOST:], strict=False))


async def test_a_person_is_not_held_up_by_a_group_and_a_group_is_busy_from_half_its_limit_on() -> None:
    pace, ears = Pace(MOST, SPAN), Ears()
    assert not pace.busy(GROUP)
    waiting = [asyncio.create_task(send(pace, ears, GROUP)) for _ in range(4)]
    await asyncio.sleep(0)
    assert pace.busy(GROUP)
    await send(pace, ears, PERSON)
    assert not waiting[-1].done()
    waiting[-1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(10):
        while pace.busy(GROUP):
            await asyncio.sleep(0.01)
    assert len(ears.at) == 4
