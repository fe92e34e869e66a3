"""An entry in Nkapsmart's words: the record of a payment with its contact and history, the lines of a batch."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from providers.sandbox.entries import Entry, Kind, Reason, State
from providers.sandbox.nkapsmart.settings import NkapsmartSettings

STATUS = {State.PENDING: "PENDING", State.SUCCEEDED: "SUCCESS", State.FAILED: "FAILED"}
CATEGORY = {"mobile": "Mobile", "payout": "Mobile", "bulk": "Mobile", "bank": "Bank"}
REASONS = {
    Reason.DECLINED: "Rejected by the customer",
    Reason.TIMEOUT: "Transaction timeout",
    Reason.INSUFFICIENT: "Insufficient funds",
    Reason.UNKNOWN_PAYER: "Customer not found",
    Reason.UNKNOWN_PAYEE: "Receiver not found",
}


def record(entry: Entry, ash: str, settings: NkapsmartSettings, balance: int) -> dict[str, Any]:
    """`ash` is the transaction's hash, empty where there is none; `balance` is the merchant's, in its own record."""
    extra = entry.extra
    return {
        "transactionReference": entry.code,
        "transactionAmount": amount(entry),
        "transactionDescription": entry.description,
        "walletToken": f"wallet-{entry.code}",
        "transactionType": "Payment" if entry.kind is Kind.COLLECTION else "Withdraw",
        "transactionCategory": CATEGORY.get(entry.endpoint, "Crypto"),
        "successUrl": extra.get("success_url", ""),
        "cancelUrl": extra.get("cancel_url", ""),
        "transactionKey": entry.id,
        "productName": extra.get("product"),
        "transactionContact": _contact(entry, ash, settings, balance),
        "transactionStatus": STATUS[entry.state],
        "paymentUrl": extra.get("payment_url", ""),
        "raison": REASONS[entry.reason] if entry.reason else None,
        "cryptoPayAmount": _number(extra["tokens"]) if "tokens" in extra else None,
        "paymentAddress": extra.get("payment_address") or None,
        "payeeAddress": extra.get("payee_address") or None,
        "ash": ash or None,
        "createdAt": moment(entry.opened_at),
    }


def bulk(batch: str, entries: Sequence[Entry], settings: NkapsmartSettings) -> dict[str, Any]:
    states = [entry.state for entry in entries]
    pending, failed = states.count(State.PENDING), states.count(State.FAILED)
    listed = entries if settings.bulk_lists == "all" else entries[:1]
    return {
        "bulkOperationId": batch,
        "totalCount": len(entries),
        "successCount": states.count(State.SUCCEEDED),
        "failedCount": failed,
        "pendingCount": pending,
        "status": "Pending" if pending else settings.bulk_with_failures if failed else "Completed",
        "createdAt": moment(entries[0].opened_at),
        "updatedAt": moment(max(entry.ended_at or entry.opened_at for entry in entries)),
        "transactions": [_line(entry, settings) for entry in listed],
    }


def amount(entry: Entry) -> int | float:
    return _number(entry.extra["amount"]) if "amount" in entry.extra else entry.amount


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _line(entry: Entry, settings: NkapsmartSettings) -> dict[str, Any]:
    return {
        "id": f"t-{entry.code}",
        "phoneNumber": entry.msisdn.removeprefix("237"),
        "amount": entry.amount,
        "email": entry.extra.get("email", ""),
        "description": entry.description if settings.bulk_descriptions else "",
        "status": settings.bulk_words[entry.state],
        "transactionKey": entry.id,
        "errorMessage": REASONS[entry.reason] if entry.reason else "",
        "createdAt": moment(entry.opened_at),
    }


def _contact(entry: Entry, ash: str, settings: NkapsmartSettings, balance: int) -> dict[str, Any]:
    """The history has this one payment; the real one is said to have all of that contact's."""
    contact = f"c-{entry.msisdn or entry.code}"
    return {
        "id": contact,
        "address": None,
        "city": None,
        "state": None,
        "country": None,
        "zipCode": None,
        "phoneNumber": entry.msisdn.removeprefix("237"),
        "email": entry.extra.get("email", ""),
        "transactions": [_history(entry, contact, ash, settings, balance)],
    }


