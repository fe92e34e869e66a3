"""A bounded number of hands: work that waits on the network, run beside the ticks that find it."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars

from storage.engine import away

log = structlog.get_logger()


_SHARE = 8
"""A claim for so many parts of all hands at the least: for each single one it would cost more than the work."""


class Crew:
    """Claims are taken only for hands that are `free`, so nothing waits in memory while its lease runs."""

    def __init__(self, hands: int) -> None:
        self.hands = hands
        self._at_work: set[asyncio.Task[object]] = set()

    @property
    def free(self) -> int:
        return max(0, self.hands - len(self._at_work))

    @property
    def worth_a_claim(self) -> bool:
        """Whether so many are free that those who wait may be claimed for them."""
        return self.free >= self.hands // _SHARE

    def start(self, work: Coroutine[Any, Any, object], **about: str | None) -> asyncio.Task[object]:
        """`about` stands in every line that is logged on the way: of which payment, of which sheet."""
        context = contextvars.copy_context()
        context.run(bind_contextvars, **{name: value for name, value in about.items() if value})
        task = asyncio.create_task(work, context=context)
        self._at_work.add(task)
        task.add_done_callback(self._done, context=context)
        return task

    def _done(self, task: asyncio.Task[object]) -> None:
        self._at_work.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _complain("work failed", error)

    async def drain(self, seconds: float) -> None:
        """Lets what is under way end; what does not is left to its lease."""
        if self._at_work:
            _, late = await asyncio.wait(self._at_work, timeout=seconds)
            for task in late:
                task.cancel()


class Tick:
    """One piece of regular work. Woken while it runs, it runs once more; it never runs twice at a time."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._work = work
        self._running = False
        self._again = False
        self._woken: set[asyncio.Task[None]] = set()
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def close(self) -> None:
        """Nothing new is begun; returns when the run in hand has ended."""
        self._closed = True
        await self._idle.wait()

    def wake(self) -> None:
        """Now, rather than when the clock says."""
        if self._closed:
            return
        # Who wakes it may be at work on a payment; what it finds to do is about others.
        task = asyncio.create_task(self.run(), context=contextvars.Context())
        self._woken.add(task)
        task.add_done_callback(self._woken.discard)

    async def run(self) -> None:
        self._again = True
        if self._running or self._closed:
            return
        self._running = True
        self._idle.clear()
        try:
            while self._again and not self._closed:
                self._again = False
                await self._work()
        except Exception as error:
            _complain("tick failed", error, tick=self.name)  # the next one tries again
        finally:
            self._running = False
            self._idle.set()


def _complain(what: str, error: BaseException, **more: str) -> None:
    if words := away(error):
        log.error(f"{what}: the database did not answer", error=words, **more)
    else:
        log.error(what, exc_info=error, **more)
