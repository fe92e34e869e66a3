"""An entry in KPay's words: ids, references, the payment and withdrawal objects, the webhook's body.

Times are UTC with milliseconds and a Z. Amounts are JSON numbers, whole ones without a point.
"""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from providers.catalogue.kpay import OPERATORS
from providers.money import EXPONENTS, Money
from providers.sandbox.entries import Entry, Reason, State
from providers.sandbox.kpay.settings import KPaySettings

DEPOSIT, WITHDRAW, REFUND = "deposit", "withdraw", "refund"
PREFIX = {DEPOSIT: "pay_", WITHDRAW: "wdr_"}
_REFERENCE = {DEPOSIT: "KPAY", WITHDRAW: "KPAY-WD", REFUND: "KPAY-RF"}
_EVENT = {DEPOSIT: "payment", WITHDRAW: "payout", REFUND: "refund"}
_CODES = {
    Reason.DECLINED: "PAYMENT_NOT_APPROVED",
    Reason.TIMEOUT: "PAYMENT_NOT_APPROVED",
    Reason.INSUFFICIENT: "INSUFFICIENT_BALANCE",
    Reason.UNKNOWN_PAYER: "PAYER_NOT_FOUND",
    Reason.UNKNOWN_PAYEE: "RECIPIENT_NOT_FOUND",
}


def wire_id(endpoint: str, entry_id: str) -> str:
    return f"{PREFIX[endpoint]}{UUID(entry_id).hex}" if endpoint in PREFIX else entry_id


def entry_id(endpoint: str, wire: str) -> str:
    """Empty for what can be no id of this kind."""
    prefix = PREFIX.get(endpoint, "")
    try:
        return str(UUID(wire.removeprefix(prefix))) if wire.startswith(prefix) else ""
    except ValueError:
        return ""


def reference(endpoint: str, entry_id: str, at: datetime) -> str:
    return f"{_REFERENCE[endpoint]}-{at:%Y%m%d}-{UUID(entry_id).hex[-6:].upper()}"


def number(minor: int, currency: str) -> int | float:
    value = Money(minor, currency).decimal
    return int(value) if value == int(value) else float(value)


def share(minor: int, percent: int) -> int:
    """Rounded half up, an assumption."""
    return (minor * percent + 50) // 100


def whole(minor: int, currency: str) -> int:
    """What the ledger counts: whole units, where parts of one are rounded up. On the wire they are exact."""
    return int(-(-minor // 10 ** EXPONENTS[currency]))


def minor(entry: Entry) -> int:
    return int(entry.extra["minor"])


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def word(entry: Entry, kpay: KPaySettings, *, refunded: bool = False) -> str:
    if entry.state is State.SUCCEEDED:
        return "REFUNDED" if refunded else "COMPLETED"
    if entry.state is State.PENDING:
        return kpay.open_word
    if "cancelled" in entry.extra:
        return "CANCELLED"
    return kpay.declined_word if entry.reason is Reason.DECLINED and "failure" not in entry.extra else "FAILED"


def failure(entry: Entry) -> str | None:
    if entry.reason is None or "cancelled" in entry.extra:
        return None
    return entry.extra.get("failure") or _CODES[entry.reason]


def accepted(entry: Entry, kpay: KPaySettings, message: str) -> dict[str, Any]:
    """The answer to an order: a withdrawal's tells its commission, a deposit's doesn't."""
    full = record(entry, kpay)
    names = ["id", "reference", "providerReference", "status", "amount"]
    names += ["netAmount", "feeAmount"] if entry.endpoint == WITHDRAW else []
    names += ["currency", "externalId", "provider", "country", "phoneNumber", "isTest"]
    return {**{name: full[name] for name in names}, "message": message}


def record(entry: Entry, kpay: KPaySettings, *, refunded: bool = False) -> dict[str, Any]:
    fee = int(entry.extra["fee"])
    failed = entry.state is State.FAILED
    extra = {"failureCode": failure(entry) if failed else None} if kpay.failure_code_key else {}
    return {
        "id": wire_id(entry.endpoint, entry.id),
        "reference": reference(entry.endpoint, entry.id, entry.opened_at),
        "providerReference": entry.extra["provider_reference"] or None,
        "status": word(entry, kpay, refunded=refunded),
        "amount": number(minor(entry), entry.currency),
        "netAmount": number(minor(entry) - fee, entry.currency),
        "feeAmount": number(fee, entry.currency),
        "currency": entry.currency,
        "externalId": entry.external_reference,
        "provider": entry.code or None,
        "country": OPERATORS[entry.code].country.code if entry.code else None,
        "phoneNumber": entry.msisdn or None,
        "isTest": kpay.test,
        "description": entry.description or None,
        "metadata": _metadata(entry),
        "createdAt": stamp(entry.opened_at),
        "completedAt": stamp(entry.ended_at) if entry.state is State.SUCCEEDED else None,
        "failedAt": stamp(entry.ended_at) if failed else None,
        "failureReason": failure(entry) if failed else None,
        **extra,
    }


def refund(entry: Entry, original: Entry, kpay: KPaySettings) -> dict[str, Any]:
    return {
        "id": entry.id,
        "status": word(entry, kpay),
        "amount": number(minor(entry), entry.currency),
        "currency": entry.currency,
        "originalPaymentId": wire_id(DEPOSIT, original.id),
        "originalPaymentStatus": word(original, kpay),
        "message": "Refund initiated.",
    }


def event(entry: Entry, kpay: KPaySettings) -> str:
    return f"{_EVENT[entry.endpoint]}.{word(entry, kpay).lower()}"


def webhook(entry: Entry, kpay: KPaySettings, now: datetime) -> bytes:
    full = record(entry, kpay)
    body = {
        "event": event(entry, kpay),
        "paymentId": full["id"],
        **{name: full[name] for name in ("reference", "status", "amount", "phoneNumber", "externalId", "metadata")},
        **{name: full[name] for name in ("completedAt", "failedAt", "failureReason")},
        "timestamp": stamp(now),
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _metadata(entry: Entry) -> Any:
    return json.loads(entry.extra["metadata"]) if "metadata" in entry.extra else None