def _history(entry: Entry, contact: str, ash: str, settings: NkapsmartSettings, balance: int) -> dict[str, Any]:
    """Four fields are integers in the documentation's sample and words in its table; what they mean is not said."""
    words = settings.history == "words"
    extra = entry.extra
    return {
        "id": f"h-{entry.code}",
        "transactionType": "Payment" if words else 0,
        "transactionStatus": STATUS[entry.state] if words else 0,
        "operator": entry.operator if words else 0,
        "transactionAmount": amount(entry),
        "transactionWithOutFees": entry.amount - entry.fee,
        "transactionReference": entry.code,
        "transactionKey": entry.id,
        "walletToken": f"wallet-{entry.code}",
        "transactionDescription": entry.description,
        "successUrl": extra.get("success_url", ""),
        "cancelUrl": extra.get("cancel_url", ""),
        "productName": extra.get("product"),
        "paymentUrl": extra.get("payment_url", ""),
        "faildRaison": REASONS[entry.reason] if entry.reason else None,
        "description": entry.description,
        "payCurrency": extra.get("currency"),
        "payAmount": _number(extra.get("tokens", "0")),
        "ash": ash or None,
        "transactionContactId": contact,
        "transactionCategory": CATEGORY.get(entry.endpoint, "Crypto") if words else 0,
        "transactionContact": None,
        "paymentAddress": extra.get("payment_address") or None,
        "realAmount": 0,
        "payeeAddress": extra.get("payee_address") or None,
        "businnesId": "b-1",
        "business": _business(entry, settings, balance),
        "createdAt": moment(entry.opened_at),
        "updatedAt": moment(entry.ended_at or entry.opened_at),
        "bulkOperationId": entry.external_reference or None,
    }


def _business(entry: Entry, settings: NkapsmartSettings, balance: int) -> dict[str, Any]:
    at = moment(entry.opened_at)
    pockets = [
        {"id": f"p-{number}", "businessId": "b-1", "operator": number, "amount": 0, "createdAt": at, "updatedAt": at}
        for number in settings.operators.values()
    ]
    return {
        "id": "b-1",
        "name": settings.business,
        "description": None,
        "returnUrl": None,
        "callbackUrl": None,
        "logoUrl": None,
        "allowIp": None,
        "balance": balance,
        "activateEmail": False,
        "prevWidrawAmount": 0,
        "transactionFees": settings.fee_percent,
        "userId": settings.user_id,
        "user": _user(settings, at),
        "businessOperatorBalance": pockets,
        "createdAt": at,
        "updatedAt": at,
    }


_USER_WORDS = (
    "userName", "normalizedUserName", "email", "normalizedEmail", "passwordHash", "securityStamp", "concurrencyStamp",
    "phoneNumber", "fullName", "enterpriseName", "websiteUrl", "logoName", "nuiValue",
)  # fmt: skip
_USER_PAPERS = ("card", "niu", "commercialRegister", "taxSheet", "rib")


def _user(settings: NkapsmartSettings, at: str) -> dict[str, Any]:
    """The merchant's login. Nulls, unless a client's discretion is to be tried: then values made up from the names."""
    made_up = settings.account_record
    papers: dict[str, Any] = {}
    for paper in _USER_PAPERS:
        papers[f"{paper}Id"] = None
        papers[paper] = {"id": None, "fileName": None, "custumFileName": None} if made_up else None
    return {
        "id": settings.user_id,
        **{name: f"made-up-{name}" if made_up else None for name in _USER_WORDS},
        "emailConfirmed": made_up,
        "phoneNumberConfirmed": made_up,
        "twoFactorEnabled": False,
        "lockoutEnd": None,
        "lockoutEnabled": made_up,
        "accessFailedCount": 0,
        "status": 0,
        "type": 0,
        **papers,
        "widrawCountTransaction": 0,
        "createdAt": at,
        "updatedAt": at,
    }


def _number(digits: str) -> int | float:
    read = Decimal(digits)
    return int(read) if read == read.to_integral_value() else float(read)
