"""The topics of a forum.

https://core.telegram.org/bots/api#createforumtopic; words: ForumTopicManager.cpp of tdlib/td.
"""

from bot.demo.arguments import Arguments
from bot.demo.people import Chat, Json
from bot.demo.refusals import bad_request
from bot.demo.strict import manages_topics, writable_chat
from bot.demo.world import World

LONGEST_NAME = 128
COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


async def create_forum_topic(world: World, arguments: Arguments) -> Json:
    chat = _forum(world, arguments)
    name = arguments.text("name").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise bad_request("topic name must be non-empty" if not name else "TOPIC_TITLE_TOO_LONG")
    color = arguments.whole("icon_color", COLORS[0])
    if color not in COLORS:
        raise bad_request("invalid forum topic icon color specified")
    if not manages_topics(world, chat):
        raise bad_request("not enough rights to create a topic")
    world.limiter.spend(chat)
    return world.make_topic(chat, world.bot, name, color).as_json()


async def reopen_forum_topic(world: World, arguments: Arguments) -> bool:
    chat = _forum(world, arguments)
    topic = chat.topics.get(arguments.whole("message_thread_id"))
    if not manages_topics(world, chat):
        raise bad_request("not enough rights to manage the topic")
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    if not topic.is_closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    world.limiter.spend(chat)
    world.close_topic(chat, topic, world.bot, closed=False)
    return True


def _forum(world: World, arguments: Arguments) -> Chat:
    chat = writable_chat(world, arguments)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    return chat
