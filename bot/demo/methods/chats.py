"""Who the bot is, and what it may know of chats and their members."""

from bot.demo.arguments import Arguments
from bot.demo.people import Chat, Json, User
from bot.demo.refusals import bad_request
from bot.demo.strict import chat_of, writable_chat
from bot.demo.world import ADMINS, World

RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_change_info",
    "can_delete_messages",
    "can_invite_users",
    "can_restrict_members",
    "can_promote_members",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


async def get_me(world: World, _: Arguments) -> Json:
    return world.bot.as_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": world.reads_all_group_messages,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_chat(world: World, arguments: Arguments) -> Json:
    chat = chat_of(world, arguments)
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return chat.as_json() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


async def get_chat_member(world: World, arguments: Arguments) -> Json:
    chat = chat_of(world, arguments)
    user = world.users.get(arguments.whole("user_id"))
    if user is None:
        raise bad_request("user not found")
    return member_json(chat, user)


async def get_chat_administrators(world: World, arguments: Arguments) -> list[Json]:
    chat = writable_chat(world, arguments)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    return [member_json(chat, world.users[user]) for user, status in chat.members.items() if status in ADMINS]


async def get_chat_member_count(world: World, arguments: Arguments) -> int:
    chat = chat_of(world, arguments)
    if chat.is_private:
        return 2
    return sum(1 for status in chat.members.values() if status not in ("left", "kicked"))


async def leave_chat(world: World, arguments: Arguments) -> bool:
    chat = writable_chat(world, arguments)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    world.set_bot_status(chat, "left", world.bot)
    return True


def member_json(chat: Chat, user: User) -> Json:
    status = "member" if chat.is_private else chat.members.get(user.id, "left")
    body: Json = {"user": user.as_json(), "status": status}
    if status in ADMINS:
        body["is_anonymous"] = False
    if status == "administrator":
        body |= dict.fromkeys(RIGHTS, False)
    return body | ({"until_date": 0} if status == "kicked" else {})
