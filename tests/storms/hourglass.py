"""An event loop without a wall clock: when nothing is ready, time jumps to the next timer.

Worker threads do not exist here. What is given to one runs on the loop, whole, after a wait that the storm draws;
its result comes after another. So a program may die before its transaction, or between a commit and hearing of it.
"""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Standstill(Exception):
    """Everybody waits for somebody else: nothing will ever happen again."""


class _Jump(selectors.SelectSelector):
    """Nothing is ever ready to be read: the network is in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Standstill
        self.now += max(timeout, 0.0)
        return []


class Hourglass(asyncio.SelectorEventLoop):
    """`errands` draws the two waits of work given to a thread, and says whether its giver still lives."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.errands: Callable[[], Errand] = Errand

    def time(self) -> float:
        return self._jump.now

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        errand = self.errands()

        def work() -> None:
            if future.cancelled() or not errand.alive():
                return
            try:
                result = func(*args)
            except Exception as error:
                self.call_later(errand.after, _fail, future, error)
            else:
                self.call_later(errand.after, _end, future, result)

        self.call_later(errand.before, work)
        return future


class Errand:
    """Work given to a thread: seconds until it begins and until its giver hears of it."""

    def __init__(self, before: float = 0.0, after: float = 0.0, alive: Callable[[], bool] = lambda: True) -> None:
        self.before = before
        self.after = after
        self.alive = alive


def _end(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


OWNER: contextvars.ContextVar[Any] = contextvars.ContextVar("OWNER", default=None)
"""Whose task this is: a life of the program, or nobody's, which is the world around it."""


class Tasks:
    """Every task by its owner, in the order they began: so they die in the same order each time."""

    def __init__(self) -> None:
        self._of: dict[Any, dict[asyncio.Task[Any], None]] = {}

    def __call__(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        /,
        *,
        context: contextvars.Context | None = None,
        **rest: Any,
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=loop, context=context, **rest)
        owner = _owner_in(context) if context is not None else OWNER.get()
        mine = self._of.setdefault(owner, {})
        mine[task] = None
        task.add_done_callback(lambda ended: mine.pop(ended, None))
        return task

    def of(self, owner: Any) -> list[asyncio.Task[Any]]:
        return list(self._of.get(owner, ()))


def _owner_in(context: Mapping[contextvars.ContextVar[Any], Any]) -> Any:
    return context.get(OWNER)


def outside(owner: Any = None) -> contextvars.Context:
    """A context in which tasks belong to `owner`, whoever starts them."""
    context = contextvars.copy_context()
    context.run(OWNER.set, owner)
    return context
