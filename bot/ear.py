"""Asks Telegram for the bot's messages, where no other instance does: it hands them to one reader at a time."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import structlog
from sqlalchemy.exc import DBAPIError
from telegram.error import Conflict, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot
from telegram.request import BaseRequest

from bot.desk import Desk
from bot.hook import place_of
from bot.reception import ALLOWED_UPDATES
from bot.ui.visit import timedelta_of
from storage.engine import away
from storage.turns import Turn

log = structlog.get_logger()

_PATIENCE = 10
_LONGEST_WAIT = 30.0


class Ear:
    """Without a `turn` there is no other instance. `line` is the connection that the long polls have to themselves.

    Telegram forgets an update as soon as a later one is asked for: only then, once it is kept.
    """

    def __init__(self, bot: ExtBot[Any], line: BaseRequest, desk: Desk, turn: Turn | None) -> None:
        self._bot = bot
        self._line = line
        self._desk = desk
        self._turn = turn
        self._at_it = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._elsewhere = False
        self._closed = False

    async def tick(self) -> None:
        """Takes over from one that died; gives up where the database no longer knows that it is ours."""
        async with self._at_it:
            if not self._closed:
                await self._follow(await self._is_ours())

    async def _follow(self, ours: bool) -> None:
        if ours and not self._reading:
            self._reading = asyncio.create_task(self._read())
            log.info("the bot's messages are read here")
        elif not ours and self._reading:
            await self._stop()
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
        async with self._at_it:
            await self._stop()
            if self._turn:
                await asyncio.to_thread(self._turn.leave)

    async def _stop(self) -> None:
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            self._reading = None

    async def _read(self) -> None:
        """Until cancelled."""
        offset, wait, alone = 0, 1.0, False
        while True:
            try:
                if not alone:
                    await self._take_over()
                    alone = True
                offset = await self._hear(offset)
            except TimedOut:
                continue
            except (TelegramError, DBAPIError) as error:
                await asyncio.sleep(_told(error, wait))
                wait = min(wait * 2, _LONGEST_WAIT)
            except Exception:
                log.exception("the bot's messages can't be read")
                await asyncio.sleep(_LONGEST_WAIT)
            else:
                wait = 1.0

    async def _take_over(self) -> None:
        """Telegram keeps for us what it did not deliver to the webhook."""
        info = await self._bot.get_webhook_info()
        if info.url:
            await self._bot.delete_webhook(drop_pending_updates=False)
            log.warning("a webhook was set; BOT_MODE is polling, so it was deleted", place=place_of(info.url))

    async def _hear(self, offset: int) -> int:
        """What to ask for next."""
        asked = {"offset": offset, "timeout": _PATIENCE, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        updates: Any = await self._line.post(f"{self._bot.base_url}/getUpdates?{urlencode(asked)}")
        if not updates:
            return offset
        await self._desk.keep(updates)
        return max(int(update["update_id"]) for update in updates) + 1


def _told(error: TelegramError | DBAPIError, wait: float) -> float:
    """Seconds until the next try."""
    if isinstance(error, DBAPIError):
        log.error("messages stay with Telegram: the database did not take them", error=away(error) or str(error.orig))
    elif isinstance(error, Conflict) and "webhook" in str(error).lower():
        log.error(
            "a webhook was set for this bot while it polls: another program has its token and BOT_MODE=webhook. "
            "Stop that one and start this one again, or stop this one"
        )
    elif isinstance(error, Conflict):
        log.error("another program reads this bot's messages; stop it, or give this one its own token")
    else:
        log.warning("Telegram can't be asked for messages", error=str(error))
    return timedelta_of(error).total_seconds() if isinstance(error, RetryAfter) else wait
