"""Reads "5 000 677 12 34 56 shoes" as an amount, a phone and a description. Pure."""

import re
from collections.abc import Iterator
from itertools import takewhile

from phonenumbers import country_code_for_region

from bot.errors import UserError
from bot.payments.amounts import parse_amount
from bot.payments.phone import Phone, parse_phone
from bot.ui.wish import Wish
from providers.money import Money

_LONGEST_AMOUNT = 4
_LONGEST_PHONE = 7
_FEWEST_DIGITS = 6
_DIGITS = re.compile(r"^[+(]?[\d().\-]+$")
_LINKS = {"à", "a", "au", "de", "du", "to", "from"}
"""5000 à 677777777."""
_ABOUT = re.compile(r"^(?:pour|for)\s+(?=\S)", re.IGNORECASE)
_DIRECTION = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible marks that come along when a number is copied out of a list of contacts."""


def parse_wish(text: str, country: str, currency: str) -> Wish:
    """Amount first, or phone first; the rest is the description. What is not said is left out.

    Raises UserError for what is there and can't be read.
    """
    words = _DIRECTION.sub("", text).split()
    if not words:
        return Wish()
    phone_first = _begins_with_code(words, country) and _phone_then_amount(words, country, currency)
    both = (
        phone_first
        or _linked(words, country, currency)
        or _amount_then_phone(words, country, currency)
        or _phone_then_amount(words, country, currency)
    )
    return both or _one_of_them(words, country, currency)


def _begins_with_code(words: list[str], country: str) -> bool:
    """237 677 77 77 77 5000: the first word is the country's, not an amount."""
    return words[0].lstrip("0") == str(country_code_for_region(country))


def _linked(words: list[str], country: str, currency: str) -> Wish | None:
    at = next((at for at, word in enumerate(words[: _LONGEST_AMOUNT + 1]) if word.casefold() in _LINKS), 0)
    if not at:
        return None
    amount, found = _try_amount(words[:at], currency), _phone_at(words, at + 1, country)
    return Wish(amount, found[0], _rest(words[found[1] :])) if amount and found else None


def _amount_then_phone(words: list[str], country: str, currency: str) -> Wish | None:
    """Of several readings the one that leaves fewest digits over: 1 650 000 677 77 77 77 is not 1 to 650 000 677."""
    readings = []
    for end in range(1, min(_LONGEST_AMOUNT, len(words)) + 1):
        amount = None if words[0].startswith("00") else _try_amount(words[:end], currency)
        if amount and (found := _phone_at(words, end, country)):
            readings.append(Wish(amount, found[0], _rest(words[found[1] :])))
    best = sorted(readings, key=_left_over)
    if len(best) > 1 and _left_over(best[0]) == _left_over(best[1]):
        raise UserError("amount.two_ways")
    return best[0] if best else None


def _left_over(wish: Wish) -> int:
    """How many words of digits the description begins with."""
    return sum(1 for _ in takewhile(_DIGITS.match, (wish.description or "").split()))


def _phone_then_amount(words: list[str], country: str, currency: str) -> Wish | None:
    if not (found := _phone_at(words, 0, country)):
        return None
    phone, start = found
    for end in range(min(start + _LONGEST_AMOUNT, len(words)), start, -1):
        if amount := _try_amount(words[start:end], currency):
            return Wish(amount, phone, _rest(words[end:]))
    return None


def _one_of_them(words: list[str], country: str, currency: str) -> Wish:
    """A phone later in the line shows where the amount ends, and so which amount could not be read."""
    for start in range(1, min(_LONGEST_AMOUNT, len(words) - 1) + 1):
        if _phone_at(words, start, country):
            parse_amount(" ".join(words[:start]), currency)
    if found := _phone_at(words, 0, country):
        return Wish(phone=found[0], description=_rest(words[found[1] :]))
    _refuse_bad_phone(words, country, currency)
    for end in range(min(_LONGEST_AMOUNT, len(words)), 0, -1):
        if amount := _try_amount(words[:end], currency):
            return Wish(amount, description=_rest(words[end:]))
    parse_amount(words[0], currency)
    raise UserError("amount.unreadable", text=words[0])


def _refuse_bad_phone(words: list[str], country: str, currency: str) -> None:
    """Digits where the phone belongs are a phone gone wrong, not a description; the longest such run is meant."""
    for end in range(1, min(_LONGEST_AMOUNT, len(words)) + 1):
        run = words[end : next(_ends(words, end), end)]
        if sum(char.isdigit() for char in "".join(run)) >= _FEWEST_DIGITS and _try_amount(words[:end], currency):
            parse_phone(" ".join(run), country)


def _phone_at(words: list[str], start: int, country: str) -> tuple[Phone, int] | None:
    """The longest run of words that is a phone, and where it ends."""
    for end in _ends(words, start):
        try:
            return parse_phone(" ".join(words[start:end]), country), end
        except UserError:
            continue
    return None


def _ends(words: list[str], start: int) -> Iterator[int]:
    end = start
    while end < len(words) and end - start < _LONGEST_PHONE and _DIGITS.match(words[end]):
        end += 1
    yield from range(end, start, -1)


def _try_amount(words: list[str], currency: str) -> Money | None:
    try:
        return parse_amount(" ".join(words), currency)
    except UserError:
        return None


def _rest(words: list[str]) -> str | None:
    return without_about(" ".join(words)) or None


def without_about(description: str) -> str:
    """The card says "For:" itself."""
    return _ABOUT.sub("", description)
