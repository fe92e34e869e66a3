"""What stands at the top of a chat.

https://core.telegram.org/bots/api#pinchatmessage; words: MessagesManager.cpp of tdlib/td.
"""

from bot.demo.arguments import Arguments
from bot.demo.people import Chat
from bot.demo.refusals import bad_request
from bot.demo.strict import writable_chat
from bot.demo.world import ADMINS, World


async def pin_chat_message(world: World, arguments: Arguments) -> bool:
    chat = _pinnable(world, arguments)
    message = world.messages.get((chat.id, arguments.whole("message_id")))
    if message is None or message.deleted:
        raise bad_request("message to pin not found")
    if message.id in chat.pinned[-1:]:
        return True
    world.limiter.spend(chat)
    chat.pinned = [number for number in chat.pinned if number != message.id] + [message.id]
    told = {"pinned_message": message.as_json(with_reply=False)}
    world.post(chat, world.bot, media=told, topic=message.topic, silent=arguments.flag("disable_notification"))
    return True


async def unpin_chat_message(world: World, arguments: Arguments) -> bool:
    """Without a message_id the one that was pinned last."""
    chat = _pinnable(world, arguments)
    number = arguments.whole("message_id") or next(reversed(chat.pinned), 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    return True


def _pinnable(world: World, arguments: Arguments) -> Chat:
    """A bot pins in a group only as an administrator, whatever plain members may do there."""
    chat = writable_chat(world, arguments)
    if not chat.is_private and chat.members.get(world.bot.id) not in ADMINS:
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat
