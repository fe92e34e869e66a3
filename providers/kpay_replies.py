"""KPay's replies, read: which words end a payment, what an error says about the money."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal, DecimalException
from typing import Any

from providers.catalogue.kpay import OPERATORS, country
from providers.client import Reply, said
from providers.errors import MaybeSent, ProviderError, Reason, Refused
from providers.fields import Unreadable, loose, money, text
from providers.messages import Health, Kind, Lookup, Outcome, Report, Service, Step, StepKind
from providers.money import EXPONENTS, Money
from providers.redaction import quoted

# EXPIRED is the word of an old SDK alone, SUBMITTED that of a table of test numbers: neither ends anything here.
STATUS: Mapping[str, Outcome] = {
    "PENDING": Outcome.PENDING,
    "PROCESSING": Outcome.PENDING,
    "COMPLETED": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "CANCELLED": Outcome.FAILED,
    "REFUNDED": Outcome.UNKNOWN,  # paid and given back: neither paid nor failed, a person must see it
}

# The codes are documented with the test numbers; that they arrive as `failureReason` is an assumption.
REASONS: Mapping[str, Reason] = {
    "PAYER_LIMIT_REACHED": Reason.LIMIT_REACHED,
    "PAYER_NOT_FOUND": Reason.PAYEE_NOT_FOUND,
    "PAYMENT_NOT_APPROVED": Reason.DECLINED,
    "INSUFFICIENT_BALANCE": Reason.PAYER_BALANCE_TOO_LOW,
    "RECIPIENT_NOT_FOUND": Reason.PAYEE_NOT_FOUND,
    "RECIPIENT_LIMIT_REACHED": Reason.LIMIT_REACHED,
    "WALLET_LIMIT_REACHED": Reason.LIMIT_REACHED,
}

HEALTH: Mapping[str, Health] = {"OPERATIONAL": Health.UP, "DELAYED": Health.SLOW, "CLOSED": Health.CLOSED}
OPERATIONS: Mapping[str, Kind] = {"DEPOSIT": Kind.COLLECTION, "PAYOUT": Kind.PAYOUT}

ID = re.compile(r"[\w-]{1,64}")
_POCKETS = {"balance": "", "reservedBalance": "RESERVED", "availableBalance": "AVAILABLE"}
_CODE = re.compile(r"[A-Z0-9_]{1,40}")
_DUPLICATE = re.compile(r"(?i)external.?id")
_DOUBT = re.compile(r"(?i)time.?out|timed out|duplicat|in progress|processing|unknown|unavailable|later")


def well(reply: Reply) -> Reply:
    if not reply.ok:
        raise _refusal(reply)
    return reply


def _refusal(reply: Reply) -> ProviderError:
    """Of a readable 4xx. KPay documents 400, 404 and 422, and no word of a message."""
    words = said(reply.body)
    if reply.status not in {400, 404, 422} or not words:
        return MaybeSent(words or "no reason in the reply", code=str(reply.status))
    if _DUPLICATE.search(words) or _DOUBT.search(words):  # then the first one was taken, or may have been
        return MaybeSent(words, code=str(reply.status))
    if reply.status == 422:
        return Refused(Reason.BALANCE_TOO_LOW, words, code="422")
    return Refused(Reason.OTHER, words, code=str(reply.status))


def accepted(reply: Reply) -> Report:
    report = reported(reply.body)
    if not ID.fullmatch(report.reference):
        raise MaybeSent("no id in the reply")
    return report


def paged(reply: Reply) -> Report:
    report, url = accepted(reply), loose(reply.body, "gatewayUrl")
    if not url.startswith(("https://", "http://")):
        return replace(report, detail="no page in the reply")
    return replace(report, step=Step(StepKind.OPEN_PAGE, url))


def reported(body: Mapping[str, Any]) -> Report:
    word, reference = loose(body, "status"), loose(body, "id")
    outcome = STATUS.get(word.upper(), Outcome.UNKNOWN)
    try:
        currency = text(body, "currency")
        reason, detail = _reason(body, word) if outcome is Outcome.FAILED else (None, "")
        return Report(
            outcome,
            reference=reference,
            key=text(body, "externalId"),
            amount=money(body, "amount", currency),
            fee=_fee(body, currency),
            operator=operator_name(text(body, "provider")),
            operator_reference=text(body, "providerReference"),
            reason=Reason.NEEDS_PERSON if word.upper() == "REFUNDED" else reason,
            detail="paid, and given back since" if word.upper() == "REFUNDED" else detail,
            word=word,
        )
    except Unreadable as error:
        return Report(Outcome.UNKNOWN, reference=reference, word=word, detail=error.detail)


def refunded(payment: Report, lookup: Lookup) -> Report:
    """What a payment says of its refund: nothing until it is REFUNDED, and never that it failed.

    While KPay has not told the refund's own id, nobody knows whether it ever heard of it.
    """
    waiting = Outcome.PENDING if lookup.reference else Outcome.UNKNOWN
    outcomes = {"REFUNDED": Outcome.SUCCEEDED, "COMPLETED": waiting}
    readable = payment.outcome is Outcome.SUCCEEDED or payment.reason is Reason.NEEDS_PERSON
    outcome = outcomes.get(payment.word.upper(), Outcome.UNKNOWN) if readable else Outcome.UNKNOWN
    return Report(outcome, lookup.reference, amount=payment.amount, word=payment.word)


def transferred(reply: Reply) -> Report:
    """There is no status in it: both transactions are made when it comes. A word that came all the same counts."""
    gone, come = part(reply.body, "sourceTransaction"), part(reply.body, "destinationTransaction")
    reference, word = text(reply.body, "id"), text(reply.body, "status")
    if not ID.fullmatch(reference) or not text(gone, "id") or not text(come, "id"):
        raise MaybeSent("no transfer in the reply")
    return Report(
        STATUS.get(word.upper(), Outcome.UNKNOWN) if word else Outcome.SUCCEEDED,
        reference=reference,
        key=text(reply.body, "externalId"),
        amount=money(gone, "amount", text(gone, "currency")),
        operator_reference=loose(gone, "reference"),
        detail=quoted(f"{loose(come, 'amount')} {loose(come, 'currency')}".strip()),
        word=word,
    )


def pockets(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Money]]:
    for row in rows:
        currency = loose(row, "currency")
        for name, pocket in _POCKETS.items():
            if (amount := _floor(row, name, currency)) is not None:
                yield currency, pocket, amount


def services(rows: Sequence[Mapping[str, Any]], iso: str) -> Iterator[Service]:
    place = country(iso)
    for row in rows:
        if place is None or loose(row, "country") != place.code:
            continue
        for operator in parts(row, "providers"):
            name = operator_name(loose(operator, "provider"))
            for operation in parts(operator, "operationTypes"):
                kind = OPERATIONS.get(loose(operation, "operationType"))
                health = HEALTH.get(loose(operation, "status"))
                if name and kind and health:
                    yield Service(name, kind, health)


def operator_name(code: str) -> str:
    """A code beyond the catalogue (KPay's own samples have two of Ghana) stands for itself."""
    if operator := OPERATORS.get(code):
        return operator.name
    return code if _CODE.fullmatch(code) else ""


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def parts(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = body.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _reason(body: Mapping[str, Any], word: str) -> tuple[Reason, str]:
    told = text(body, "failureCode") or text(body, "failureReason")
    if reason := REASONS.get(told.upper()):
        return reason, ""
    if not told and word.upper() == "CANCELLED":  # by the payer, says the list of words
        return Reason.DECLINED, ""
    return Reason.OTHER, quoted(told)


def _fee(body: Mapping[str, Any], currency: str) -> Money | None:
    """None also where it has a fraction that the currency has not: nothing is rounded."""
    try:
        return money(body, "feeAmount", currency)
    except Unreadable:
        return None


def _floor(row: Mapping[str, Any], name: str, currency: str) -> Money | None:
    """Never more than there is, where a wallet holds parts of the smallest unit."""
    try:
        unit = Decimal(1).scaleb(-EXPONENTS[currency])
        return Money.from_decimal(Decimal(text(row, name)).quantize(unit, ROUND_FLOOR), currency)
    except (KeyError, ValueError, DecimalException, Unreadable):
        return None
