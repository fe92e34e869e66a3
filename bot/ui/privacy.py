"""The screens on which an owner sets how long names are kept, and sees what is held on one number. Pure."""

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.phone import pretty
from bot.payments.privacy import SPANS, Erased
from bot.texts import Voice
from storage.privacy import Held

Screen = tuple[Markup, InlineKeyboardMarkup]


def screen(voice: Voice, days: int) -> Screen:
    lines = [voice.say("privacy.kept", span=span(voice, days)), Markup(""), voice.say("privacy.how")]
    buttons = [_button(span(voice, other), f"privacy:keep:{other}") for other in SPANS if other != days]
    return Markup("\n").join(lines), InlineKeyboardMarkup([buttons[:2], buttons[2:]])


def span(voice: Voice, days: int) -> Markup:
    return voice.say(f"privacy.span.{days}")


def person(voice: Voice, msisdn: str, held: Held) -> Screen:
    lines = [
        voice.say("privacy.held", phone=pretty(msisdn), count=len(held.payments), saved=len(held.payees)),
        *_stays(voice, len(held.open), len(held.refundable), len(held.schedules)),
    ]
    buttons = [_button(voice.say("privacy.file"), f"privacy:file:{msisdn}")]
    if held.free or held.payees:
        buttons.append(_button(voice.say("privacy.erase"), f"privacy:sure:{msisdn}"))
    return Markup("\n").join(lines), InlineKeyboardMarkup([buttons])


def sure(voice: Voice, msisdn: str) -> Screen:
    button = _button(voice.say("privacy.erase.yes"), f"privacy:erase:{msisdn}")
    return voice.say("privacy.sure", phone=pretty(msisdn)), InlineKeyboardMarkup([[button]])


def erased(voice: Voice, done: Erased) -> Markup:
    lines = [voice.say("privacy.erased", count=done.masked, saved=done.payees)]
    lines += _stays(voice, done.open, done.refundable, done.schedules)
    return Markup("\n").join([*lines, voice.say("privacy.beyond")])


def _stays(voice: Voice, still_open: int, refundable: int, schedules: int) -> list[Markup]:
    counts = {"open": still_open, "refundable": refundable, "schedules": schedules}
    return [voice.say(f"privacy.stays.{why}", count=count) for why, count in counts.items() if count]


def _button(label: Markup, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label.unescape(), callback_data=data)
