"""Keeps each group's board of the day: one message a day, edited in place, never faster than the group bears."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from markupsafe import Markup
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.payments.crew import Crew
from bot.payments.figures import Figures
from bot.payments.periods import Period
from bot.payments.questions import Answer, Questions
from bot.ui import dayboard
from bot.ui.topics import Topics
from bot.ui.visit import timedelta_of
from bot.ui.voices import voice_of_group
from providers.base import Clock
from providers.messages import Balance, Verb
from storage import dayboards, notices
from storage.dayboards import Behind
from storage.engine import Storage
from storage.models import News

log = structlog.get_logger()

_LEASE = timedelta(minutes=3)
"""Longer than a call may wait for its place in a busy group."""
_BEAT = timedelta(seconds=10)
_BUSY_BEAT = timedelta(seconds=30)
_AFTER_AN_ERROR = timedelta(minutes=1)
_NOBODY_THERE = timedelta(minutes=30)
_LOOKS = timedelta(minutes=5)
"""How old the balances may be before they are asked for again."""
_STALE = timedelta(hours=1)
"""What is open now says nothing of a day that has been over for this long."""
_SAME = "message is not modified"
_GONE = ("message to edit not found", "message can't be edited")
_A_DAY = timedelta(days=1)


class Dayboards:
    def __init__(
        self,
        bot: Bot,
        storage: Storage,
        books: Figures,
        questions: Questions,
        crew: Crew,
        topics: Topics,
        busy: Callable[[int], bool],
        now: Clock,
    ) -> None:
        """`busy`: whether the chat has little room left for messages in this minute."""
        self._bot = bot
        self._storage = storage
        self._books = books
        self._questions = questions
        self._crew = crew
        self._topics = topics
        self._busy = busy
        self._now = now

    async def tick(self) -> None:
        if free := self._crew.free:
            for one in await self._storage.run(dayboards.claim, now=self._now(), lease=_LEASE, limit=free):
                self._crew.start(self._close(one) if one.over else self._show(one))

    async def _show(self, one: Behind) -> None:
        board, now = one.board, self._now()
        if board.looked_at is None or now - board.looked_at >= _LOOKS:
            board.purses, board.looked_at = await self._purses(one), now
        try:
            message_id = await self._put(one, await self._text(one, one.at))
        except TelegramError as error:
            await self._failed(one, error)
            return
        beat = _BUSY_BEAT if self._busy(board.chat_id) else _BEAT
        looked = {"purses": board.purses, "looked_at": board.looked_at}
        posted = board.message_id is None
        mine = await self._storage.insist(
            dayboards.release, board, self._now() + beat, message_id=message_id, shown=one.count, **looked
        )
        if mine and posted:
            await self._pin(board.chat_id, message_id)

    async def _close(self, one: Behind) -> None:
        """The last edit of a day that is over. What can't be edited stays as it is."""
        board = one.board
        if board.message_id and one.merchant.board and self._now() - _end_of(one) < _STALE:
            try:
                await self._put(one, await self._text(one, None))
            except RetryAfter as error:
                await self._storage.run(dayboards.release, board, self._now() + timedelta_of(error))
                return
            except TelegramError as error:
                log.warning("the board of a past day was not edited", chat=board.chat_id, error=str(error))
        await self._storage.insist(dayboards.release, board, None)
        await self._unpin(board.chat_id, board.message_id)

    async def _text(self, one: Behind, changed_at: datetime | None) -> Markup:
        report = await self._books.report(one.merchant, Period.day(one.board.day))
        return dayboard.text(voice_of_group(one.merchant), report, one.board.purses, one.board.looked_at, changed_at)

    async def _put(self, one: Behind, text: Markup) -> int:
        chat_id, message_id = one.board.chat_id, one.board.message_id
        if message_id is None:
            sent = await self._topics.post(
                one.merchant,
                News.BOARD,
                chat_id,
                lambda thread_id: self._bot.send_message(
                    chat_id, text, ParseMode.HTML, disable_notification=True, message_thread_id=thread_id
                ),
            )
            return sent.message_id
        try:
            await self._bot.edit_message_text(text, chat_id, message_id, parse_mode=ParseMode.HTML)
        except BadRequest as error:
            if _SAME not in str(error).lower():
                raise
        return message_id

    async def _failed(self, one: Behind, error: TelegramError) -> None:
        board, now = one.board, self._now()
        if isinstance(error, ChatMigrated):
            await self._storage.run(notices.follow_group, board.chat_id, error.new_chat_id, now)
        elif isinstance(error, RetryAfter):
            await self._storage.run(dayboards.release, board, now + timedelta_of(error))
        elif any(gone in str(error).lower() for gone in _GONE):
            await self._storage.run(dayboards.release, board, now + _BEAT, message_id=None)
        else:
            log.warning("the board of the day was not shown", chat=board.chat_id, error=str(error))
            wait = _NOBODY_THERE if isinstance(error, Forbidden | BadRequest) else _AFTER_AN_ERROR
            await self._storage.run(dayboards.release, board, now + wait)

    async def _pin(self, chat_id: int, message_id: int) -> None:
        try:
            await self._bot.pin_chat_message(chat_id, message_id, disable_notification=True)
        except TelegramError as error:
            log.debug("not pinned", chat=chat_id, error=str(error))

    async def _unpin(self, chat_id: int, message_id: int | None) -> None:
        """Without a number Telegram would take down whatever was pinned last."""
        if message_id is None:
            return
        try:
            await self._bot.unpin_chat_message(chat_id, message_id)
        except TelegramError as error:
            log.debug("not unpinned", chat=chat_id, error=str(error))

    async def _purses(self, one: Behind) -> list[dict[str, Any]]:
        """What answers now; /balance tells more of what does not."""
        merchant_id = one.merchant.id or 0
        answers = await self._questions.ask_all(merchant_id, Verb.BALANCE, lambda system: system.balance())
        return [purse for answer in answers for purse in _of(answer)]


def _of(answer: Answer[list[Balance]]) -> Iterable[dict[str, Any]]:
    """The whole where a system tells it, else its pockets."""
    told = answer.value or []
    return (
        {"title": answer.title, "pocket": one.pocket, "amount": one.amount.minor, "currency": one.amount.currency}
        for one in [one for one in told if not one.pocket] or told
    )


def _end_of(one: Behind) -> datetime:
    return Period.day(one.board.day).bounds(one.merchant.timezone)[-1]
