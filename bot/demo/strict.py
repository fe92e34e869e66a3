"""What Telegram refuses before it does anything, in its own words.

Words: Client.cpp of tdlib/telegram-bot-api and ReplyMarkup.cpp, LinkManager.cpp of tdlib/td; words in capitals come
from Telegram's servers as they are.
"""

from typing import Any
from urllib.parse import urlsplit

from bot.demo import html
from bot.demo.arguments import Arguments
from bot.demo.entities import trimmed, utf16_length, with_found
from bot.demo.messages import Message
from bot.demo.people import Chat, Json, Topic
from bot.demo.refusals import Refused, bad_request, forbidden
from bot.demo.world import ADMINS, World

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_DATA = 64
MOST_BUTTONS = 100
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
NO_PARSE_MODE = "can't parse entities: the local Telegram reads parse_mode HTML only"


def chat_of(world: World, arguments: Arguments) -> Chat:
    number = arguments.text("chat_id")
    if not number:
        raise bad_request("chat_id is empty")
    chat = world.chats.get(arguments.whole("chat_id"))
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        words = "group chat was upgraded to a supergroup chat"
        raise bad_request(words, migrate_to_chat_id=chat.migrated_to)
    return chat


def writable_chat(world: World, arguments: Arguments) -> Chat:
    """The chat, where the bot may write: a person who started it and did not block it, a group it is in."""
    chat = chat_of(world, arguments)
    if chat.person is None:
        status = chat.members.get(world.bot.id)
        if status in ("left", "kicked"):
            words = "was kicked from" if status == "kicked" else "is not a member of"
            raise forbidden(f"bot {words} the {chat.type} chat")
    elif chat.person.blocked:
        raise forbidden("bot was blocked by the user")
    elif not chat.person.started:
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def own_message(world: World, arguments: Arguments) -> Message:
    """The bot's own message that it wants to edit, or one that a person posted through it."""
    if inline_id := arguments.text("inline_message_id"):
        posted = world.inline.get(inline_id)
        if posted is None or posted.deleted:
            raise bad_request("MESSAGE_ID_INVALID")
        return posted
    if not arguments.whole("message_id"):
        raise bad_request("message identifier is not specified")
    chat = writable_chat(world, arguments)
    message = world.messages.get((chat.id, arguments.whole("message_id")))
    if message is None or message.deleted:
        raise bad_request("message to edit not found")
    if message.sender is not world.bot:
        raise bad_request("message can't be edited")
    return message


def text_of(arguments: Arguments) -> tuple[str, list[Json]]:
    text, entities = _formatted(arguments, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return text, entities


def caption_of(arguments: Arguments) -> tuple[str, list[Json]]:
    text, entities = _formatted(arguments, "caption", "caption_entities")
    if utf16_length(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities


def markup_of(arguments: Arguments) -> tuple[Json | None, Json | None]:
    """The inline keyboard, and anything else that changes the person's own keyboard."""
    value = arguments.json("reply_markup", "can't parse reply keyboard markup JSON object")
    if value is None:
        return None, None
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in value:
        return None, value
    rows = [[_button(button) for button in _row(row)] for row in _rows(value["inline_keyboard"])]
    rows = [row for row in rows if row]
    if sum(len(row) for row in rows) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return ({"inline_keyboard": rows} if rows else None), None


def inline_markup_of(arguments: Arguments) -> Json | None:
    inline, other = markup_of(arguments)
    if other is not None:
        raise bad_request("inline keyboard expected")
    return inline


def replied_to(world: World, chat: Chat, arguments: Arguments) -> Message | None:
    parameters = arguments.json("reply_parameters", "can't parse reply parameters JSON object") or {}
    number = parameters.get("message_id") or arguments.whole("reply_to_message_id")
    if not number:
        return None
    message = world.messages.get((chat.id, int(number)))
    if message is not None and not message.deleted:
        return message
    if parameters.get("allow_sending_without_reply") or arguments.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def topic_of(world: World, chat: Chat, arguments: Arguments, reply_to: Message | None) -> Topic | None:
    """The topic that is named, else that of the message that is answered; none is the general one.

    In a closed one write only those who manage topics. Words: ForumTopicManager.cpp of tdlib/td.
    """
    number = arguments.whole("message_thread_id")
    topic = chat.topics.get(number) if number else reply_to.topic if reply_to else None
    if number and topic is None:
        raise bad_request("message thread not found")
    if topic and topic.is_closed and not manages_topics(world, chat):
        raise bad_request("TOPIC_CLOSED")
    return topic


def manages_topics(world: World, chat: Chat) -> bool:
    return chat.members.get(world.bot.id) in ADMINS and "can_manage_topics" not in chat.bot_lacks


def _formatted(arguments: Arguments, name: str, entities_name: str) -> tuple[str, list[Json]]:
    text, mode = arguments.text(name).replace("\r", ""), arguments.text("parse_mode").lower()
    marked: list[Json] = arguments.json(entities_name, "can't parse entities JSON object") or []
    if mode == "html":
        text, marked = html.parse(text)
    elif mode in ("markdown", "markdownv2"):
        raise bad_request(NO_PARSE_MODE)
    elif mode not in ("", "none"):
        raise bad_request("unsupported parse_mode")
    text, marked = trimmed(text, marked)
    return text, with_found(text, marked)


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    return value


def _row(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return value


def _button(value: Any) -> Json:
    if not isinstance(value, dict):
        raise _unreadable_button("InlineKeyboardButton must be an Object")
    if not isinstance(value.get("text"), str):
        raise _unreadable_button('Can\'t find field "text"')
    url, data = value.get("url"), value.get("callback_data")
    if url:
        return {"text": value["text"], "url": _checked_url(str(url))}
    if data:
        return {"text": value["text"], "callback_data": _checked_data(str(data))}
    if set(value) & {"copy_text", "switch_inline_query", "switch_inline_query_current_chat"}:
        return dict(value)
    raise _unreadable_button("Text buttons are unallowed in the inline keyboard")


def _unreadable_button(words: str) -> Refused:
    return bad_request(f"can't parse inline keyboard button: {words}")


def _checked_data(data: str) -> str:
    if len(data.encode()) > LONGEST_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _checked_url(url: str) -> str:
    """A button that leads to this machine or to a bare name makes Telegram refuse the whole message."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    if parts.scheme == "tg":
        return url
    if parts.scheme not in ("http", "https"):
        raise _wrong_url(url, "Unsupported URL protocol")
    if "." not in host or host.startswith("127."):
        raise _wrong_url(url, "Wrong HTTP URL")
    return url


def _wrong_url(url: str, words: str) -> Refused:
    return bad_request(f"inline keyboard button URL '{url}' is invalid: {words}")
