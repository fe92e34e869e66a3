"""When something happens again: every day, on a weekday, on a day of the month. Pure.

Days are a calendar's where the shop is; the 31st of a month that has none is its last day.
"""

import calendar
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["day", "week", "month"]

MORNING = time(8)
LAST = 31
_DAYS = {
    "monday": 0, "mon": 0, "lundi": 0, "tuesday": 1, "tue": 1, "mardi": 1, "wednesday": 2, "wed": 2, "mercredi": 2,
    "thursday": 3, "thu": 3, "jeudi": 3, "friday": 4, "fri": 4, "vendredi": 4, "saturday": 5, "sat": 5, "samedi": 5,
    "sunday": 6, "sun": 6, "dimanche": 6,
}  # fmt: skip
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_NUMBER = r"(?P<number>[0-3]?\d)(?:st|nd|rd|th|er|e)?"
_EVERY = r"(?:every|each|chaque|tous\s+les)"
_MONTH = r"(?:month|mois)"
_OF_MONTH = rf"(?:\s+(?:of\s+(?:the|each|every)|du|de\s+chaque)\s+{_MONTH})"
_LAST = rf"""
    (?P<last> (?:(?:{_EVERY}|at|on|a|en|le)\s+)? (?:the\s+)?
    (?: end\s+of\s+(?:(?:the|each|every)\s+)?month | fin\s+(?:(?:de|du)\s+)?mois
    | (?:last\s+day|dernier\s+jour){_OF_MONTH}? ))"""
_WEEK = rf"""
    (?P<week> {_EVERY}\s+(?P<weekday>{_DAY})s? | (?:on\s+)?(?P<onday>{_DAY})s | weekly\s+on\s+(?P<wday>{_DAY}) )"""
_DAILY = r"(?P<day> (?:every|each)\s+day | daily | chaque\s+jour | tous\s+les\s+jours )"
_MONTHLY = rf"""
    (?P<month> (?: {_EVERY}\s+{_MONTH},?\s+(?:on\s+)?(?:(?:the|le)\s+)? | monthly\s+on\s+(?:the\s+)?
    | {_EVERY}\s+(?:(?:the|le)\s+)? | le\s+ ) {_NUMBER} {_OF_MONTH}? )"""
_AT = r"""
    (?: [,\s]+(?:at|a|vers)?\s* (?P<hour>[0-2]?\d) (?: \s*(?:h|:)\s*(?P<minute>[0-5]\d)? | \s*(?P<half>am|pm) ) )?"""
_END = r"(?=$|[\s,.])"
_RHYTHMS = [re.compile(rf"(?<!\S) {when} {_END} {_AT} {_END}", re.VERBOSE) for when in (_LAST, _WEEK, _DAILY, _MONTHLY)]
_VAGUE = re.compile(
    rf"""(?<!\S) (?: (?:{_EVERY}|toutes\s+les)(?:\s+(?:week|semaines?|{_MONTH}))? | weekly | monthly
    | (?:par|per)\s+(?:week|semaine|{_MONTH}) ) {_END}""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`number`: of a week the weekday from Monday 0, of a month the day from 1; of a day nothing."""

    unit: Unit
    number: int = 0
    at: time = MORNING

    @property
    def every(self) -> str:
        return f"{self.unit}:{self.number}"

    @classmethod
    def read(cls, every: str, at: str) -> "Rhythm":
        """Raises KeyError or ValueError for what is none."""
        unit, _, number = every.partition(":")
        units: dict[str, tuple[Unit, range]] = {
            "day": ("day", range(1)),
            "week": ("week", range(7)),
            "month": ("month", range(1, LAST + 1)),
        }
        name, numbers = units[unit]
        if int(number) not in numbers:
            raise ValueError(every)
        return cls(name, int(number), time.fromisoformat(at))


@dataclass(frozen=True, slots=True)
class Heard:
    """What a line says of a rhythm, and the rest of the line. `vague`: it wants one and does not say which."""

    rhythm: Rhythm | None
    rest: str
    vague: bool = False


def hear(text: str) -> Heard:
    """Of several readings the one that takes most of the line: "every 25 8h" is not every 2."""
    plain = _plain(text)
    found = [match for pattern in _RHYTHMS for match in pattern.finditer(plain) if _rhythm(match)]
    if found:
        best = max(found, key=lambda match: match.end() - match.start())
        return Heard(_rhythm(best), _without(text, best.span()))
    if vague := _VAGUE.search(plain):
        return Heard(None, _without(text, vague.span()), vague=True)
    return Heard(None, text)


def _plain(text: str) -> str:
    """Without accents and capitals, sign for sign."""
    return "".join(unicodedata.normalize("NFKD", sign)[0].lower()[0] for sign in text)


def _without(text: str, span: tuple[int, int]) -> str:
    return " ".join(f"{text[: span[0]]} {text[span[1] :]}".split()).rstrip(",. ")


def _rhythm(match: re.Match[str]) -> Rhythm | None:
    """None for what no calendar has, such as the 32nd, or 27 o'clock."""
    said = match.groupdict()
    at = _time(said)
    if at is None:
        return None
    if said.get("last"):
        return Rhythm("month", LAST, at)
    if said.get("week"):
        return Rhythm("week", _DAYS[said["weekday"] or said["onday"] or said["wday"]], at)
    if said.get("day"):
        return Rhythm("day", 0, at)
    number = int(said["number"])
    return Rhythm("month", number, at) if 1 <= number <= LAST else None


def _time(said: dict[str, str | None]) -> time | None:
    if said["hour"] is None:
        return MORNING
    hour = int(said["hour"])
    if half := said["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, int(said["minute"] or 0)) if hour < 24 else None


def days(rhythm: Rhythm, after: date) -> Iterator[date]:
    """Its days behind this one, without end."""
    if rhythm.unit == "month":
        year, month = after.year, after.month
        while True:
            day = date(year, month, min(rhythm.number, calendar.monthrange(year, month)[1]))
            if day > after:
                yield day
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    step = timedelta(days=1 if rhythm.unit == "day" else 7)
    day = after + timedelta(days=1)
    if rhythm.unit == "week":
        day += timedelta(days=(rhythm.number - day.weekday()) % 7)
    while True:
        yield day
        day += step


def moment(rhythm: Rhythm, day: date, zone: ZoneInfo) -> datetime:
    """An hour that the clocks skip that day comes an hour later."""
    return datetime.combine(day, rhythm.at, zone).astimezone(UTC)


def first_day(rhythm: Rhythm, now: datetime, zone: ZoneInfo) -> date:
    """The first whose moment is still to come, today's included."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return next(day for day in days(rhythm, yesterday) if moment(rhythm, day, zone) > now)


def next_day(rhythm: Rhythm, done: date, now: datetime, zone: ZoneInfo) -> date:
    """The one after `done`, and never one that is over: who was away for weeks does not make up for them."""
    return max(next(days(rhythm, done)), first_day(rhythm, now, zone))
