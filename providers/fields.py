"""Fields of a reply, read the way systems really write them: numbers for strings, strings for numbers, "None"."""

from collections.abc import Mapping
from decimal import Decimal

from providers.errors import MaybeSent
from providers.money import Money

_ABSENT = {"", "none", "null"}


class Unreadable(MaybeSent):
    """A field holds what it cannot mean. Names the field, never its value.

    In the reply to an order this leaves open whether it was obeyed, hence the base.
    """


def text(body: Mapping[str, object], name: str) -> str:
    """Empty where the system said nothing."""
    value = body.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(f"unreadable {name}")
    if isinstance(value, Decimal):  # 1e999999999 is one short number on the wire and a gigabyte written out
        if not value.is_finite() or abs(value.adjusted()) > 20:
            raise Unreadable(f"unreadable {name}")
        value = f"{value:f}"
    word = str(value).strip()
    return "" if word.lower() in _ABSENT else word


def loose(body: Mapping[str, object], name: str) -> str:
    """As `text`, where a field that can't be read is as good as none."""
    try:
        return text(body, name)
    except Unreadable:
        return ""


def money(body: Mapping[str, object], name: str, currency: str) -> Money | None:
    """None where the system said nothing, or named no currency."""
    word = text(body, name)
    if not word or not currency:
        return None
    try:
        return Money.from_wire(word, currency)
    except ValueError:
        raise Unreadable(f"unreadable {name}") from None
