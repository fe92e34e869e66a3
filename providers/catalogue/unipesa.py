"""What a brand of the Unipesa family lists: its provider ids with country, operator, limits, extras and flow.

One JSON file for each brand. SauriPay's is read from its documentation page (`source` gives the lines of our copy);
many of its limits stand in tables that name no id, and `note` says then how the numbers were found.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any


class Flow(StrEnum):
    """How a collection goes on after it was accepted."""

    PUSH = "push"
    REDIRECT = "redirect"
    OTP_INLINE = "otp_inline"
    OTP_STATUS = "otp_status"
    BANK = "bank"
    NEVER_ENDS = "never_ends"


class Number(StrEnum):
    """How a provider writes phone numbers: 243..., 0..., or without either."""

    INTERNATIONAL = "international"
    TRUNK = "trunk"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Side:
    """One direction. Limits are inclusive, None is none published; `maybe` are extras that some ids want."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    extras: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One operator of a country under one or more ids. `country` empty: any. `b2c` None: deposits only.

    `plan` is what the numbering plan calls the operator, where that is another name (M-Pesa is Safaricom's).
    """

    country: str
    operator: str
    plan: str = ""
    ids: tuple[int, ...] = ()
    channel: str = "mobile"
    phone: str = ""
    number: Number = Number.INTERNATIONAL
    c2b: Side | None = Side()
    b2c: Side | None = Side()
    multiple: Decimal | None = None
    flow: Flow = Flow.PUSH
    dial: str = ""
    note: str = ""
    source: str = ""

    @property
    def mobile(self) -> bool:
        return self.channel == "mobile"


@dataclass(frozen=True, slots=True)
class Country:
    name: str
    code: str
    currency: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    countries: Mapping[str, Country]
    listings: tuple[Listing, ...]
    by_id: Mapping[int, Listing] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {number: one for one in self.listings for number in one.ids})

    def find(self, number: int, country: str, operator: str) -> Listing:
        """An id that is not listed may be of an operator that is listed without one; else nothing is known of it."""
        if number in self.by_id:
            return self.by_id[number]
        nameless = (one for one in self.listings if not one.ids and (one.country, one.operator) == (country, operator))
        return next(nameless, Listing(country, operator))

    def served(self) -> list[tuple[str, str, frozenset[str]]]:
        """(country, currency, operators) for a data sheet. A bank is no operator."""
        return [
            (
                iso,
                country.currency,
                frozenset(one.operator for one in self.listings if one.country == iso and one.mobile),
            )
            for iso, country in self.countries.items()
        ]

    def country_of(self, msisdn: str) -> str:
        """Empty where no country of the catalogue has this code; no code begins with another one."""
        return next((iso for iso, country in self.countries.items() if msisdn.startswith(country.code)), "")


def load(path: Path) -> Catalogue:
    told = json.loads(path.read_text(encoding="utf-8"))
    countries = {iso: Country(**country) for iso, country in told["countries"].items()}
    return Catalogue(countries, tuple(_listing(row) for row in told["listings"]))


def _listing(row: dict[str, Any]) -> Listing:
    read = {
        "ids": tuple(row["ids"]),
        "c2b": _side(row.get("c2b")),
        "b2c": _side(row.get("b2c")),
        "number": Number(row.get("number", Number.INTERNATIONAL)),
        "flow": Flow(row["flow"]),
        "multiple": Decimal(row["multiple"]) if "multiple" in row else None,
    }
    return Listing(**{**row, **read})


def _side(row: dict[str, Any] | None) -> Side | None:
    if row is None:
        return None
    least, most = (Decimal(row[name]) if row[name] else None for name in ("min", "max"))
    return Side(least, most, tuple(row.get("extras", ())), tuple(row.get("maybe", ())))


SAURIPAY = load(Path(__file__).with_name("sauripay.json"))
