"""The state of the local Telegram and what people do in it. Knows no HTTP.

What a person does makes messages and, where the bot may see it, updates. What the bot may do is in `methods`.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from bot.demo.clock import Clock
from bot.demo.entities import found_in, trimmed
from bot.demo.feed import Feed
from bot.demo.files import Files
from bot.demo.inline import Query
from bot.demo.limits import Limiter, Limits
from bot.demo.menus import Menus
from bot.demo.messages import Message
from bot.demo.people import Chat, Json, Topic, User
from bot.demo.taps import Answer, Tap
from bot.demo.updates import Updates
from bot.demo.webhooks import Webhook

ADMINS = ("creator", "administrator")
ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_topics",
)
# A person may still edit a message this long after writing it: https://telegram.org/faq#q-can-i-edit-my-messages
EDITABLE = timedelta(hours=48)


class World:
    def __init__(self, bot: User, clock: Clock, limits: Limits) -> None:
        self.bot = bot
        self.clock = clock
        self.feed = Feed()
        self.updates = Updates()
        self.menus = Menus()
        self.files = Files()
        self.limiter = Limiter(limits, clock)
        self.webhook = Webhook()
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[tuple[int, int], Message] = {}
        self._by_chat: defaultdict[int, list[Message]] = defaultdict(list)
        self.taps: dict[str, Tap] = {}
        self.queries: dict[str, Query] = {}
        self.inline: dict[str, Message] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.reads_all_group_messages = False
        self._message_ids = count(1)
        self._user_ids = count(5_000_000_001)
        self._group_ids = count(4_000_000_001)
        self._tap_ids = count(880_000_000_000_000_001)

    # People and places

    def add_user(self, first_name: str, language_code: str, user_id: int | None, username: str) -> User:
        user = User(user_id or next(self._user_ids), first_name, language_code, username)
        self.users[user.id] = user
        self.chats[user.id] = Chat(user.id, "private", person=user)
        self.feed.publish("people")
        return user

    def add_group(self, title: str, members: Iterable[User], chat_id: int | None, kind: str) -> Chat:
        """The first member owns it. The bot joins as a plain member and is told so."""
        people = list(members)
        number = chat_id or -next(self._group_ids)
        chat = Chat(number, kind, title)
        chat.members = {user.id: "member" for user in people} | {self.bot.id: "left"}
        if people:
            chat.members[people[0].id] = "creator"
        self.chats[number] = chat
        self.set_bot_status(chat, "member", people[0] if people else self.bot)
        return chat

    def set_bot_status(self, chat: Chat, status: str, by: User) -> None:
        old = "kicked" if chat.person and chat.person.blocked else chat.members.get(self.bot.id, "member")
        if chat.person:
            chat.person.blocked = status == "kicked"
        else:
            chat.members[self.bot.id] = status
        change = {
            "chat": chat.as_json(),
            "from": by.as_json(),
            "date": self.timestamp(),
            "old_chat_member": self._bot_member(chat, old),
            "new_chat_member": self._bot_member(chat, status),
        }
        self.tell_bot("my_chat_member", change)
        self.feed.publish("people")

    def upgrade(self, chat: Chat) -> Chat:
        """The group becomes a supergroup: another id, its own message numbers, and both sides told."""
        number = -1_000_000_000_000 + chat.id
        successor = Chat(number, "supergroup", chat.title, members=dict(chat.members))
        self.chats[number] = successor
        owner = next((self.users[user] for user, status in chat.members.items() if status == "creator"), self.bot)
        self.post(chat, owner, media={"migrate_to_chat_id": number})
        chat.migrated_to = number
        self.post(successor, owner, media={"migrate_from_chat_id": chat.id})
        self.feed.publish("people")
        return successor

    def make_forum(self, chat: Chat) -> Chat:
        forum = self.upgrade(chat) if chat.type == "group" else chat
        forum.is_forum = True
        self.feed.publish("people")
        return forum

    def make_topic(self, chat: Chat, by: User, name: str, icon_color: int) -> Topic:
        service = self.post(chat, by, media={"forum_topic_created": {"name": name, "icon_color": icon_color}})
        topic = chat.topics[service.id] = Topic(service.id, name, icon_color)
        service.topic = topic
        self.feed.publish("people")
        return topic

    def close_topic(self, chat: Chat, topic: Topic, by: User, *, closed: bool) -> None:
        topic.is_closed = closed
        self.post(chat, by, media={"forum_topic_closed" if closed else "forum_topic_reopened": {}}, topic=topic)
        self.feed.publish("people")

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        """With every message in it. The bot is not told."""
        del chat.topics[topic.id]
        for message in self.in_chat(chat):
            if message.topic is topic:
                self.remove(message)
        self.feed.publish("people")

    # What people do

    def post(self, chat: Chat, sender: User, text: str = "", **rest: Any) -> Message:
        """Any message, a person's or the bot's; a person's becomes an update where the bot may see it."""
        message = Message(self._next_id(chat), chat, sender, self.timestamp(), text, **rest)
        if message.topic:
            message.root = self.messages[chat.id, message.topic.id]
        self.messages[chat.id, message.id] = message
        self._by_chat[chat.id].append(message)
        if sender is not self.bot and self._bot_sees(message):
            if chat.is_private:
                sender.started = True
            message.update = self.tell_bot("message", message.as_json())
        self.feed.publish("message", chat=chat.id, message=message.id)
        return message

    def say(
        self, user: User, chat: Chat, text: str, reply_to: Message | None = None, topic: Topic | None = None
    ) -> Message:
        """An answer stands in the topic of what it answers."""
        text, _ = trimmed(text, [])
        if chat.person and chat.person.blocked:
            self.set_bot_status(chat, "member", user)
        topic = reply_to.topic if reply_to else topic
        return self.post(chat, user, text, entities=found_in(text), reply_to=reply_to, topic=topic)

    def forward(self, user: User, chat: Chat, text: str) -> Message:
        """https://core.telegram.org/bots/api#messageoriginhiddenuser"""
        text, _ = trimmed(text, [])
        origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": self.timestamp()}
        return self.post(chat, user, text, entities=found_in(text), origin=origin)

    def edit(self, message: Message, text: str) -> None:
        message.text, _ = trimmed(text, [])
        message.entities = found_in(message.text)
        message.edit_date = self.timestamp()
        if self._bot_sees(message):
            message.update = self.tell_bot("edited_message", message.as_json())
        self.feed.publish("edited", chat=message.chat.id, message=message.id)

    def tap(self, user: User, message: Message, data: str, copies: int = 1) -> Tap:
        """`copies` updates with different ids for this one tap."""
        tap = Tap(str(next(self._tap_ids)), user, message, data, self.clock())
        self.taps[tap.id] = tap
        for _ in range(copies):
            tap.update = self.tell_bot("callback_query", tap.as_json()) or tap.update
        self.feed.publish("tapped", tap=tap.id)
        return tap

    def ask_inline(self, user: User, chat: Chat, text: str) -> Query:
        """What stands behind @bot, as far as it is typed."""
        query = Query(str(next(self._tap_ids)), user, chat, text, self.clock())
        self.queries[query.id] = query
        self.tell_bot("inline_query", query.as_json())
        return query

    def answer_query(self, query: Query, results: list[Json], button: Json | None) -> None:
        query.results, query.button = results, button
        self.feed.publish("inline", query=query.id)

    def choose(self, query: Query, result_id: str, copies: int = 1) -> Message:
        """The person posts a result; the bot hears of it where it asked to. `copies` updates for one choice."""
        result = query.result(result_id)
        inline_id = f"inline-{next(self._tap_ids)}" if result["markup"] else ""
        message = self.post(
            query.chat,
            query.user,
            result["text"],
            entities=result["entities"],
            markup=result["markup"],
            via=self.bot,
            inline_id=inline_id,
        )
        if inline_id:
            self.inline[inline_id] = message
        chosen = {"result_id": result_id, "from": query.user.as_json(), "query": query.text}
        for _ in range(copies):
            self.tell_bot("chosen_inline_result", chosen | ({"inline_message_id": inline_id} if inline_id else {}))
        return message

    def answer(self, tap: Tap, answer: Answer) -> None:
        tap.answer = answer
        self.feed.publish("answered", tap=tap.id)

    # What the bot's methods need

    def tell_bot(self, kind: str, payload: Json) -> Any:
        update = self.updates.add(kind, payload, self.clock())
        self.feed.publish("update")
        return update

    def timestamp(self) -> int:
        return int(self.clock().timestamp())

    def touch(self, message: Message) -> None:
        message.edit_date = self.timestamp()
        self.feed.publish("edited", chat=message.chat.id, message=message.id)

    def remove(self, message: Message) -> None:
        message.deleted = True
        if message.id in message.chat.pinned:
            message.chat.pinned.remove(message.id)
        self.feed.publish("deleted", chat=message.chat.id, message=message.id)

    def in_chat(self, chat: Chat) -> list[Message]:
        return [message for message in self._by_chat[chat.id] if not message.deleted]

    def _next_id(self, chat: Chat) -> int:
        """Supergroups count for themselves; private chats and groups share the account's own numbers."""
        if chat.type != "supergroup":
            return next(self._message_ids)
        chat.last_message_id += 1
        return chat.last_message_id

    def _bot_sees(self, message: Message) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode"""
        chat, status = message.chat, message.chat.members.get(self.bot.id)
        if message.via is self.bot and status != "left":
            return True
        if chat.is_private or self.reads_all_group_messages or status in ADMINS:
            return True
        if status != "member":
            return False
        is_service = not message.text and not message.has_media and "contact" not in message.media
        replied = message.reply_to is not None and message.reply_to.sender is self.bot
        return is_service or replied or self._is_addressed(message)

    def _is_addressed(self, message: Message) -> bool:
        name = f"@{self.bot.username}".casefold()
        words = message.text.casefold().split()
        commands = (word for word in words if word.startswith("/"))
        return name in words or any("@" not in word or word.endswith(name) for word in commands)

    def _bot_member(self, chat: Chat, status: str) -> Json:
        more: Json = {"until_date": 0} if status == "kicked" else {}
        if status == "administrator":  # https://core.telegram.org/bots/api#chatmemberadministrator
            more = {"can_be_edited": False, "is_anonymous": False}
            more |= {right: right not in chat.bot_lacks for right in ADMIN_RIGHTS}
        return {"user": self.bot.as_json(), "status": status} | more
