"""Users and chats, with the words the Bot API has for them."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class User:
    """`started` and `blocked` say how this person stands to the bot."""

    id: int
    first_name: str
    language_code: str = ""
    username: str = ""
    is_bot: bool = False
    started: bool = False
    blocked: bool = False

    def as_json(self) -> Json:
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            body["username"] = self.username
        if self.language_code:
            body["language_code"] = self.language_code
        return body


@dataclass(slots=True, eq=False)
class Topic:
    """A part of a forum. Its id is the number of the service message that tells that it was made."""

    id: int
    name: str
    icon_color: int
    is_closed: bool = False

    def as_json(self) -> Json:
        return {"message_thread_id": self.id, "name": self.name, "icon_color": self.icon_color}


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat has its person's id; a group has a negative one, a supergroup one that starts with -100.

    The message pinned last is the last of `pinned`. A forum's `topics` are those beside the general one, which has
    neither number nor name. `bot_lacks` are rights that it was not given as an administrator.
    """

    id: int
    type: str
    title: str = ""
    person: User | None = None
    members: dict[int, str] = field(default_factory=dict)
    migrated_to: int | None = None
    last_message_id: int = 0
    pinned: list[int] = field(default_factory=list)
    is_forum: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    bot_lacks: frozenset[str] = frozenset()

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def as_json(self) -> Json:
        body: Json = {"id": self.id, "type": self.type}
        if self.person is None:
            return body | {"title": self.title} | ({"is_forum": True} if self.is_forum else {})
        body["first_name"] = self.person.first_name
        return body | ({"username": self.person.username} if self.person.username else {})
