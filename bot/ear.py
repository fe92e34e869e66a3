"""Reads the bot's messages, where no other instance does: Telegram hands them to one reader at a time."""

import asyncio
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from telegram.error import Conflict, TelegramError
from telegram.ext import Application

from bot.reception import ALLOWED_UPDATES
from storage.turns import Turn

log = structlog.get_logger()


class Ear:
    """Without a `turn` there is no other instance."""

    def __init__(self, chat: "Application[Any, Any, Any, Any, Any, Any]", turn: Turn | None) -> None:
        assert chat.updater  # noqa: S101 - built with one
        self._updater = chat.updater
        self._turn = turn
        self._at_it = asyncio.Lock()
        self._beginning: asyncio.Task[object] | None = None
        self._elsewhere = False
        self._closed = False

    async def tick(self) -> None:
        """Takes over from one that died; gives up where the database no longer knows that it is ours."""
        async with self._at_it:
            if not self._closed:
                await self._follow(await self._is_ours())

    async def _follow(self, ours: bool) -> None:
        if ours and not self._updater.running:
            begin = self._updater.start_polling(
                allowed_updates=ALLOWED_UPDATES, bootstrap_retries=-1, error_callback=_unheard
            )
            self._beginning = asyncio.create_task(begin)
            await asyncio.wait([self._beginning])
            if self._closed:
                return
            self._beginning.result()
            log.info("the bot's messages are read here")
        elif not ours and self._updater.running:
            await self._updater.stop()
            log.warning("the bot's messages are read here no more")
        elif not ours and not self._elsewhere:
            log.info("another instance reads the bot's messages; this one takes over when that one ends")
        self._elsewhere = not ours

    async def _is_ours(self) -> bool:
        if self._turn is None:
            return True
        try:
            return await asyncio.to_thread(self._turn.take)
        except DBAPIError:  # what Telegram keeps meanwhile is not lost; what we would take could not be remembered
            return False

    async def close(self) -> None:
        self._closed = True
        if self._beginning:
            self._beginning.cancel()  # it waits for Telegram as long as it takes
        async with self._at_it:
            if self._updater.running:
                await self._updater.stop()
            if self._turn:
                await asyncio.to_thread(self._turn.leave)


def _unheard(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("another program reads this bot's messages; stop it, or give this one its own token")
    else:
        log.warning("Telegram can't be asked for messages", error=str(error))
