"""An entry in CamPay's words: the transaction record, the statement row, the callback's fields, the codes.

The twenty fields, the string "None" and the empty strings are measured on the demo; so are the shapes of the
codes, of which only the pattern is known.
"""

import string
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from providers.sandbox.campay.checks import spoken
from providers.sandbox.entries import Entry, Kind, Reason, State
from providers.sandbox.settings import CamPaySettings

STATUS = {State.PENDING: "PENDING", State.SUCCEEDED: "SUCCESSFUL", State.FAILED: "FAILED"}
NOT_IN_CALLBACK = {"app_amount"}
NEWER = {"redirect_url", "failure_redirect_url", "description", "reason"}
EXTRA = ("first_name", "last_name", "email")


def record(entry: Entry, signature: str, reasons: dict[Reason, str]) -> dict[str, str]:
    gross, net = amounts(entry)
    return {
        "reference": entry.id,
        "status": STATUS[entry.state],
        "amount": f"{gross}.00",
        "currency": entry.currency,
        "operator": spoken(entry.operator),
        "code": entry.code,
        "operator_reference": entry.operator_reference,
        "endpoint": entry.endpoint,
        "signature": signature,
        "external_reference": entry.external_reference,
        "external_user": entry.external_user,
        **{f"extra_{name}": entry.extra.get(name, "") for name in EXTRA},
        "app_amount": f"{net}.00",
        "phone_number": entry.msisdn,
        "redirect_url": entry.extra.get("redirect_url", ""),
        "failure_redirect_url": entry.extra.get("failure_redirect_url", ""),
        "description": entry.description,
        "reason": reasons[entry.reason] if entry.reason else "None",
    }


def callback(fields: dict[str, str], *, newer: bool) -> dict[str, str]:
    """The fifteen fields of the documentation; a newer copy of it has four more."""
    left_out = NOT_IN_CALLBACK if newer else NOT_IN_CALLBACK | NEWER
    return {name: value or "None" for name, value in fields.items() if name not in left_out}


def utility(entry: Entry, reasons: dict[Reason, str]) -> dict[str, Any]:
    return {
        "reference": entry.id,
        "external_reference": entry.external_reference,
        "status": STATUS[entry.state],
        "amount": entry.amount,
        "currency": entry.currency,
        "operator": f"{entry.operator}_CM",
        "code": entry.code,
        "type": "AIRTIME",
        "reason": reasons[entry.reason] if entry.reason else "",
    }


def statement_row(entry: Entry, zone: str) -> dict[str, Any]:
    """Numbers here, and a time without its zone. No external_reference, though external_user is there."""
    gross, net = amounts(entry)
    collected = entry.kind is Kind.COLLECTION
    return {
        "datetime": entry.opened_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "code": entry.code,
        "operator_tx_code": entry.operator_reference or None,
        "operator": spoken(entry.operator),
        "phone_number": entry.msisdn,
        "description": entry.description,
        "external_user": entry.external_user,
        "amount": float(gross),
        "charge_amount": float(abs(gross - net)),
        "debit": 0.0 if collected else float(net),
        "credit": float(net) if collected else 0.0,
        "status": STATUS[entry.state],
        "reference_uuid": entry.id,
    }


def amounts(entry: Entry) -> tuple[int, int]:
    """(amount, app_amount): zero for a test number's success, which moved nothing (measured)."""
    gross = entry.moved if entry.state is State.SUCCEEDED else entry.amount
    if entry.kind is Kind.COLLECTION:
        return gross, gross - min(entry.fee, gross)
    return gross, gross + entry.fee


def fee(amount: int, percent: int) -> int:
    """Rounded up, one franc at least: fits every point measured on the demo."""
    return max(1, -(-amount * percent // 100)) if percent else 0


def code(letter: str, number: int, now: datetime, chance: Random) -> str:
    """D for the demo, the day, D(eposit), W(ithdrawal) or U(tility), the day's number, letters."""
    letters = "".join(chance.choices(string.ascii_uppercase, k=1 if letter == "U" else 2))
    return f"D{now:%y%m%d}{letter}{number:04d}{letters}"


def operator_reference(entry: Entry, now: datetime, chance: Random, campay: CamPaySettings) -> str:
    at = now.astimezone(ZoneInfo(campay.history_zone))
    if entry.operator == "MTN":
        return f"{chance.randrange(10**10, 10**11)}"
    return f"MP{at:%y%m%d}.{at:%H%M}.{chance.choice(string.ascii_uppercase)}{chance.randrange(10**5):05d}"
