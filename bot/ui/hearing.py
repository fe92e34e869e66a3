"""The screen on which the owner sets what the group hears and when the day is closed. Pure."""

from collections.abc import Iterable

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.hearing import NEVER, Heard
from bot.texts import Voice
from storage.models import Mode, News, Told
from storage.tones import ALWAYS

Screen = tuple[Markup, InlineKeyboardMarkup]
_SIGNS = {Mode.ON: "🔔", Mode.SILENT: "🔕", Mode.OFF: "✖️"}
_NEXT = {Mode.ON: Mode.SILENT, Mode.SILENT: Mode.OFF, Mode.OFF: Mode.ON}
_HOURS = ("18:00", "20:00", "22:00", NEVER)


def screen(voice: Voice, heard: Heard, chat_id: int) -> Screen:
    where = "none" if not heard.group else "here" if heard.group == chat_id else "elsewhere"
    close = voice.say("hear.close", at=heard.close_at) if heard.close_at else voice.say("hear.close.off")
    lines = [voice.say(f"hear.group.{where}"), close]
    lines += [voice.say("topics.shut", names=names_of(voice, heard.shut))] if heard.shut else []
    lines += [Markup(""), voice.say("hear.how")]
    events = [[_toggle(voice, event, heard.modes[event])] for event in Told]
    hours = [_hour(voice, hour) for hour in _HOURS if hour != (heard.close_at or NEVER)]
    return Markup("\n").join(lines), InlineKeyboardMarkup(
        [*events, [_board(voice, heard)], *_topics(voice, heard), hours]
    )


def _toggle(voice: Voice, event: Told, mode: Mode) -> InlineKeyboardButton:
    """Its data is what the tap makes of it, so that a second tap on the same screen changes nothing."""
    after = _NEXT[mode]
    if after is Mode.OFF and event in ALWAYS:
        after = Mode.ON
    return InlineKeyboardButton(
        f"{_SIGNS[mode]} {voice.say(f'hear.{event}').unescape()}", callback_data=f"hear:{event}:{after}"
    )


def _board(voice: Voice, heard: Heard) -> InlineKeyboardButton:
    sign, after = ("✅", "off") if heard.board else ("✖️", "on")
    return InlineKeyboardButton(f"{sign} {voice.say('hear.board').unescape()}", callback_data=f"hear:board:{after}")


def names_of(voice: Voice, news: Iterable[News]) -> str:
    return ", ".join(voice.say(f"topics.{one}").unescape() for one in sorted(news))


def _topics(voice: Voice, heard: Heard) -> list[list[InlineKeyboardButton]]:
    if not heard.group:
        return []
    sign, after = ("✅", "off") if heard.topics else ("✖️", "on")
    rows = [
        [InlineKeyboardButton(f"{sign} {voice.say('topics.each').unescape()}", callback_data=f"hear:topics:{after}")]
    ]
    return [of_shut(voice), *rows] if heard.shut else rows


def of_shut(voice: Voice) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(voice.say("topics.anew").unescape(), callback_data="hear:topics:on")]


def _hour(voice: Voice, hour: str) -> InlineKeyboardButton:
    label = voice.say("hear.never").unescape() if hour == NEVER else f"🌙 {hour}"
    return InlineKeyboardButton(label, callback_data=f"hear:close:{hour}")
