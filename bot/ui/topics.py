"""Where in the group a kind of news is told: in its topic, and in the general one where that can't be written to."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog
from telegram import Bot, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.ui import hearing, herald
from bot.ui.belonging import tagged
from bot.ui.voices import voice_of_group
from storage import people, topics
from storage.engine import Storage
from storage.models import Merchant, News

log = structlog.get_logger()

T = TypeVar("T")


class Topics:
    def __init__(self, bot: Bot, storage: Storage) -> None:
        self._bot = bot
        self._storage = storage

    async def post(self, merchant: Merchant, news: News, chat_id: int, send: Callable[[int | None], Awaitable[T]]) -> T:
        """`send` gets the thread, and is called once more without one where that is shut: nothing is lost."""
        house = merchant.id or 0
        thread_id = await self._storage.run(topics.thread, house, chat_id, news)
        try:
            return await send(thread_id)
        except BadRequest as error:
            if thread_id is None or not herald.is_shut(error):
                raise
            log.warning("a topic is shut", chat=chat_id, news=news, error=str(error))
        if await self._storage.run(topics.shut, house, news, thread_id):
            with suppress(TelegramError):  # the screen of /group says it as well
                await self._say_so(merchant, news, chat_id)
        return await send(None)

    async def _say_so(self, merchant: Merchant, news: News, chat_id: int) -> None:
        voice = voice_of_group(merchant)
        keyboard = InlineKeyboardMarkup([hearing.of_shut(voice)])
        whose = merchant.id if await self._storage.run(people.is_shared) else None
        text = voice.say("topics.shut", names=hearing.names_of(voice, [news]))
        await self._bot.send_message(chat_id, text, ParseMode.HTML, reply_markup=tagged(keyboard, whose))
