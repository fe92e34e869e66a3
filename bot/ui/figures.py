"""A report in words: the numbers under its picture, and the buttons to other periods. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date

from babel import numbers
from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.figures import Flow, Page, Report, Share
from bot.payments.periods import Length, Period
from bot.texts import Voice
from bot.ui.periods import named
from providers.money import Money
from storage.figures import Standing
from storage.states import State

_BREAK = Markup("\n")
_MOST_SHARES = 4
_LONGEST = 1024
"""Characters of a picture's caption."""
_LONGEST_NAME = 24
_DOUBT = {State.UNKNOWN, State.REVIEW}


def title(voice: Voice, report: Report) -> Markup:
    key = "report.title.own" if report.own else "report.title"
    return voice.say(key, period=named(voice, report.period))


def page(voice: Voice, report: Report, one: Page, *, spare: int = 0) -> Markup:
    """What stands under one currency's picture; `spare` characters are left for what stands above it."""

    def money(minor: int) -> Money:
        return Money(minor, one.currency)

    lines = [
        title(voice, report),
        voice.say("report.came", amount=money(one.came.amount), count=one.came.count),
        voice.say("report.went", amount=money(one.went.amount), count=one.went.count),
        *([voice.say("report.back", amount=money(one.back.amount), count=one.back.count)] if one.back.count else []),
        voice.say("report.fees.some" if one.untold else "report.fees", amount=money(one.fees), count=one.untold),
        voice.say("report.net", amount=money(one.net)),
        *_successes(voice, one),
        *standing(voice, report.standing, one.currency),
    ]
    room = _LONGEST - spare - sum(len(line.striptags()) + 1 for line in lines)
    for share in [*_shares(voice, one, one.operators), *_shares(voice, one, one.systems)]:
        room -= len(share.striptags()) + 1
        if room > 0:
            lines.append(share)
    return _BREAK.join(lines)


def empty(voice: Voice, report: Report) -> Markup:
    open_now = [
        line for currency in _currencies(report.standing) for line in standing(voice, report.standing, currency)
    ]
    return _BREAK.join([title(voice, report), voice.say("report.empty"), *open_now])


def _successes(voice: Voice, one: Page) -> list[Markup]:
    lines = []
    for key, flow in (("report.success.in", one.came), ("report.success.out", one.went)):
        if flow.success is not None:
            lines.append(voice.say(key, count=flow.count, ended=flow.ended, share=percent(voice, flow)))
    if one.waited:
        half, most = lasted(voice, one.waited.median), lasted(voice, one.waited.nine_of_ten)
        lines.append(voice.say("report.waited", half=half, most=most))
    return lines


def _shares(voice: Voice, one: Page, shares: Sequence[Share]) -> list[Markup]:
    return [
        voice.say(
            "report.share",
            name=share_name(voice, share),
            came=Money(share.came.amount, one.currency),
            went=Money(share.went.amount, one.currency),
        )
        for share in shares[:_MOST_SHARES]
        if share.moved
    ]


def standing(voice: Voice, rows: Iterable[Standing], currency: str) -> list[Markup]:
    """What is open and in doubt now."""
    its = [one for one in rows if one.currency == currency]
    lines = []
    for key, found in (
        ("report.open", [one for one in its if one.state not in _DOUBT]),
        ("report.doubt", [one for one in its if one.state in _DOUBT]),
    ):
        if found:
            total = Money(sum(one.amount for one in found), currency)
            lines.append(voice.say(key, count=sum(one.count for one in found), amount=total))
    return lines


def _currencies(rows: Iterable[Standing]) -> list[str]:
    return sorted({one.currency for one in rows})


def share_name(voice: Voice, share: Share) -> str:
    name = share.name or str(voice.say("report.unnamed"))
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def percent(voice: Voice, flow: Flow) -> str:
    """Whole, and 100 only where nothing failed."""
    share = min(round((flow.success or 0) * 100), 100 if not flow.failed else 99) / 100
    return str(numbers.format_percent(share, locale=voice.language)).replace("\u202f", "\u00a0")


def lasted(voice: Voice, seconds: float) -> Markup:
    whole = max(round(seconds), 1)
    if whole < 60:
        return voice.say("span.seconds", seconds=whole)
    if whole < 3600:
        return voice.say("span.minutes", minutes=whole // 60, seconds=f"{whole % 60:02}")
    return voice.say("span.hours", hours=whole // 3600, minutes=f"{whole % 3600 // 60:02}")


def buttons(voice: Voice, period: Period, today: date) -> InlineKeyboardMarkup:
    """Other periods that a person looks at, and the ones beside this one."""

    def button(label: str, what: object) -> InlineKeyboardButton:
        return InlineKeyboardButton(label, callback_data=f"report:{what}")

    day = Period.day(today)
    others = [("today", day), ("yesterday", day.before()), ("week", Period.week(today)), ("month", Period.month(today))]
    rows = [[button(voice.say(f"button.{name}"), one) for name, one in others if one != period]]
    beside = [button(f"‹ {_short(voice, period.before())}", period.before())]
    if period.after().first <= today:
        beside.append(button(f"{_short(voice, period.after())} ›", period.after()))
    return InlineKeyboardMarkup([*rows, beside])


def _short(voice: Voice, period: Period) -> str:
    text = named(voice, period)
    return text.split(" ", 1)[1].rsplit(" ", 1)[0] if period.length is Length.DAY else text
