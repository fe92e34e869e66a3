"""A day, a week or a month by the shop's calendar, and the times at which its bars begin. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_A_DAY = timedelta(days=1)


class Length(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, `last` among them."""

    length: Length
    first: date
    last: date

    @classmethod
    def day(cls, day: date) -> "Period":
        return cls(Length.DAY, day, day)

    @classmethod
    def week(cls, day: date) -> "Period":
        """From Monday to Sunday."""
        monday = day - day.weekday() * _A_DAY
        return cls(Length.WEEK, monday, monday + 6 * _A_DAY)

    @classmethod
    def month(cls, day: date) -> "Period":
        first = day.replace(day=1)
        return cls(Length.MONTH, first, (first + 31 * _A_DAY).replace(day=1) - _A_DAY)

    def before(self) -> "Period":
        return _OF[self.length](self.first - _A_DAY)

    def after(self) -> "Period":
        return _OF[self.length](self.last + _A_DAY)

    def bounds(self, timezone: str) -> list[datetime]:
        """Where each hour of a day, else each day, begins by the shop's clock; at last the end. In UTC: a day on
        which clocks are changed has 23 hours, or 25.
        """
        zone = ZoneInfo(timezone)
        start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (self.first, self.last + _A_DAY))
        if self.length is Length.DAY:
            return [start + timedelta(hours=hour) for hour in range(int((end - start) / timedelta(hours=1)))] + [end]
        days = range((self.last - self.first).days + 2)
        return [datetime.combine(self.first + day * _A_DAY, time(), zone).astimezone(UTC) for day in days]

    def __str__(self) -> str:
        """As /report reads it again."""
        if self.length is Length.DAY:
            return self.first.isoformat()
        if self.length is Length.MONTH:
            return f"{self.first:%Y-%m}"
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"


_OF: dict[Length, Callable[[date], Period]] = {
    Length.DAY: Period.day,
    Length.WEEK: Period.week,
    Length.MONTH: Period.month,
}
