"""The Bot API methods that this Telegram knows, one function each. Names are matched without case, as Telegram does."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.arguments import Arguments
from bot.demo.methods import chats, inline, media, menu, messages, pins, polling, topics
from bot.demo.world import World

Method = Callable[[World, Arguments], Awaitable[Any]]

METHODS: dict[str, Method] = {
    "getme": chats.get_me,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "getchatadministrators": chats.get_chat_administrators,
    "getchatmembercount": chats.get_chat_member_count,
    "leavechat": chats.leave_chat,
    "getupdates": polling.get_updates,
    "setwebhook": polling.set_webhook,
    "deletewebhook": polling.delete_webhook,
    "getwebhookinfo": polling.get_webhook_info,
    "sendmessage": messages.send_message,
    "editmessagetext": messages.edit_message_text,
    "editmessagecaption": messages.edit_message_caption,
    "editmessagemedia": media.edit_message_media,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "pinchatmessage": pins.pin_chat_message,
    "unpinchatmessage": pins.unpin_chat_message,
    "createforumtopic": topics.create_forum_topic,
    "reopenforumtopic": topics.reopen_forum_topic,
    "answercallbackquery": messages.answer_callback_query,
    "answerinlinequery": inline.answer_inline_query,
    "sendchataction": messages.send_chat_action,
    "sendphoto": media.send_photo,
    "senddocument": media.send_document,
    "getfile": media.get_file,
    "setmycommands": menu.set_my_commands,
    "getmycommands": menu.get_my_commands,
    "deletemycommands": menu.delete_my_commands,
    "setmydescription": menu.set_my_description,
    "getmydescription": menu.get_my_description,
    "setmyshortdescription": menu.set_my_short_description,
    "getmyshortdescription": menu.get_my_short_description,
    "setmyname": menu.set_my_name,
    "getmyname": menu.get_my_name,
}
