"""Telegram's limit for a group, kept rather than run into: 20 messages in any minute, edits and pins included."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from telegram.ext import AIORateLimiter

_MOST = 20
_SPAN = 60.0
_OVERALL = 30.0
"""https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""


class Pace(AIORateLimiter):
    """The library's bucket lets twice as many through in a first minute: 20 at once, and those that leak meanwhile.

    Here a place is free again a minute after its call has ended, so that no minute holds more, on Telegram's clock
    too. Whoever waits is served in turn. No retries of its own: they would stop all chats for as long as one waits.
    """

    def __init__(self, most: int = _MOST, span: float = _SPAN, overall: float = _OVERALL) -> None:
        """`overall`: calls a second to all chats; 0 for a server that has no such limit."""
        super().__init__(overall_max_rate=overall, max_retries=0)
        self._most = most
        self._span = span
        self._places: dict[int, asyncio.Semaphore] = {}
        self._taken: dict[int, int] = {}

    def busy(self, chat_id: int) -> bool:
        """More than half of what a group may be told in a minute was told there, or waits to be."""
        return self._taken.get(chat_id, 0) > self._most // 2

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, bool | dict[str, Any] | list[dict[str, Any]]]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> bool | dict[str, Any] | list[dict[str, Any]]:
        chat_id = data.get("chat_id")
        if not isinstance(chat_id, int) or chat_id >= 0:
            return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
        self._taken[chat_id] = self._taken.get(chat_id, 0) + 1
        places = self._places.setdefault(chat_id, asyncio.Semaphore(self._most))
        try:
            await places.acquire()
        except asyncio.CancelledError:
            self._taken[chat_id] -= 1
            raise
        try:
            return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
        finally:
            asyncio.get_running_loop().call_later(self._span, self._free, chat_id)

    def _free(self, chat_id: int) -> None:
        self._taken[chat_id] -= 1
        self._places[chat_id].release()
        if not self._taken[chat_id]:
            del self._taken[chat_id], self._places[chat_id]
