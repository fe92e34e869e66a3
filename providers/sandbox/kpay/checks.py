"""What KPay refuses, and in which envelope. The statuses are documented; the sentences are this sandbox's own."""

import json
import re
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from providers.catalogue.kpay import OPERATORS, Operator
from providers.money import EXPONENTS
from providers.sandbox.kpay.settings import KPaySettings

MOST = 10**13  # minor units; no amount comes near it, and it fits the ledger


class Refusal(Exception):  # an answer, not a fault of ours
    def __init__(self, message: str, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def body(self, path: str, kpay: KPaySettings) -> dict[str, Any]:
        phrase = HTTPStatus(self.status).phrase
        body: dict[str, Any] = {
            "statusCode": self.status,
            "message": [self.message] if kpay.message_lists else self.message,
            "error": phrase,
        }
        if kpay.error_extras:
            body |= {"code": self.code or phrase.upper().replace(" ", "_"), "path": path}
        return body


def read(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}", parse_float=Decimal)
        json.dumps(body, ensure_ascii=False, default=str).encode()  # half a surrogate pair is JSON, but no text
    except ValueError:
        raise Refusal("The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal("The body is not a JSON object")
    return body


def text(body: dict[str, Any], name: str, *, required: bool = False, most: int = 500) -> str:
    value = body.get(name)
    if value is None or value == "":
        if required:
            raise Refusal(f"{name} is required")
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise Refusal(f"{name} must be a string of at most {most} characters")
    return value


def metadata(body: dict[str, Any]) -> dict[str, Any] | None:
    value = body.get("metadata")
    if value is not None and not isinstance(value, dict):
        raise Refusal("metadata must be an object")
    return value


def amount(body: dict[str, Any], currency: str, decimals: int) -> int:
    """Minor units of a JSON number; a string is none."""
    value = body.get("amount")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refusal("amount must be a number")
    value = Decimal(value)
    if not value.is_finite() or value <= 0 or value.adjusted() > 12:
        raise Refusal("amount must be above zero")
    allowed = min(decimals, EXPONENTS[currency])
    minor = value.scaleb(EXPONENTS[currency])
    if value != round(value, allowed) or minor != int(minor) or minor >= MOST:
        raise Refusal(f"amount may have {allowed} decimals in {currency}")
    return int(minor)


def within(minor: int, currency: str, least: int, most: int = 0) -> None:
    if currency == "XAF" and minor < least:
        raise Refusal(f"The minimum amount is {least} XAF")
    if currency == "XAF" and most and minor > most:
        raise Refusal(f"The maximum amount is {most} XAF")


def operator(code: str, kpay: KPaySettings) -> Operator:
    found = OPERATORS.get(code)
    if not found:
        raise Refusal(f"Unknown provider: {code}")
    if code not in kpay.accepted:
        raise Refusal(f"Provider not enabled for this application: {code}")
    return found


def phone(number: str, operator: Operator, kpay: KPaySettings) -> str:
    if not re.fullmatch(r"[1-9][0-9]{7,14}", number):
        raise Refusal("phoneNumber must be in international format, digits only")
    if kpay.check_country and not number.startswith(operator.country.dial):
        raise Refusal(f"phoneNumber is not of {operator.country.code}")
    return number


def return_page(body: dict[str, Any], name: str, *, required: bool) -> str:
    url = text(body, name, required=required, most=2000)
    if url and not re.match(r"https?://[^/\s]+", url):
        raise Refusal(f"{name} must be a URL")
    return url
