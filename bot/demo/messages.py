"""A message as the server keeps it, and the buttons under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.demo.people import Chat, Json, Topic, User

if TYPE_CHECKING:
    from bot.demo.updates import Update


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    data: str = ""
    url: str = ""


@dataclass(slots=True, eq=False)
class Message:
    """`text` is the caption where there is media. `markup` is the inline keyboard under the message; `keyboard` is
    what replaces the person's own keyboard (reply keyboard, force_reply) and never comes back in the JSON. One that was
    posted `via` the bot is the person's own; the bot knows it by its `inline_id`, which it has only with buttons.
    In a `topic` what answers nothing answers the message that made it (`root`), as Telegram tells it.
    """

    id: int
    chat: Chat
    sender: User
    date: int
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    media: Json = field(default_factory=dict)
    markup: Json | None = None
    keyboard: Json | None = None
    reply_to: Message | None = None
    origin: Json | None = None
    edit_date: int | None = None
    silent: bool = False
    via: User | None = None
    inline_id: str = ""
    topic: Topic | None = None
    root: Message | None = None
    deleted: bool = False
    former_markups: list[Json] = field(default_factory=list)
    update: Update | None = None

    @property
    def has_media(self) -> bool:
        return "photo" in self.media or "document" in self.media

    @property
    def buttons(self) -> list[Button]:
        return list(buttons_of(self.markup))

    def button(self, text_or_data: str) -> Button | None:
        return find_button(self.markup, text_or_data)

    def former_button(self, text_or_data: str) -> Button | None:
        found = (find_button(markup, text_or_data) for markup in reversed(self.former_markups))
        return next((button for button in found if button), None)

    def replace_markup(self, markup: Json | None) -> None:
        if self.markup is not None and self.markup != markup:
            self.former_markups.append(self.markup)
        self.markup = markup

    def as_json(self, *, with_reply: bool = True) -> Json:
        body: Json = {
            "message_id": self.id,
            "from": self.sender.as_json(),
            "chat": self.chat.as_json(),
            "date": self.date,
        }
        body |= self._text_json() | self.media
        if self.edit_date is not None:
            body["edit_date"] = self.edit_date
        if self.origin is not None:
            body["forward_origin"] = self.origin
        if self.via is not None:
            body["via_bot"] = self.via.as_json()
        if self.markup is not None:
            body["reply_markup"] = self.markup
        if self.topic is not None:
            body |= {"message_thread_id": self.topic.id, "is_topic_message": True}
        if with_reply and (answered := self.reply_to or self.root):
            body["reply_to_message"] = answered.as_json(with_reply=False)
        return body

    def inaccessible_json(self) -> Json:
        """What is left of a deleted message: https://core.telegram.org/bots/api#inaccessiblemessage"""
        return {"message_id": self.id, "chat": self.chat.as_json(), "date": 0}

    def _text_json(self) -> Json:
        if not self.text:
            return {}
        name, entities = ("caption", "caption_entities") if self.has_media else ("text", "entities")
        return {name: self.text} | ({entities: self.entities} if self.entities else {})


def buttons_of(markup: Json | None) -> Iterator[Button]:
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            yield Button(button["text"], button.get("callback_data", ""), button.get("url", ""))


def find_button(markup: Json | None, text_or_data: str) -> Button | None:
    """The label or the data itself, else a label that contains the words: emoji need not be typed in a test."""
    buttons = list(buttons_of(markup))
    exact = (button for button in buttons if text_or_data in (button.text, button.data))
    close = (button for button in buttons if text_or_data.casefold() in button.text.casefold())
    return next(exact, None) or next(close, None)
