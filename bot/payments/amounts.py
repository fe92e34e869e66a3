"""Amounts as people write them: 5000, 5 000, 5k, 5.000 F."""

import re
import unicodedata
from functools import cache

from babel.numbers import get_territory_currencies

from bot.errors import UserError
from providers.money import EXPONENTS, Money

MOST = 50_000_000
"""In whole units of the currency: above any wallet's limit, so a longer number is a slip of the finger."""

_LONGEST = 20
_FRANCS = r"(?:f|frs?|francs?)(?:\s?cfa)?|cfa"
_NAMES = {"XAF": _FRANCS, "XOF": _FRANCS, "KES": "ksh", "UGX": "ush", "RWF": "f|frw"}
_GROUPED = re.compile(r"^\d{1,3}([ .,'])\d{3}(?:\1\d{3})*$")
_DECIMALS = re.compile(r"^(\d+)[.,](\d{1,2})$")


def parse_amount(text: str, currency: str) -> Money:
    """Raises UserError: `amount.unreadable`, `amount.not_positive`, `amount.no_decimals`, `amount.too_large`."""
    if any(unicodedata.category(sign) == "No" for sign in text):  # ² would be read as 2
        raise UserError("amount.unreadable", text=text)
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if re.match(r"^-\s?\d", plain):
        raise UserError("amount.not_positive")
    found = _amount_in(currency).match(plain)
    if not found:
        raise UserError("amount.unreadable", text=text)
    number, thousands = found["number"], bool(found["thousand"])
    if thousands and _GROUPED.match(number):
        raise UserError("amount.unreadable", text=text)
    hundredths = _hundredths(number, text) * (1000 if thousands else 1)
    if hundredths == 0:
        raise UserError("amount.not_positive")
    if hundredths > MOST * 100:
        raise UserError("amount.too_large", most=Money(MOST * 10 ** EXPONENTS[currency], currency))
    minor, rest = divmod(hundredths * 10 ** EXPONENTS[currency], 100)
    if rest:
        raise UserError("amount.no_decimals")
    return Money(minor, currency)


@cache
def _amount_in(currency: str) -> re.Pattern[str]:
    """Another currency's name makes the text unreadable: 100 USD are not 100 francs."""
    unit = "|".join(filter(None, (currency, _NAMES.get(currency))))
    return re.compile(rf"^(?P<number>\d[\d .,']*?)\s?(?P<thousand>k)?\s?(?:{unit})?\.?$", re.IGNORECASE)


def currency_of(country: str) -> str:
    """What an amount without a currency means in a country (ISO 3166 alpha-2)."""
    currencies: list[str] = get_territory_currencies(country)
    return next((currency for currency in currencies if currency in EXPONENTS), currencies[0])


def as_money_of(amount: Money, country: str) -> Money:
    """The same figure in the money of the phone that pays or is paid: 500 to a Kenyan number is 500 shillings."""
    currency = currency_of(country)
    if currency == amount.currency or currency not in EXPONENTS:
        return amount
    try:
        return Money.from_decimal(amount.decimal, currency)
    except ValueError:
        raise UserError("amount.no_decimals") from None


def _hundredths(number: str, text: str) -> int:
    """5.000 and 5,000 are thousands; 1.5 and 2,50 are decimals. 1.5k is fine, 5.000k is nobody's guess to make."""
    if number.isdecimal():
        return _whole(number) * 100
    if _GROUPED.match(number):
        return _whole(re.sub(r"\D", "", number)) * 100
    if decimals := _DECIMALS.match(number):
        return _whole(decimals[1]) * 100 + int(decimals[2].ljust(2, "0"))
    raise UserError("amount.unreadable", text=text)


def _whole(digits: str) -> int:
    """A number too long to be one is too large, whatever it begins with."""
    return int(digits) if len(digits) <= _LONGEST else MOST + 1
