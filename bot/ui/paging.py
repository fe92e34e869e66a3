"""The two buttons that turn a list's pages."""

from telegram import InlineKeyboardButton

from bot.texts import Voice


def turns(voice: Voice, data: str, offset: int, page: int, *, more: bool) -> list[list[InlineKeyboardButton]]:
    """One row, or none where all is on this page. `data` comes before the offset that a button leads to."""
    ways = (("button.before", max(0, offset - page), offset > 0), ("button.after", offset + page, more))
    row = [InlineKeyboardButton(voice.say(key), callback_data=f"{data}{to}") for key, to, there in ways if there]
    return [row] if row else []
