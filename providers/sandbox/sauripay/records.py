"""An order in SauriPay's words: the answer that all three calls share, and the callback, in their fields' order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.sandbox.entries import Entry, Kind, Reason, State
from providers.sandbox.sauripay.orders import Order, Stage
from providers.sandbox.sauripay.settings import SauriPaySettings

OPERATION = {Kind.PAYOUT: 16, Kind.COLLECTION: 17}
IN_PROGRESS, SUCCESS, FAILED, CANCELLED = 1, 2, 3, 4
FINE = {"code": 0, "message": "OK"}
NOT_YET = {"code": -8888, "message": "Good"}
# Operators' codes are documented nowhere; these are this sandbox's own.
PROVIDER = {
    Reason.DECLINED: (19101, "DECLINED BY CUSTOMER"),
    Reason.TIMEOUT: (19102, "TIMEOUT"),
    Reason.INSUFFICIENT: (19103, "INSUFFICIENT FUNDS"),
    Reason.UNKNOWN_PAYER: (19104, "CUSTOMER NOT FOUND"),
    Reason.UNKNOWN_PAYEE: (19104, "CUSTOMER NOT FOUND"),
}
NO_FUNDS = {"code": 19105, "message": "MERCHANT BALANCE IS TOO LOW"}
AT_ONCE = {"code": -8888, "message": "An unexpected error occurred"}


def answer(
    order: Order,
    entry: Entry | None,
    now: datetime,
    settings: SauriPaySettings,
    *,
    extra: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] = FINE,
    confirm_type: int = 0,
    first: bool = False,
) -> dict[str, Any]:
    shown = {
        "order_id": order.asked["order_id"],
        "transaction_id": entry.code if entry else "",
        "transaction_ref": entry.operator_reference if entry else "",
        "status": IN_PROGRESS if first and order.stage is not Stage.NO_FUNDS else status(order, entry, settings),
        "result": dict(result),
        "provider_result": provider_result(order, entry),
        "service_id": 1,
        "service_version": "sim-1",
        "service_date_time": f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
    }
    shown |= {"extra": dict(extra)} if extra else {}
    return shown | ({"confirm_type": confirm_type} if confirm_type or settings.confirm_type_always else {})


def refusal(order_id: str, code: int, message: str) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "transaction_id": "",
        "transaction_ref": "",
        "status": -1,
        "result": {"code": code, "message": message},
    }


def status(order: Order, entry: Entry | None, settings: SauriPaySettings) -> int:
    if entry is None:
        return FAILED
    if entry.state is State.FAILED:
        if order.stage is Stage.CANCELLED:
            return CANCELLED
        return settings.declined_status if entry.reason is Reason.DECLINED else FAILED
    return SUCCESS if entry.state is State.SUCCEEDED else IN_PROGRESS


def provider_result(order: Order, entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return dict(NO_FUNDS if order.stage is Stage.NO_FUNDS else AT_ONCE)
    if entry.state is State.SUCCEEDED:
        return dict(FINE)
    if entry.reason:
        code, message = PROVIDER[entry.reason]
        return {"code": code, "message": message}
    return {**NOT_YET, "message": ""} if order.stage is Stage.TRANSFER else dict(NOT_YET)


def callback(order: Order, entry: Entry, settings: SauriPaySettings) -> dict[str, Any]:
    body: dict[str, Any] = {
        "merchant_id": settings.merchant_id,
        "operation_type": OPERATION[entry.kind],
        "customer_id": entry.extra["customer_id"],
        "amount": number(Decimal(entry.extra["amount"])),
        "order_id": entry.external_reference,
        "transaction_id": f"{int(entry.code) + 10**11}" if settings.callback_other_transaction else entry.code,
        "transaction_ref": entry.operator_reference,
        "status": status(order, entry, settings),
        "provider_id": int(entry.extra["provider_id"]),
        "destination_id": "",
        "result": dict(FINE),
    }
    return body | ({"currency": entry.currency} if settings.callback_currency else {})


def number(amount: Decimal) -> int | float:
    """A JSON number, as in the documented sample: 100, and 900.5 with cents."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
