"""The family's signature: a JSON body, flattened in the order in which it travels, under HMAC-SHA512.

The rule is a PHP function, so values are written as PHP writes them: true is "1", false and null are nothing, a
fraction has 14 digits. Floats exist in here only to be written that way; no amount is read from them.
"""

import hashlib
import hmac
import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

FIELD = "signature"
_DEPTH = 16
_DIGITS = 14


class BadSignature(ValueError):
    pass


def sealed(body: Mapping[str, Any], secret: str) -> bytes:
    """The body as it shall travel, signed. Keys in alphabetical order: some receivers sort before they verify."""
    ordered = _sorted(body)
    signature = sign(json.dumps(ordered).encode(), secret)
    return json.dumps({**ordered, FIELD: signature}).encode()


def opened(raw: bytes, secret: str) -> dict[str, Any]:
    """A received body whose signature fits. Its fractions are floats: not for reading money."""
    body = read(raw)
    given = body.get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(
        given.lower().encode(errors="replace"), sign(body, secret).encode()
    ):
        raise BadSignature("the signature does not fit")
    return body


def sign(body: bytes | Mapping[str, Any], secret: str) -> str:
    """Of a body as it travels, or of one that `read` has read."""
    if not secret:
        raise BadSignature("no secret")
    fields = read(body) if isinstance(body, bytes) else body
    try:
        message = canonical(fields).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which PHP refuses to decode
        raise BadSignature("the body is no text") from None
    return hmac.new(secret.encode(), message, hashlib.sha512).hexdigest()


def read(raw: bytes) -> dict[str, Any]:
    """As PHP's json_decode reads it: integers of 64 bits, and everything beyond them a float."""
    try:
        body = json.loads(raw.decode(), parse_int=_integer, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise BadSignature("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadSignature("the body is not a JSON object")
    return body


def canonical(value: Mapping[str, Any] | list[Any] | tuple[Any, ...], prefix: str = "", level: int = 0) -> str:
    """Keys and values without any separator. A list's keys are 0, 1, 2 ...; an empty one leaves no trace.

    `signature` is left out at every depth, though not where it is an object: the documented function looks for
    objects first.
    """
    if level >= _DEPTH:
        raise BadSignature("nested too deeply")
    pairs: Iterable[tuple[object, Any]] = value.items() if isinstance(value, Mapping) else enumerate(value)
    parts = []
    for key, item in pairs:
        if isinstance(item, Mapping | list | tuple):
            parts.append(canonical(item, f"{prefix}{key}.", level + 1))
        elif key != FIELD:
            parts.append(f"{prefix}{key}{_written(item)}")
    return "".join(parts)


def _written(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case str():
            return value
        case int() if -(2**63) <= value < 2**63:
            return str(value)
        case int() | float() | Decimal():
            return _fraction(float(Decimal(value)))
    raise BadSignature(f"{type(value).__name__} is not JSON")


def _fraction(value: float) -> str:
    """14 significant digits, and 1.0E-5 below 0.0001 or from 1.0E+14 on."""
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    mantissa, _, exponent = f"{value:.{_DIGITS - 1}e}".partition("e")
    if -4 <= int(exponent) < _DIGITS:
        return f"{value:.{_DIGITS}g}"
    # zend_dtoa forgets to drop the zeros of a fifteen-digit integer that was rounded down from a final 5.
    if int(exponent) != _DIGITS or abs(value) % 20 != 5:
        mantissa = mantissa.rstrip("0").removesuffix(".")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent):+d}"


def _integer(digits: str) -> int | float:
    """ "-0" is a float to PHP, since 7.1."""
    if digits == "-0" or len(digits) > 20:
        return float(digits)
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)


def _refused(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _sorted(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _sorted(item) if isinstance(item, Mapping) else item for key, item in sorted(body.items())}
