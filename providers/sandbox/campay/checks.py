"""What CamPay refuses, and in which words. Pure: settings and values in, a value or a Refusal out.

Measured on the demo: status 400 with `message` and `error_code`, and the texts marked so. Statuses and texts of
everything else are assumptions.
"""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox.numbering import carrier
from providers.sandbox.settings import CamPaySettings

MOST = 10**12  # no franc amount comes near it, and it fits the ledger


class Refusal(Exception):  # an answer, not a fault of ours
    def __init__(self, message: str, error_code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message} | ({"error_code": error_code} if error_code else {})


def require(body: dict[str, Any], *names: str) -> None:
    for name in names:
        if body.get(name) in (None, ""):
            raise Refusal(f"Missing field: {name}")


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return "" if value is None else str(value)


def no_placeholder(*values: str) -> None:
    """A firewall in front of the real system takes <angle brackets> for an attack; its status was not recorded."""
    if any(re.fullmatch(r"\s*<.*>\s*", value) for value in values):
        refusal = Refusal("The request was refused by a firewall", status=403)
        refusal.body["code"] = "malicious_payload_rejected"
        raise refusal


def day(body: dict[str, Any], name: str) -> date:
    try:
        return datetime.strptime(text(body, name), "%Y-%m-%d").date()  # noqa: DTZ007  # a day, not a moment
    except ValueError:
        raise Refusal(f"{name} is not a date like 2026-01-31") from None


def currency(body: dict[str, Any]) -> str:
    """Several clients leave it out and are served."""
    if text(body, "currency") not in ("", "XAF"):
        raise Refusal("Only XAF is accepted")
    return "XAF"


def payer(value: object, campay: CamPaySettings) -> tuple[str, str]:
    """(msisdn, carrier). The WooCommerce plugin sends the number as a JSON number, so both types pass."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Refusal("Invalid phone number", "ER101")  # measured
    msisdn = str(value)
    if campay.accept_plus:
        msisdn = msisdn.removeprefix("+")
    found = carrier(msisdn)
    if not found:
        raise Refusal("Invalid phone number", "ER101")
    if found not in ("MTN", "ORANGE"):
        raise Refusal("Only MTN and Orange numbers are served", "ER102")
    return msisdn, found


def amount(value: object) -> int:
    """An integer or its digits; "5.0" and 5.0 are decimals."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MOST:
        raise Refusal("Invalid amount: a whole number above zero is needed", "ER201")
    return value


def within_demo(asked: int, campay: CamPaySettings) -> None:
    if campay.demo_limit and asked > campay.demo_limit:
        # measured
        raise Refusal(f"This is a demo system. Maximum amount is {campay.demo_limit:.2f} XAF", "ER201")


def above_minimum(asked: int, operator: str, campay: CamPaySettings) -> None:
    minimum = campay.minimum_mtn if operator == "MTN" else campay.minimum_orange
    if asked < minimum:
        raise Refusal(f"Minimum amount for {spoken(operator)} is {minimum:.2f}", "ER201")  # measured for Orange


def within_airtime(asked: int, campay: CamPaySettings) -> None:
    if asked < campay.airtime_minimum:
        raise Refusal(f"Minimum amount is {campay.airtime_minimum:.2f} XAF", "ER201")
    if campay.airtime_maximum and asked > campay.airtime_maximum:
        raise Refusal(f"This is a demo system. Maximum amount is {campay.airtime_maximum:.2f} XAF", "ER201")


def return_page(url: str, campay: CamPaySettings) -> str:
    host = urlsplit(url).hostname or ""
    local = (
        host == "localhost" or host.endswith((".localhost", ".local")) or re.match(r"127\.|10\.|192\.168\.|::1", host)
    )
    if urlsplit(url).scheme not in ("http", "https") or not host or (local and not campay.local_redirects):
        raise Refusal("Invalid redirect_url")  # the text was seen, its status was not
    return url


def spoken(operator: str) -> str:
    """CamPay's own mixed case: MTN, Orange (measured)."""
    return "MTN" if operator == "MTN" else "Orange"
