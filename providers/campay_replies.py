"""What CamPay’s answers and records mean.

https://documenter.getpostman.com/view/2391374/T1LV8PVA, read on 2026-11-21.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal, DecimalException
from typing import Any, Final

from providers.client import Reply, said
from providers.errors import MaybeSent, Misconfigured, NotSent, ProviderError, Reason, Refused
from providers.fields import Unreadable, loose, money, text
from providers.messages import Kind, Lookup, Outcome, Report, StatementLine
from providers.money import Money
from providers.redaction import quoted

XAF: Final = "XAF"

STATUS: Mapping[str, Outcome] = {
    "PENDING": Outcome.PENDING,
    "SUCCESSFUL": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
}

# The four codes are CamPay's own. The texts are what its records were seen to hold, and MTN's MoMo words
# (https://momodeveloper.mtn.com, "Reason"), since one of them, PAYEE_NOT_FOUND, was seen handed through.
REASONS: Mapping[str, Reason] = {
    "er101": Reason.BAD_PHONE,
    "er102": Reason.OPERATOR_UNSUPPORTED,
    "er201": Reason.BAD_AMOUNT,
    "er301": Reason.BALANCE_TOO_LOW,
    "failed": Reason.OTHER,
    "timeout": Reason.TIMED_OUT,
    "expired": Reason.TIMED_OUT,
    "initiatee not found": Reason.PAYEE_NOT_FOUND,
    "payee_not_found": Reason.PAYEE_NOT_FOUND,
    "payer_not_found": Reason.PAYEE_NOT_FOUND,
    "approval_rejected": Reason.DECLINED,
    "payment_not_approved": Reason.DECLINED,
    "not_enough_funds": Reason.PAYER_BALANCE_TOO_LOW,
    "payer_limit_reached": Reason.LIMIT_REACHED,
    "payee_not_allowed_to_receive": Reason.NOT_ALLOWED,
}

KINDS: Mapping[str, Kind] = {"COLLECT": Kind.COLLECTION, "WITHDRAW": Kind.PAYOUT, "AIRTIME": Kind.AIRTIME}

_REFERENCE = re.compile(r"[\w-]{1,64}")
_DUPLICATE = re.compile(r"(?i)duplicat|already|unique|external.?reference|uuid")
_DOUBT = re.compile(r"(?i)time.?out|timed out|in progress|processing|unknown|unavailable|later|waiting")
_RATE_LIMIT = re.compile(r"(?i)rate limit")
_A_MINUTE = 60.0


def is_reference(word: str) -> bool:
    return bool(_REFERENCE.fullmatch(word))


def refusal(reply: Reply) -> ProviderError:
    """Of a readable 4xx."""
    words, code = said(reply.body), loose(reply.body, "error_code")
    if _RATE_LIMIT.search(words):  # per phone number, "Try again in a minute"
        return NotSent(Reason.LIMIT_REACHED, words, code=code, retry_after=_A_MINUTE)
    if reason := REASONS.get(code.lower()):
        return Refused(reason, words, code=code)
    if not words and not code:
        return MaybeSent("no reason in the reply", code=str(reply.status))
    if _DUPLICATE.search(words):  # then the first one was taken
        return MaybeSent(words, code=code)
    if _DOUBT.search(words):  # of an operator that did not answer in time: the money may be on its way
        return MaybeSent(words, code=code)
    if "redirect_url" in words:  # a return page that is not public
        return Misconfigured(words, code=code)
    return Refused(Reason.OTHER, words, code=code)


def accepted(reply: Reply) -> Report:
    reference, word = text(reply.body, "reference"), text(reply.body, "status")
    if not is_reference(reference):
        raise MaybeSent("no reference in the reply")
    return Report(
        STATUS.get(word.upper(), Outcome.UNKNOWN) if word else Outcome.PENDING,
        reference=reference,
        operator=_operator(reply.body),
        payer_hint=quoted(loose(reply.body, "ussd_code")),
        word=word,
    )


def report(body: Mapping[str, Any], test_phones: frozenset[str]) -> Report:
    word = loose(body, "status")
    outcome = STATUS.get(word.upper(), Outcome.UNKNOWN)
    try:
        amount = money(body, "amount", text(body, "currency"))
        if amount and not amount.minor and text(body, "phone_number") in test_phones:
            amount = None
        reason, detail = _reason(text(body, "reason")) if outcome is Outcome.FAILED else (None, "")
        return Report(
            outcome,
            reference=text(body, "reference"),
            key=text(body, "external_reference"),
            kind=KINDS.get((text(body, "endpoint") or text(body, "type")).upper()),
            amount=amount,
            fee=_fee(body, amount),
            operator=_operator(body),
            operator_reference=text(body, "operator_reference"),
            reason=reason,
            detail=detail,
            word=word,
        )
    except Unreadable as error:
        return Report(Outcome.UNKNOWN, word=word, detail=error.detail)


def _reason(words: str) -> tuple[Reason, str]:
    reason = REASONS.get(words.lower())
    return (reason, "") if reason else (Reason.OTHER, quoted(words))


def _fee(body: Mapping[str, Any], amount: Money | None) -> Money | None:
    """None where nothing was kept from the amount: what a payout costs on top is not in its record."""
    net = exact(body, "app_amount")
    if not amount or not net or amount.currency != XAF or not 0 < net.minor < amount.minor:
        return None
    return amount - net


def _operator(body: Mapping[str, Any]) -> str:
    """ "Orange", "MTN" and, for airtime, "ORANGE_CM"."""
    return text(body, "operator").upper().removesuffix("_CM")


def tag(key: str) -> str:
    return f"[{key[:8]}]"


def exact(body: Mapping[str, Any], name: str) -> Money | None:
    """None also where it has centimes, as 2 % of many an amount has: nothing is rounded."""
    try:
        return money(body, name, XAF)
    except Unreadable:
        return None


def whole_francs(value: object) -> Money | None:
    """Balances may have centimes; never show more than there is."""
    try:
        amount = Decimal(value) if isinstance(value, int | str | Decimal) else Decimal("NaN")
        return Money.from_decimal(amount.to_integral_value(ROUND_FLOOR), XAF)
    except (ValueError, DecimalException):
        return None


def tagged(row: Mapping[str, Any], lookup: Lookup) -> bool:
    try:
        return (
            text(row, "description").endswith(tag(str(lookup.key)))
            and money(row, "amount", XAF) == lookup.amount
            and lookup.msisdn in {"", text(row, "phone_number").removeprefix("+")}  # nobody's, for a link
        )
    except Unreadable:
        return False


def line(row: Mapping[str, Any]) -> StatementLine | None:
    try:
        amount = money(row, "amount", XAF)
        at = datetime.fromisoformat(text(row, "datetime"))
        if amount is None:
            return None
        return StatementLine(
            at=at if at.tzinfo else at.replace(tzinfo=UTC),  # measured without a zone, documented with Z
            kind=_side(row),
            amount=amount,
            fee=exact(row, "charge_amount"),
            msisdn=text(row, "phone_number"),
            operator=_operator(row),
            outcome=STATUS.get(text(row, "status").upper(), Outcome.UNKNOWN),
            reference=text(row, "reference_uuid"),
            operator_reference=text(row, "operator_tx_code"),
            description=text(row, "description"),
            payer_note=text(row, "external_user"),
        )
    except (Unreadable, ValueError):
        return None


def _side(row: Mapping[str, Any]) -> Kind | None:
    """A row has no endpoint, only the side of the account it stands on."""
    credit, debit = whole_francs(row.get("credit")), whole_francs(row.get("debit"))
    if credit and credit.minor:
        return Kind.COLLECTION
    return Kind.PAYOUT if debit and debit.minor else None
