"""SauriPay's side of the signature. Written apart from the client's, so that a shared mistake would show."""

import hashlib
import hmac
import json
import math
from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Any

LIMIT = 16
_FOURTEEN = Context(prec=14)


def over(raw: bytes, key: str) -> str:
    """Of a body as it came. ValueError where PHP could not have read it."""
    body = json.loads(raw.decode(), parse_int=_whole, parse_constant=_refuse)
    if not isinstance(body, dict):
        raise ValueError("not an object")  # noqa: TRY004  # of the request, not of our code
    message = "".join(_leaves(body, "", LIMIT))
    return hmac.new(key.encode(), message.encode(), hashlib.sha512).hexdigest()


def fits(raw: bytes, given: object, key: str) -> bool:
    try:
        return isinstance(given, str) and hmac.compare_digest(given.lower().encode(), over(raw, key).encode())
    except (ValueError, RecursionError):
        return False


def signed(body: dict[str, Any], key: str) -> bytes:
    """`body` in its own order, its signature last."""
    return json.dumps({**body, "signature": over(json.dumps(body).encode(), key)}).encode()


def _leaves(node: Any, path: str, depth: int) -> Iterator[str]:
    if not depth:
        raise ValueError("too deep")
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from _leaves(value, f"{path}{name}.", depth - 1)
        elif name != "signature":
            yield f"{path}{name}{_as_php(value)}"


def _as_php(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return _float(value) if isinstance(value, float) else str(value)


def _float(value: float) -> str:
    if math.isinf(value):
        return f"{value}".upper()
    if not value:
        return "-0" if math.copysign(1, value) < 0 else "0"
    exact = _FOURTEEN.create_decimal(Decimal(value))
    power = exact.adjusted()
    if -4 <= power < _FOURTEEN.prec:
        return f"{exact.normalize():f}"
    # Fifteen digits that end in 5 and are rounded down keep their zeros: a slip of PHP's conversion.
    keeps = power == _FOURTEEN.prec and abs(value) % 20 == 5
    digits = "".join(map(str, exact.as_tuple().digits))
    tail = digits[1:] if keeps else digits[1:].rstrip("0") or "0"
    return f"{'-' if value < 0 else ''}{digits[0]}.{tail}E{power:+d}"


def _whole(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    return int(digits) if len(digits) < 21 and -(1 << 63) <= int(digits) < 1 << 63 else float(digits)


def _refuse(word: str) -> None:
    raise ValueError(word)
