"""Amounts as people write them: 5000, 5 000, 5k, 5.000 F."""

import re
import unicodedata

from bot.errors import UserError
from providers.money import EXPONENTS, Money

MOST = 50_000_000
"""In whole units of the currency: above any wallet's limit, so a longer number is a slip of the finger."""

_UNITS = r"(?:f|fr|frs|francs?|f?cfa|fcfa|xaf|xof|kes|ksh|ugx|rwf)"
_AMOUNT = re.compile(rf"^(?P<number>\d[\d .,']*?)\s?(?P<thousand>k)?\s?{_UNITS}?\.?$", re.IGNORECASE)
_GROUPED = re.compile(r"^\d{1,3}(?:[ .,']\d{3})+$")
_DECIMALS = re.compile(r"^(\d+)[.,](\d{1,2})$")


def parse_amount(text: str, currency: str) -> Money:
    """Raises UserError: `amount.unreadable`, `amount.not_positive`, `amount.no_decimals`, `amount.too_large`."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if re.match(r"^-\s?\d", plain):
        raise UserError("amount.not_positive")
    found = _AMOUNT.match(plain)
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


def _hundredths(number: str, text: str) -> int:
    """5.000 and 5,000 are thousands; 1.5 and 2,50 are decimals. 1.5k is fine, 5.000k is nobody's guess to make."""
    if number.isdecimal():
        return int(number[:20]) * 100
    if _GROUPED.match(number):
        return int(re.sub(r"\D", "", number)[:20]) * 100
    if decimals := _DECIMALS.match(number):
        return int(decimals[1][:20]) * 100 + int(decimals[2].ljust(2, "0"))
    raise UserError("amount.unreadable", text=text)
