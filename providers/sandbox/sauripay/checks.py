"""What SauriPay refuses, and with which code. Pure: a request and settings in, a checked request or a Refusal out.

Documented or seen: 0, 1 to 3, 10105, 10201, 10301, 10401. The codes from 19001 on are this sandbox's own, since
none are known: a client must not depend on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from providers.catalogue.unipesa import SAURIPAY, Flow, Listing, Number, Side
from providers.sandbox.sauripay.settings import SauriPaySettings

BAD_FIELD = 19001
UNKNOWN_PROVIDER = 19002
WRONG_CURRENCY = 19003
OUT_OF_LIMITS = 19004
NOT_A_MULTIPLE = 19005
MISSING_EXTRA = 19006
UNKNOWN_ORDER = 19009
BAD_PHONE = (10401, "MSISDN INCORRECT")
OUTAGE = (10301, "REQUEST SENDING ERROR")
WRONG_MERCHANT = (10105, "WRONG MERCHANT_ID")
WRONG_SIGNATURE = (10201, "MERCHANT AUTHENTICATION ERROR")
INVALID_PIN, PIN_BLANK, PIN_LENGTH = (1, "INVALID PIN"), (2, "PIN IS BLANK"), (3, "INVALID PIN LENGTH")

_ORDER_ID = re.compile(r"[A-Za-z0-9_:.-]{1,128}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_ELSEWHERE = {"account_number"}  # extras of the merchant's form; on the wire they are the customer_id


class Refusal(Exception):  # an answer, not a fault of ours
    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """`msisdn` is the customer's number as a phone has it, with its country's code."""

    order_id: str
    customer_id: str
    msisdn: str
    amount: Decimal
    currency: str
    country: str
    listing: Listing
    provider_id: int
    callback_url: str
    extra: Mapping[str, str]


def asked(body: Mapping[str, Any], call: str, settings: SauriPaySettings) -> Asked:
    provider = _provider(body.get("provider_id"))
    listing = SAURIPAY.by_id.get(provider)
    side = (listing.c2b if call == "payment_c2b" else listing.b2c) if listing else None
    if listing is None or side is None:
        raise Refusal(UNKNOWN_PROVIDER, "PROVIDER NOT FOUND")
    country = listing.country or text(body, "country")
    amount = _amount(body.get("amount"))
    currency = _currency(text(body, "currency"), listing)
    if settings.limits == "refuse":
        _within(amount, side, listing)
    extra = _extra(body.get("extra"), side, settings, code_later=provider in settings.otp_status_ids)
    to_account = call == "payment_b2c" and not _ELSEWHERE.isdisjoint(side.extras)
    customer = text(body, "customer_id")
    return Asked(
        order_id(body), customer, customer if to_account else _msisdn(customer, listing), amount, currency, country,
        listing, provider, text(body, "callback_url"), extra,
    )  # fmt: skip


def order_id(body: Mapping[str, Any]) -> str:
    given = body.get("order_id")
    if not isinstance(given, str) or not _ORDER_ID.fullmatch(given):
        raise Refusal(BAD_FIELD, "WRONG ORDER_ID")
    return given


def text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise Refusal(BAD_FIELD, f"WRONG {name.upper()}")


def code(given: object, expected: str) -> tuple[int, str] | None:
    """None is the right one."""
    if not given:
        return PIN_BLANK
    if len(str(given)) != len(expected):
        return PIN_LENGTH
    return None if str(given) == expected else INVALID_PIN


def _provider(given: object) -> int:
    """A number; two of the documented samples send its digits."""
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given):
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        raise Refusal(UNKNOWN_PROVIDER, "PROVIDER NOT FOUND")
    return given


def _amount(given: object) -> Decimal:
    """Documented with two decimals; samples also show "1100" and 1000, and clients send fractions."""
    plain = given if isinstance(given, str) else str(given)
    if isinstance(given, bool) or not _AMOUNT.fullmatch(plain) or not Decimal(plain):
        raise Refusal(BAD_FIELD, "WRONG AMOUNT")
    return Decimal(plain)


def _currency(given: str, listing: Listing) -> str:
    if not re.fullmatch(r"[A-Z]{3}", given):
        raise Refusal(WRONG_CURRENCY, "WRONG CURRENCY")
    if listing.country and given != SAURIPAY.countries[listing.country].currency:
        raise Refusal(WRONG_CURRENCY, "WRONG CURRENCY")
    return given


def _within(amount: Decimal, side: Side, listing: Listing) -> None:
    if (side.minimum and amount < side.minimum) or (side.maximum and amount > side.maximum):
        raise Refusal(OUT_OF_LIMITS, "AMOUNT OUT OF LIMITS")
    if listing.multiple and amount % listing.multiple:
        raise Refusal(NOT_A_MULTIPLE, f"AMOUNT IS NOT A MULTIPLE OF {listing.multiple}")


def _extra(given: object, side: Side, settings: SauriPaySettings, *, code_later: bool) -> dict[str, str]:
    extra = given if isinstance(given, dict) else {}
    if not all(isinstance(value, str) for value in extra.values()):
        raise Refusal(BAD_FIELD, "WRONG EXTRA")
    needed = set(side.extras) - _ELSEWHERE - ({"otp"} if code_later else set())
    lacking = sorted(name for name in needed if not extra.get(name))
    if lacking and settings.missing_extras == "refuse":
        raise Refusal(MISSING_EXTRA, f"MISSING {', '.join(lacking).upper()}")
    if "otp" in needed and (wrong := code(extra.get("otp"), settings.otp)):
        raise Refusal(*wrong)
    return extra


def _msisdn(customer: str, listing: Listing) -> str:
    if not re.fullmatch(listing.phone or r"[0-9]{6,20}", customer):
        raise Refusal(*BAD_PHONE)
    if listing.number is Number.INTERNATIONAL:
        return customer
    return SAURIPAY.countries[listing.country].code + customer.removeprefix("0")


def flow(listing: Listing, provider_id: int, settings: SauriPaySettings) -> Flow:
    """Which ids of a country go which way is partly a setting, because the page does not say."""
    if provider_id in settings.otp_status_ids:
        return Flow.OTP_STATUS
    if listing.flow is Flow.OTP_STATUS:
        return Flow.PUSH
    if listing.flow is Flow.BANK and provider_id not in settings.bank_details_ids:
        return Flow.REDIRECT
    return listing.flow
