"""What Nkapsmart refuses. Only "403/400" for a balance too low is documented; the rest is ASP.NET's habit."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from providers.sandbox.nkapsmart.settings import NkapsmartSettings
from providers.sandbox.numbering import carrier

MOST = 10**12
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


class Refusal(Exception):  # an answer, not a fault of ours
    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status

    def answer(self, settings: NkapsmartSettings, trace: int) -> Response:
        if settings.errors == "empty":
            return Response(status_code=self.status)
        if settings.errors == "text":
            return PlainTextResponse(str(self), self.status)
        body = {
            "type": "about:blank",
            "title": TITLES.get(self.status, "Error"),
            "status": self.status,
            "detail": str(self),
            "traceId": f"sim-{trace}",
        }
        return JSONResponse(body, self.status, media_type="application/problem+json")


async def body(request: Request) -> dict[str, Any]:
    """Names in small letters: ASP.NET's binder does not look at their case."""
    try:
        read = json.loads(await request.body(), parse_float=Decimal)
        json.dumps(read, ensure_ascii=False, default=str).encode()  # half a surrogate pair is JSON, but no text
    except ValueError:
        raise Refusal("The body is not JSON") from None
    if not isinstance(read, dict):
        raise Refusal("The body is not a JSON object")
    return lowered(read)


def lowered(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in fields.items()}


def text(fields: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = fields.get(name.lower())
    if value is not None and not isinstance(value, str):
        raise Refusal(f"The JSON value of {name} is not a string")
    if required and not value:
        raise Refusal(f"The {name} field is required")
    return value or ""


def amount(fields: Mapping[str, Any], unit: str = "XAF") -> Decimal:
    """A number; a string is not one. Francs are whole, a token has six decimals."""
    value = fields.get("amount")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refusal("The JSON value of amount is not a number")
    read = Decimal(value)
    if not read.is_finite() or not 0 < read < MOST:
        raise Refusal("The amount must be above zero")
    if read != round(read, 0 if unit == "XAF" else 6):
        raise Refusal(f"The amount has too many decimals for {unit}")
    return read


def phone(fields: Mapping[str, Any], *, required: bool = True) -> tuple[str, str]:
    """(msisdn, operator); the wire has nine digits and no 237. Empty where none is given and none is needed."""
    local = text(fields, "phoneNumber", required=required)
    if not local:
        return "", ""
    if not re.fullmatch(r"[0-9]{9}", local):
        raise Refusal("The phoneNumber has nine digits, without 237")
    return f"237{local}", carrier(f"237{local}")


def served(fields: Mapping[str, Any]) -> tuple[str, str]:
    msisdn, operator = phone(fields)
    if operator not in ("MTN", "ORANGE"):
        raise Refusal("The phoneNumber is neither MTN's nor Orange's")
    return msisdn, operator


def email(fields: Mapping[str, Any]) -> str:
    address = text(fields, "email", required=True)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise Refusal("The email field is not an e-mail address")
    return address


def application(fields: Mapping[str, Any], settings: NkapsmartSettings) -> None:
    if text(fields, "applicationKey", required=True) != (settings.application_key or settings.api_key):
        raise Refusal("No such applicationKey")


def network(fields: Mapping[str, Any], settings: NkapsmartSettings) -> str:
    code = text(fields, "payCurrency", required=True)
    if code not in settings.networks:
        raise Refusal("No such payCurrency")
    return settings.networks[code]


def operator(fields: Mapping[str, Any], settings: NkapsmartSettings) -> str:
    number = fields.get("operator")
    names = [name for name, known in settings.operators.items() if known == number and not isinstance(number, bool)]
    if not names:
        raise Refusal("No such operator")
    return names[0]
