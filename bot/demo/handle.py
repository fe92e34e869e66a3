"""What a test or the supervisor holds: people who speak and press buttons, and everything that they see."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.demo.faults import Faults
from bot.demo.inline import Query
from bot.demo.messages import Message
from bot.demo.people import Chat, Json, Topic, User
from bot.demo.taps import Answer, Tap
from bot.demo.telegram import BotApi, Call
from bot.demo.updates import Update
from bot.demo.world import World

Predicate = Callable[[Message], bool]
PATIENCE = 30.0


class LocalTelegram:
    """Made by `serve()`, whose docstring tells a whole story. Methods that wait are `async`; the others act at once."""

    def __init__(self, url: str, token: str, world: World, api: BotApi) -> None:
        self.url = url
        self.token = token
        self.world = world
        self.faults: Faults = api.faults
        self._api = api

    @property
    def bot(self) -> User:
        return self.world.bot

    # Who is there

    def add_user(
        self,
        first_name: str,
        language_code: str = "fr",
        id: int | None = None,  # noqa: A002  (the Bot API's own name)
        username: str = "",
    ) -> User:
        """A person who has not written to the bot yet: until then the bot may not write to them."""
        return self.world.add_user(first_name, language_code, id, username)

    def add_group(
        self,
        title: str,
        members: list[User],
        id: int | None = None,  # noqa: A002
        kind: str = "group",
    ) -> Chat:
        """`kind` is "group" or "supergroup". The first member owns it. In a group the bot sees commands, replies to
        its own messages and mentions; everything else only once `make_bot_admin` was called.
        """
        return self.world.add_group(title, members, id, kind)

    def private(self, user: User) -> Chat:
        return self.world.chats[user.id]

    def make_bot_admin(self, group: Chat, by: User, *, without: str = "") -> None:
        """With every right but the one `without` names, such as "can_manage_topics"."""
        group.bot_lacks = frozenset({without} - {""})
        self.world.set_bot_status(group, "administrator", by)

    def kick_bot(self, group: Chat, by: User) -> None:
        self.world.set_bot_status(group, "kicked", by)

    def upgrade(self, group: Chat) -> Chat:
        """The group becomes a supergroup; its old id answers 400 with `migrate_to_chat_id` from now on."""
        return self.world.upgrade(group)

    def make_forum(self, group: Chat) -> Chat:
        """Topics are switched on: a group becomes a supergroup by that."""
        return self.world.make_forum(group)

    def topic(self, forum: Chat, name: str) -> Topic:
        """The newest that has these words in its name."""
        return [topic for topic in forum.topics.values() if name in topic.name][-1]

    def close_topic(self, forum: Chat, topic: Topic, by: User) -> None:
        self.world.close_topic(forum, topic, by, closed=True)

    def delete_topic(self, forum: Chat, topic: Topic) -> None:
        self.world.delete_topic(forum, topic)

    def block(self, user: User) -> None:
        self.world.set_bot_status(self.private(user), "kicked", user)

    def unblock(self, user: User) -> None:
        self.world.set_bot_status(self.private(user), "member", user)

    # What people do

    def start(self, user: User) -> Message:
        return self.say(user, self.private(user), "/start")

    def say(
        self, user: User, chat: Chat, text: str, reply_to: Message | None = None, topic: Topic | None = None
    ) -> Message:
        return self.world.say(user, chat, text, reply_to, topic)

    def forward(self, user: User, chat: Chat, text: str) -> Message:
        """What somebody else wrote, who hides their account, passed on by this person."""
        return self.world.forward(user, chat, text)

    def edit(self, user: User, message: Message, text: str) -> Message:
        if message.sender is not user:
            raise ValueError(f"{user.first_name} did not write this message")
        self.world.edit(message, text)
        return message

    def share_contact(
        self, user: User, chat: Chat, phone: str, first_name: str = "", owner: User | None = None
    ) -> Message:
        """A phone-book entry; with `owner` the number of a Telegram user, as the "share my number" button gives."""
        contact: Json = {"phone_number": phone, "first_name": first_name or user.first_name}
        if owner is not None:
            contact["user_id"] = owner.id
        return self.world.post(chat, user, media={"contact": contact})

    def send_document(
        self, user: User, chat: Chat, name: str, content: bytes, caption: str = "", mime_type: str = ""
    ) -> Message:
        file = self.world.files.add(name, content, mime_type)
        return self.world.post(chat, user, caption, media={"document": file.as_document()})

    def send_photo(self, user: User, chat: Chat, name: str, content: bytes, caption: str = "") -> Message:
        file = self.world.files.add(name, content, folder="photos")
        return self.world.post(chat, user, caption, media={"photo": file.as_photo()})

    def press(self, user: User, message: Message, button: str, *, stale: bool = False, copies: int = 1) -> Tap:
        """Press an inline button, named by its label, a part of it or its data, and do not wait.

        `stale` finds a button that an edit has taken away meanwhile: the person's screen was late.
        """
        found = message.button(button) or (message.former_button(button) if stale else None)
        if found is None or not found.data:
            labels = ", ".join(repr(other.text) for other in message.buttons) or "none"
            raise LookupError(f"no button {button!r} to press; there are: {labels}")
        return self.world.tap(user, message, found.data, copies)

    async def tap(
        self,
        user: User,
        message: Message,
        button: str,
        *,
        stale: bool = False,
        timeout: float = PATIENCE,  # noqa: ASYNC109
    ) -> Answer:
        """Press and wait for the bot's answerCallbackQuery."""
        return await self.answered(self.press(user, message, button, stale=stale), timeout)

    def tap_twice(self, user: User, message: Message, button: str) -> tuple[Tap, Tap]:
        """An impatient thumb: two taps, two queries."""
        return self.press(user, message, button), self.press(user, message, button)

    def tap_doubled(self, user: User, message: Message, button: str) -> Tap:
        """One tap that Telegram delivers as two updates with different ids, but one query id."""
        return self.press(user, message, button, copies=2)

    async def answered(self, tap: Tap, timeout: float = PATIENCE) -> Answer:  # noqa: ASYNC109
        await self._until(lambda: tap.answer is not None, timeout, lambda: f"no answer to {tap.data!r}")
        return tap.answer or Answer()

    async def ask_inline(self, user: User, chat: Chat, text: str, timeout: float = PATIENCE) -> Query:  # noqa: ASYNC109
        """Type @bot and this text in the chat, and wait for what the bot offers."""
        query = self.world.ask_inline(user, chat, text)
        await self._until(lambda: query.results is not None, timeout, lambda: f"no answer to {text!r}")
        return query

    def choose(self, query: Query, result_id: str = "", copies: int = 1) -> Message:
        """Post a result, the first without a name."""
        return self.world.choose(query, result_id or (query.results or [])[0]["id"], copies)

    # What people see

    def messages(self, chat: Chat, sender: User | None = None) -> list[Message]:
        """Oldest first, without deleted ones; with `sender`, theirs only."""
        return [m for m in self.world.in_chat(chat) if sender in (None, m.sender)]

    def last(self, chat: Chat) -> Message:
        """The bot's newest message there."""
        return self.messages(chat, self.bot)[-1]

    def commands(self, user: User, chat: Chat) -> list[Json]:
        """The command menu as this person sees it in this chat."""
        return self.world.menus.seen_by(user, chat)

    async def wait_for(
        self,
        chat: Chat,
        wanted: Predicate | str,
        timeout: float = PATIENCE,  # noqa: ASYNC109
        after: Message | None = None,
    ) -> Message:
        """The bot's newest message there that fits (a string is searched in the text), now or later; messages are
        live, so an edit counts. `after` looks only at messages that are newer than that one.
        """
        found: list[Message] = []

        def look() -> bool:
            found[:] = [m for m in self.messages(chat, self.bot) if _fits(m, wanted) and _is_after(m, after)]
            return bool(found)

        await self._until(look, timeout, lambda: self._transcript(chat, wanted))
        return found[-1]

    async def settled(self, quiet: float = 0.05, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109
        """Every update was taken and the bot polls again, and nothing happened for `quiet` seconds."""
        await self._until(lambda: not self.world.updates.pending, timeout, lambda: "updates are still waiting")
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await self.world.feed.change(quiet)
            if loop.time() - before >= quiet:
                return

    # What Telegram does to the bot

    @property
    def calls(self) -> list[Call]:
        """Every call of the bot that reached Telegram, oldest first."""
        return self._api.calls

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower()]

    @property
    def updates(self) -> list[Update]:
        """Every update there ever was."""
        return self.world.updates.history

    def deliver_again(self, what: Update | Message | Tap | None = None) -> Update:
        """The same update with the same update_id once more; without an argument the last one."""
        update = self._told(what)
        self.world.updates.deliver_again(update)
        self.world.feed.publish("update")
        return update

    def deliver_anew(self, what: Update | Message | Tap | None = None) -> Update:
        """The same once more, as an update of its own with another update_id."""
        told = self._told(what)
        update = self.world.updates.add(told.kind, told.payload, self.world.clock())
        assert update  # noqa: S101 - its kind was wanted before
        self.world.feed.publish("update")
        return update

    def _told(self, what: Update | Message | Tap | None) -> Update:
        update = self.updates[-1] if what is None else what if isinstance(what, Update) else what.update
        if update is None:
            raise LookupError("the bot was never told of this")
        return update

    @contextmanager
    def updates_held(self) -> Iterator[None]:
        """Updates that happen inside arrive late: all together at the end, with the dates they had."""
        self.world.updates.held = True
        try:
            yield
        finally:
            self.world.updates.held = False
            self.world.feed.publish("update")

    async def _until(
        self,
        happened: Callable[[], bool],
        timeout: float,  # noqa: ASYNC109
        complaint: Callable[[], str],
    ) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not happened():
            if loop.time() >= deadline:
                raise TimeoutError(complaint())
            await self.world.feed.change(deadline - loop.time())

    def _transcript(self, chat: Chat, wanted: Predicate | str) -> str:
        lines = [f"{m.sender.first_name}: {m.text!r} {[b.text for b in m.buttons]}" for m in self.messages(chat)]
        refused = [f"{call.method}: {call.error}" for call in self.calls if call.error]
        shown = wanted if isinstance(wanted, str) else "the wanted message"
        return "\n".join([f"{shown!r} never came. The chat:", *lines[-10:], "Refused:", *refused[-5:]])


def _fits(message: Message, wanted: Predicate | str) -> bool:
    return wanted in message.text if isinstance(wanted, str) else wanted(message)


def _is_after(message: Message, after: Message | None) -> bool:
    return after is None or message.id > after.id
