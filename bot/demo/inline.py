"""Inline queries: a person types @bot in any chat, picks one of its results, and posts it there themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo.people import Chat, Json, User

# https://core.telegram.org/bots/api#answerinlinequery tells no number; Telegram stops waiting after some seconds.
LIFETIME = timedelta(seconds=15)


@dataclass(slots=True, eq=False)
class Query:
    """`results` None: not answered yet."""

    id: str
    user: User
    chat: Chat
    text: str
    created: datetime
    results: list[Json] | None = None
    button: Json | None = None

    def is_open(self, now: datetime) -> bool:
        return self.results is None and now - self.created <= LIFETIME

    def as_json(self) -> Json:
        kind = "sender" if self.chat.person is self.user else self.chat.type
        return {"id": self.id, "from": self.user.as_json(), "query": self.text, "offset": "", "chat_type": kind}

    def result(self, result_id: str) -> Json:
        return next(one for one in self.results or [] if one["id"] == result_id)
