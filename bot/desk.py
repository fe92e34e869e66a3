"""Takes what people say: kept before anybody is told that it was heard, then worked, each chat's in its order."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session
from telegram import Update
from telegram.ext import Application

from bot.payments.crew import Crew, Tick
from providers.base import Clock
from storage import heard
from storage.engine import Storage
from storage.heard import Claimed, Said
from storage.sealing import Sealer

log = structlog.get_logger()

_HANDS = 256
_TRIES = 5
_LONGEST = 300.0
_DRAIN = 10.0
_LEASE = timedelta(seconds=10)
"""Kept up while the work lasts. What a killed instance had in hand is taken up by the next after that time."""
_RENEWED = timedelta(seconds=6)
_KEPT = timedelta(days=2)
"""Telegram tells an update again for a day at most: https://core.telegram.org/bots/api#getting-updates"""
_CLEARED_EVERY = timedelta(hours=1)
_NUL = "\\u0000"


class Unreadable(Exception):
    """No update at all."""


@dataclass(slots=True)
class _Page:
    """What is written in one transaction. A page whose writing failed is written again with the next."""

    news: list[tuple[list[Said], "asyncio.Future[None]"]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    aside: dict[int, str] = field(default_factory=dict)
    later: dict[int, datetime] = field(default_factory=dict)


class Desk:
    """Any instance works what any instance kept. One transaction keeps and claims, the next ends and claims: while
    one is written, everything that happens meanwhile gathers for the next.
    """

    def __init__(
        self, chat: "Application[Any, Any, Any, Any, Any, Any]", storage: Storage, sealer: Sealer, now: Clock
    ) -> None:
        self._chat = chat
        self._storage = storage
        self._sealer = sealer
        self._now = now
        self.tick = Tick("desk", self._write)
        self._page = _Page()
        self._crew = Crew(_HANDS)
        self._in_hand: dict[int, datetime] = {}
        """And until when they are ours."""
        self._unworked: set[int] = set()
        self._cleared_at: datetime | None = None
        self.is_open = False

    async def open(self) -> None:
        """From now on what is kept is worked, what was kept before first."""
        self.is_open = True
        await self.tick.run()

    async def keep(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Returns once they are safe. Raises Unreadable, or DBAPIError where the database did not take them."""
        kept = asyncio.get_running_loop().create_future()
        self._page.news.append(([said(update, self._sealer) for update in updates], kept))
        self.tick.wake()
        await kept

    def come_back(self, update_id: int) -> None:
        """Nothing came of it and nobody was told anything: it is worth another try."""
        self._unworked.add(update_id)

    async def close(self) -> None:
        """Takes no more, ends what is under way; what does not end in time is left to the next start."""
        self.is_open = False
        await self._crew.drain(_DRAIN)
        await self.tick.close()
        await self._crew.drain(_DRAIN)  # the last page may have begun some
        await asyncio.sleep(0)  # those that were cut off say so
        if self._page != _Page():  # what ended while the last page was being written
            await Tick("desk", self._write).run()

    async def _write(self) -> None:
        page, self._page = self._page, _Page()
        now = self._now()
        held = [number for number, until in self._in_hand.items() if until - now < _RENEWED]
        try:
            claimed = await self._storage.run(_written, page, held, now, self._crew.free if self.is_open else 0)
        except BaseException as error:
            self._take_back(page, error)
            raise
        for number in self._in_hand.keys() & set(held):  # one may have ended meanwhile
            self._in_hand[number] = now + _LEASE
        for _, kept in page.news:
            if not kept.done():
                kept.set_result(None)
        for one in claimed:
            if one.update_id not in self._in_hand:
                self._in_hand[one.update_id] = now + _LEASE
                self._crew.start(self._work(one))
        await self._clear(now)

    def _take_back(self, page: _Page, error: BaseException) -> None:
        """Whoever waits hears of it at once, and comes again."""
        waiting, self._page.news = [*page.news, *self._page.news], []
        for _, kept in waiting:
            if not kept.done():
                kept.set_exception(error) if isinstance(error, Exception) else kept.cancel()
        self._page.ended += page.ended
        self._page.aside |= page.aside
        self._page.later |= page.later

    async def _work(self, one: Claimed) -> None:
        number = one.update_id
        try:
            reason = "the program ended each time" if one.tries > _TRIES else await self._worked(one)
        except asyncio.CancelledError:
            self._page.later[number] = self._now()
            raise
        finally:
            del self._in_hand[number]
        if reason:
            log.error("an update is set aside", update=number, tries=one.tries, error=reason)
            self._page.aside[number] = reason
        elif number in self._unworked:
            self._page.later[number] = self._now() + timedelta(seconds=2**one.tries)
        else:
            self._page.ended.append(number)
        self._unworked.discard(number)
        self.tick.wake()

    async def _worked(self, one: Claimed) -> str:
        """Why it never can be; empty for what is done, or comes back."""
        try:
            body = self._sealer.open(one.sealed) if one.sealed else one.body
            update = Update.de_json(json.loads(body), self._chat.bot)
        except Exception as error:
            return f"it can't be read: {type(error).__name__}"
        try:
            async with asyncio.timeout(_LONGEST):
                await self._chat.process_update(update)
        except TimeoutError:
            return "it took too long"
        except Exception:
            log.exception("an update failed", update=one.update_id)
            self.come_back(one.update_id)
        if one.update_id in self._unworked and one.tries >= _TRIES:
            return "it failed each time"
        return ""

    async def _clear(self, now: datetime) -> None:
        if self._cleared_at and now - self._cleared_at < _CLEARED_EVERY:
            return
        self._cleared_at = now
        while await self._storage.run(heard.clear, now - _KEPT):
            pass


def _written(session: Session, page: _Page, held: list[int], now: datetime, hands: int) -> Sequence[Claimed]:
    if page.ended:
        heard.end(session, page.ended)
    heard.set_aside(session, page.aside)
    heard.postpone(session, page.later)
    if held:
        heard.hold(session, held, now + _LEASE)
    if news := [one for batch, _ in page.news for one in batch]:
        heard.keep(session, news, now)
    return heard.claim(session, now=now, lease=_LEASE, limit=hands)


def said(update: Mapping[str, Any], sealer: Sealer) -> Said:
    """Sealed where there is a key: among what people say may be one of theirs. Raises Unreadable."""
    number = update.get("update_id") if isinstance(update, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise Unreadable
    words, chat_id = json.dumps(update), _chat_of(update)
    if _NUL in words:
        words = json.dumps(_without_nul(update))
    return Said(number, chat_id, sealed=sealer.seal(words)) if sealer.has_key else Said(number, chat_id, words)


def _without_nul(value: Any) -> Any:
    """No text field of PostgreSQL takes that character, and nobody types it."""
    match value:
        case str():
            return value.replace("\0", "")
        case Mapping():
            return {name: _without_nul(one) for name, one in value.items()}
        case list():
            return [_without_nul(one) for one in value]
    return value


def _chat_of(update: Mapping[str, Any]) -> int | None:
    """A tap stands in the order of the chat that its message is in."""
    for kind, content in update.items():
        if kind != "update_id" and isinstance(content, Mapping):
            place = content.get("message") if kind == "callback_query" else content
            chat = place.get("chat") if isinstance(place, Mapping) else None
            number = chat.get("id") if isinstance(chat, Mapping) else None
            return number if isinstance(number, int) and abs(number) < 2**63 else None
    return None
