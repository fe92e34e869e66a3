"""Makes the topics of a merchant's group: one for each kind of news that has none yet, or one that is shut."""

from contextlib import suppress

import structlog
from telegram import Bot
from telegram.constants import ForumIconColor
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.errors import UserError
from bot.payments.hearing import Heard
from bot.ui.visit import Visit
from bot.ui.voices import voice_of_group
from storage import notices
from storage.models import News, Topic

log = structlog.get_logger()

_COLORS = {
    News.IN: ForumIconColor.GREEN,
    News.OUT: ForumIconColor.BLUE,
    News.DOUBT: ForumIconColor.RED,
    News.BOARD: ForumIconColor.YELLOW,
}


async def complete(visit: Visit, heard: Heard) -> None:
    """Raises UserError for what the owner must do first: switch topics on, or let the bot manage them."""
    if not heard.group:
        raise UserError("topics.no_group")
    had = {topic.news: topic for topic in heard.topics}
    missing = [news for news in News if news not in had or had[news].shut]
    chat_id = heard.group
    try:
        for news in missing:
            chat_id = await _open(visit, chat_id, news, had.get(news))
    except (BadRequest, Forbidden) as error:
        raise _told(error) from None
    if News.BOARD in missing:
        await _move_board(visit)


async def _open(visit: Visit, chat_id: int, news: News, old: Topic | None) -> int:
    """Gives the group's id, which is another once it became a supergroup."""
    bot, member = visit.message.get_bot(), visit.member
    try:
        thread_id = await _reopened(bot, old) if old else None
        if thread_id is None:
            name = voice_of_group(member.merchant).say(f"topics.{news}").unescape()
            thread_id = (await bot.create_forum_topic(chat_id, name, _COLORS[news])).message_thread_id
    except ChatMigrated as error:
        now = visit.counter.now()
        await visit.counter.storage.run(notices.follow_group, chat_id, error.new_chat_id, now)
        return await _open(visit, error.new_chat_id, news, None)
    await visit.counter.hearing.keep_topic(member, news, chat_id, thread_id)
    return chat_id


async def _reopened(bot: Bot, old: Topic) -> int | None:
    """A closed one is opened again; None for one that is gone."""
    try:
        await bot.reopen_forum_topic(old.chat_id, old.thread_id)
    except BadRequest as error:
        log.info("a topic was not opened again", chat=old.chat_id, news=old.news, error=str(error))
        return old.thread_id if "not_modified" in str(error).lower() else None
    return old.thread_id


def _told(error: TelegramError) -> UserError:
    words = str(error).lower()
    if "not a forum" in words:
        return UserError("topics.no_forum")
    if "rights" in words or "admin" in words:
        return UserError("topics.no_right")
    log.warning("no topic was made", error=str(error))
    return UserError("topics.no_group")


async def _move_board(visit: Visit) -> None:
    """The day's board goes on in its topic; the one that stood elsewhere would only grow stale."""
    if old := await visit.counter.hearing.move_board(visit.member):
        with suppress(TelegramError):
            await visit.message.get_bot().delete_message(old.chat_id, old.message_id or 0)
