"""Buttons that say whose they are, where the counter serves several merchants. Pure."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from storage.belonging import Place

_TAG = re.compile(r"(?P<data>.*)@(?P<merchant>[1-9][0-9]{0,8})", re.DOTALL)


def tagged(keyboard: InlineKeyboardMarkup | None, merchant_id: int | None) -> InlineKeyboardMarkup | None:
    """The same buttons, each with its merchant behind its data."""
    if keyboard is None or merchant_id is None:
        return keyboard
    return InlineKeyboardMarkup([[_tagged(one, merchant_id) for one in row] for row in keyboard.inline_keyboard])


def _tagged(button: InlineKeyboardButton, merchant_id: int) -> InlineKeyboardButton:
    if not isinstance(button.callback_data, str) or _TAG.fullmatch(button.callback_data):
        return button
    return InlineKeyboardButton(button.text, callback_data=f"{button.callback_data}@{merchant_id}")


def untagged(data: str) -> tuple[str, int | None]:
    found = _TAG.fullmatch(data)
    return (found["data"], int(found["merchant"])) if found else (data, None)


def place_of(update: Update) -> Place:
    chat, message, query = update.effective_chat, update.effective_message, update.callback_query
    where = chat.id if chat else 0
    if query:
        return Place(where, tapped=message.message_id if message else 0, tag=untagged(query.data or "")[1])
    said = (getattr(message, "text", None) or getattr(message, "caption", None) or "") if message else ""
    return Place(where, answers=not said.startswith("/"))
