import asyncio
import inspect

from telegram import Chat, Message, Update
from telegram.constants import ChatType

from bot.reception import InOrder
from tests.books import NOON


def update(number: int) -> Update:
    return Update(number, Message(number, NOON, Chat(7, ChatType.PRIVATE)))


async def test_an_update_that_is_stopped_while_it_waits_for_its_turn_leaves_nothing_behind() -> None:
    order, turn, seen = InOrder(8), asyncio.Event(), []

    async def work(number: int) -> None:
        seen.append(number)
        await turn.wait()

    second = work(2)
    first_task = asyncio.create_task(order.do_process_update(update(1), work(1)))
    second_task = asyncio.create_task(order.do_process_update(update(2), second))
    await asyncio.sleep(0)
    second_task.cancel()
    await asyncio.gather(second_task, return_exceptions=True)
    assert inspect.getcoroutinestate(second) == inspect.CORO_CLOSED
    turn.set()
    await first_task
    await order.do_process_update(update(3), work(3))
    assert seen == [1, 3]
