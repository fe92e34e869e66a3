"""Messages that nobody asked for: to one chat, patiently, and never an error to whoever sends them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from markupsafe import Markup
from telegram import Bot, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import RetryAfter, TelegramError

from bot.ui.visit import timedelta_of

log = structlog.get_logger()

_PATIENCE = timedelta(seconds=20)
_SHUT = ("message thread not found", "topic_closed", "topic_deleted")


async def tell(
    bot: Bot,
    chat_id: int,
    text: Markup,
    keyboard: InlineKeyboardMarkup | None = None,
    *,
    quiet: bool = False,
    thread_id: int | None = None,
) -> bool:
    """Whether it is in the chat now. Raises BadRequest for a thread that is no longer there."""
    return await _patiently(
        chat_id,
        lambda: bot.send_message(
            chat_id,
            text,
            ParseMode.HTML,
            reply_markup=keyboard,
            disable_notification=quiet,
            message_thread_id=thread_id,
        ),
    )


async def show(bot: Bot, chat_id: int, picture: bytes, caption: Markup, *, thread_id: int | None = None) -> bool:
    """The same for a picture."""
    return await _patiently(
        chat_id,
        lambda: bot.send_photo(chat_id, picture, caption, parse_mode=ParseMode.HTML, message_thread_id=thread_id),
    )


def is_shut(error: TelegramError) -> bool:
    """The topic was closed, or it is there no more."""
    return any(words in str(error).lower() for words in _SHUT)


async def _patiently(chat_id: int, call: Callable[[], Awaitable[object]]) -> bool:
    for last in (False, True):
        try:
            await call()
        except RetryAfter as error:
            wait = timedelta_of(error)
            if last or wait > _PATIENCE:
                log.warning("not told", chat=chat_id, error=str(error))
                return False
            await asyncio.sleep(wait.total_seconds())
        except TelegramError as error:
            if is_shut(error):
                raise
            # A person who never opened a chat with the bot can't be written to.
            log.warning("not told", chat=chat_id, error=str(error))
            return False
        else:
            return True
    return False
