"""sendMessage and everything that changes a message afterwards."""

from datetime import timedelta

from bot.demo.arguments import Arguments
from bot.demo.messages import Message
from bot.demo.people import Json
from bot.demo.refusals import bad_request
from bot.demo.strict import (
    NOT_MODIFIED,
    caption_of,
    inline_markup_of,
    markup_of,
    own_message,
    replied_to,
    text_of,
    topic_of,
    writable_chat,
)
from bot.demo.taps import Answer
from bot.demo.world import ADMINS, World

# https://core.telegram.org/bots/api#deletemessage
DELETABLE = timedelta(hours=48)
LONGEST_ANSWER = 200
ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
        "record_audio",
        "upload_audio",
    ]
)


async def send_message(world: World, arguments: Arguments) -> Json:
    chat = writable_chat(world, arguments)
    text, entities = text_of(arguments)
    markup, keyboard = markup_of(arguments)
    reply_to = replied_to(world, chat, arguments)
    topic = topic_of(world, chat, arguments, reply_to)
    world.limiter.spend(chat)
    message = world.post(
        chat,
        world.bot,
        text,
        entities=entities,
        markup=markup,
        keyboard=keyboard,
        reply_to=reply_to,
        silent=arguments.flag("disable_notification"),
        topic=topic,
    )
    return message.as_json()


async def edit_message_text(world: World, arguments: Arguments) -> Json | bool:
    message = own_message(world, arguments)
    text, entities = text_of(arguments)
    if message.has_media:
        raise bad_request("there is no text in the message to edit")
    return edited(world, message, text, entities, inline_markup_of(arguments))


async def edit_message_caption(world: World, arguments: Arguments) -> Json | bool:
    message = own_message(world, arguments)
    text, entities = caption_of(arguments)
    if not message.has_media:
        raise bad_request("there is no caption in the message to edit")
    return edited(world, message, text, entities, inline_markup_of(arguments))


async def edit_message_reply_markup(world: World, arguments: Arguments) -> Json | bool:
    message = own_message(world, arguments)
    return edited(world, message, message.text, message.entities, inline_markup_of(arguments))


async def delete_message(world: World, arguments: Arguments) -> bool:
    chat = writable_chat(world, arguments)
    message = world.messages.get((chat.id, arguments.whole("message_id")))
    if message is None or message.deleted:
        raise bad_request("message to delete not found")
    is_others = message.sender is not world.bot and not chat.is_private
    if is_others and chat.members.get(world.bot.id) not in ADMINS:
        raise bad_request("message can't be deleted")
    if world.timestamp() - message.date > DELETABLE.total_seconds():
        raise bad_request("message can't be deleted for everyone")
    world.remove(message)
    return True


async def answer_callback_query(world: World, arguments: Arguments) -> bool:
    """Not counted against the flood limits: nobody is sent a message."""
    text = arguments.text("text")
    if len(text) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    tap = world.taps.get(arguments.text("callback_query_id"))
    if tap is None or not tap.is_open(world.clock()):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.answer(tap, Answer(text, arguments.flag("show_alert"), arguments.text("url")))
    return True


async def send_chat_action(world: World, arguments: Arguments) -> bool:
    chat = writable_chat(world, arguments)
    topic_of(world, chat, arguments, None)
    action = arguments.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.feed.publish("action", chat=chat.id, action=action)
    return True


def edited(
    world: World, message: Message, text: str, entities: list[Json], markup: Json | None, media: Json | None = None
) -> Json | bool:
    """An edit without reply_markup takes the buttons away, as Telegram does. True for a message posted inline."""
    media = message.media if media is None else media
    if (message.text, message.entities, message.markup, message.media) == (text, entities, markup, media):
        raise bad_request(NOT_MODIFIED)
    if not message.inline_id:
        world.limiter.spend(message.chat)
    message.text, message.entities, message.media = text, entities, media
    message.replace_markup(markup)
    world.touch(message)
    return True if message.inline_id else message.as_json()
