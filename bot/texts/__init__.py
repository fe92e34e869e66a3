"""What the counter says, in French and English, and how it writes amounts and times.

The catalogues are gettext files whose message ids are keys ("card.paid"); values are escaped where they enter the
text, so what a person typed is shown as typed and never interpreted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup

from providers.money import EXPONENTS, Money

LANGUAGES: Final = ("fr", "en")


@cache
def catalogue(language: str) -> Catalog:
    with (Path(__file__).parent / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def _templates(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


def language_for(locale: str | None, default: str) -> str:
    """The language of a Telegram locale ("fr-CM"), or the default where we do not speak it."""
    short = (locale or "").lower().split("-")[0]
    return short if short in LANGUAGES else default


@lru_cache(1024)
def _amount(language: str, money: Money) -> str:
    locale = Locale.parse(language)
    decimals = EXPONENTS[money.currency]
    pattern = "#,##0" + ("." + ("0" * decimals)[:2] + "#" * (decimals - 2) if decimals else "")
    figure = numbers.format_decimal(money.decimal, format=pattern, locale=locale)
    return f"{figure}\u00a0{numbers.get_currency_symbol(money.currency, locale=locale)}".replace("\u202f", "\u00a0")


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's language and clock."""

    language: str
    timezone: str

    def say(self, key: str, **values: Any) -> Markup:
        """Telegram HTML. A key that the catalogue lacks is a fault, and raises KeyError."""
        template = Markup(_templates(self.language)[key])  # noqa: S704 - ours, and format() escapes the values
        return template.format(**{name: self._show(value) for name, value in values.items()})

    def knows(self, key: str) -> bool:
        return key in _templates(self.language)

    def _show(self, value: Any) -> Any:
        if isinstance(value, Money):
            return self.amount(value)
        if isinstance(value, datetime):
            return self.time(value)
        return value

    def amount(self, money: Money) -> str:
        """5 000 FCFA: the same order in every language, the grouping of each; tokens with all their decimals."""
        return _amount(self.language, money)

    def time(self, at: datetime) -> str:
        return dates.format_datetime(at, "d MMM, HH:mm:ss", tzinfo=ZoneInfo(self.timezone), locale=self.language)

    def moment(self, at: datetime) -> str:
        """With its year and zone: for who reads it elsewhere, and later."""
        pattern = "d MMM y, HH:mm:ss (ZZZZ)"
        return dates.format_datetime(at, pattern, tzinfo=ZoneInfo(self.timezone), locale=self.language)

    def day(self, at: datetime) -> str:
        return dates.format_datetime(at, "d MMM y", tzinfo=ZoneInfo(self.timezone), locale=self.language)

    def date(self, day: date) -> str:
        """With its weekday: mer. 25 nov. 2026."""
        return dates.format_date(day, "EEE d MMM y", locale=self.language)

    def weekday(self, number: int) -> str:
        """From Monday 0."""
        return str(Locale.parse(self.language).days["format"]["wide"][number])

    def clock(self, at: datetime) -> str:
        return dates.format_datetime(at, "HH:mm", tzinfo=ZoneInfo(self.timezone), locale=self.language)

    def ago(self, at: datetime, now: datetime) -> str:
        return str(dates.format_timedelta(min(at - now, timedelta()), add_direction=True, locale=self.language))

    def country(self, code: str) -> str:
        return str(Locale.parse(self.language).territories.get(code, code))
