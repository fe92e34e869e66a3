"""One merchant's account with a brand of the family, and what was agreed with its account manager."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field, SecretStr, field_validator

from providers.settings import ProviderSettings, WebAddress

_HANDED_OUT = re.compile(r"([A-Z]{2}):([A-Z0-9 _-]*)=(\d{1,9})")
_LIMIT = re.compile(r"(\d{1,9})(?::(c2b|b2c))?=(\d{1,15}(?:\.\d\d)?)?-(\d{1,15}(?:\.\d\d)?)?(?:/([1-9]\d{0,5}))?")
_EXTRA = re.compile(r"(\d{1,9}):(c2b|b2c)=([a-z_]+(?:\+[a-z_]+)*)?")
BOTH = ("c2b", "b2c")

Where = tuple[int, str]
"""A provider id, and c2b or b2c."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """`CM:MTN=9063`: for this operator of this country, this merchant was given this id."""

    country: str
    operator: str
    id: int


@dataclass(frozen=True, slots=True)
class Limit:
    minimum: Decimal | None
    maximum: Decimal | None
    multiple: Decimal | None


class UnipesaSettings(ProviderSettings):
    """`callback_url` goes into every order: without it nobody calls back. `return_url` is where some payers return."""

    public_id: str = Field(pattern=r"^[\w.-]+$", title="Public ID")
    merchant_id: str = Field(min_length=1, title="Merchant ID")
    secret_key: SecretStr = Field(min_length=1, title="Secret key")
    provider_ids: str = Field(title="Provider IDs", examples=["CM:MTN=9063,CM:ORANGE=9062"])
    callback_url: WebAddress = ""
    return_url: WebAddress = ""
    limits: str = ""
    extras: str = ""

    @field_validator("provider_ids")
    @classmethod
    def _ids(cls, value: str) -> str:
        if not _handed_out(value):
            raise ValueError("no id: write CM:MTN=9063,CM:ORANGE=9062")
        return value

    @field_validator("limits")
    @classmethod
    def _limits(cls, value: str) -> str:
        _limit_table(value)
        return value

    @field_validator("extras")
    @classmethod
    def _extras(cls, value: str) -> str:
        _extra_table(value)
        return value

    @property
    def handed_out(self) -> list[HandedOut]:
        return _handed_out(self.provider_ids)

    @property
    def agreed_limits(self) -> Mapping[Where, Limit]:
        return _limit_table(self.limits)

    @property
    def agreed_extras(self) -> Mapping[Where, tuple[str, ...]]:
        return _extra_table(self.extras)


def _handed_out(value: str) -> list[HandedOut]:
    found = _items(_HANDED_OUT, value.upper(), "CM:MTN=9063")
    return [HandedOut(item[1], item[2].strip(), int(item[3])) for item in found]


def _limit_table(value: str) -> dict[Where, Limit]:
    """A line without a direction is for both, and one that has it comes before."""
    found = sorted(_items(_LIMIT, value, "9063=100-500000, 9063:b2c=500-"), key=lambda item: item[2] is not None)
    return {
        (int(item[1]), way): Limit(*(Decimal(part) if part else None for part in (item[3], item[4], item[5])))
        for item in found
        for way in ((item[2],) if item[2] else BOTH)
    }


def _extra_table(value: str) -> dict[Where, tuple[str, ...]]:
    found = _items(_EXTRA, value, "2109:c2b=customer_name+customer_email")
    return {(int(item[1]), item[2]): tuple((item[3] or "").split("+")) if item[3] else () for item in found}


def _items(pattern: re.Pattern[str], value: str, example: str) -> list[re.Match[str]]:
    found = []
    for item in filter(None, (part.strip() for part in value.split(","))):
        match = pattern.fullmatch(item)
        if match is None:
            raise ValueError(f"{item!r} is not written like {example}")
        found.append(match)
    return found
