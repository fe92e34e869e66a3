"""Callback queries: a person pressed an inline button, and waits for the bot to answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo.messages import Message
from bot.demo.people import Json, User
from bot.demo.updates import Update

# Telegram documents no number; queries are known to die within a minute, often much sooner.
LIFETIME = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person saw: nothing, a toast, or an alert to close."""

    text: str = ""
    show_alert: bool = False
    url: str = ""


@dataclass(slots=True, eq=False)
class Tap:
    id: str
    user: User
    message: Message
    data: str
    created: datetime
    answer: Answer | None = None
    update: Update | None = None

    def is_open(self, now: datetime) -> bool:
        return self.answer is None and now - self.created <= LIFETIME

    def as_json(self) -> Json:
        message = self.message
        if message.inline_id:
            told: Json = {"inline_message_id": message.inline_id}
        else:
            told = {"message": message.inaccessible_json() if message.deleted else message.as_json()}
        return {
            "id": self.id,
            "from": self.user.as_json(),
            **told,
            "chat_instance": str(abs(message.chat.id) * 7919),
            "data": self.data,
        }
