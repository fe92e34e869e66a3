"""Days, weeks and months as people name them, in French and English."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from babel import Locale, dates

from bot.errors import UserError
from bot.payments.periods import Length, Period
from bot.texts import LANGUAGES, Voice
from bot.ui.sheets import plain

_A_DAY = timedelta(days=1)
_DAY = re.compile(r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})(?:[/.](?P<year>\d{4}))?")
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})")
_WEEK = re.compile(r"(?P<year>\d{4})-w(?P<week>\d{1,2})")
_SMALL = {"le", "la", "de", "du", "ce", "cette", "en", "the", "this", "of", "in"}
_LATELY: dict[str, Callable[[date], Period]] = {
    "today": Period.day,
    "aujourd hui": Period.day,
    "jour": Period.day,
    "day": Period.day,
    "yesterday": lambda today: Period.day(today - _A_DAY),
    "hier": lambda today: Period.day(today - _A_DAY),
    "week": Period.week,
    "semaine": Period.week,
    "last week": lambda today: Period.week(today).before(),
    "semaine derniere": lambda today: Period.week(today).before(),
    "semaine passee": lambda today: Period.week(today).before(),
    "month": Period.month,
    "mois": Period.month,
    "last month": lambda today: Period.month(today).before(),
    "mois dernier": lambda today: Period.month(today).before(),
    "mois passe": lambda today: Period.month(today).before(),
}
_TODAY = {"today", "aujourd hui"}
_YESTERDAY = {"yesterday", "hier"}


def read_period(text: str, today: date) -> Period:
    """Nothing is today. Raises UserError: `period.unreadable`, `period.ahead`."""
    try:
        period = _read(" ".join(text.lower().split()), today)
    except (ValueError, OverflowError):
        raise UserError("period.unreadable") from None
    if period.first > today:
        raise UserError("period.ahead")
    return period


def _read(text: str, today: date) -> Period:
    """Raises ValueError for what is none."""
    words = " ".join(word for word in plain(text).split() if word not in _SMALL)
    if not words:
        return Period.day(today)
    if known := _LATELY.get(words):
        return known(today)
    if found := _MONTH.fullmatch(text):
        return Period.month(date(int(found["year"]), int(found["month"]), 1))
    if found := _WEEK.fullmatch(text):
        return Period.week(date.fromisocalendar(int(found["year"]), int(found["week"]), 1))
    return _named_month(words, today) or Period.day(read_day(text, today))


def read_day(word: str, today: date) -> date:
    """Raises ValueError for what is none."""
    if plain(word) in _TODAY:
        return today
    if plain(word) in _YESTERDAY:
        return today - _A_DAY
    if found := _DAY.fullmatch(word):
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        # 31/12 in January was last month's.
        return day if found["year"] or day <= today else day.replace(year=today.year - 1)
    return date.fromisoformat(word)


def _named_month(words: str, today: date) -> Period | None:
    """ "novembre", "nov 2025": without a year the one that came last."""
    name, _, year = words.partition(" ")
    number = _months().get(name)
    if number is None or not re.fullmatch(r"(\d{4})?", year):
        return None
    if year:
        return Period.month(date(int(year), number, 1))
    return Period.month(date(today.year - (number > today.month), number, 1))


@cache
def _months() -> dict[str, int]:
    return {
        plain(name): number
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for number, name in dates.get_month_names(width, locale=Locale.parse(language)).items()
    }


def named(voice: Voice, period: Period) -> str:
    """ "lundi 16 novembre 2026", "16 – 22 nov. 2026", "novembre 2026"."""

    def written(day: date, pattern: str) -> str:
        return dates.format_date(day, pattern, locale=voice.language)

    if period.length is Length.DAY:
        return written(period.first, "EEEE d MMMM y")
    if period.length is Length.MONTH:
        return written(period.first, "MMMM y")
    same_month = period.first.month == period.last.month
    start = written(period.first, "d" if same_month else "d MMM")
    return f"{start} – {written(period.last, 'd MMM y')}"
