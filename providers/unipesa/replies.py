"""What a reply says of a payment. All three calls answer in one shape, unsigned, and refusals are HTTP 200 too."""

from collections.abc import Mapping
from typing import Any

from providers.client import Reply, said
from providers.errors import MaybeSent, Misconfigured, Reason, Refused
from providers.fields import Unreadable, loose, money, text
from providers.messages import Kind, Outcome, Report, Step, StepKind
from providers.redaction import quoted

# The schema of a sister brand admits 5, 6 and 7 as well, and says nowhere what they mean.
STATUS: Mapping[str, Outcome] = {
    "-1": Outcome.UNKNOWN,
    "0": Outcome.PENDING,
    "1": Outcome.PENDING,
    "2": Outcome.SUCCEEDED,
    "3": Outcome.FAILED,
    "4": Outcome.FAILED,
}
OPERATIONS: Mapping[str, Kind] = {"16": Kind.PAYOUT, "17": Kind.COLLECTION}
_OPEN = {Outcome.PENDING, Outcome.UNKNOWN}
_UNDEFINED = "-1"
_CANCELLED = "4"

OK = "0"
BAD_CODES: Mapping[str, str] = {"1": "INVALID PIN", "2": "PIN IS BLANK", "3": "INVALID PIN LENGTH"}
WRONG_MERCHANT = "10105"
NOT_AUTHENTICATED = "10201"
REASONS: Mapping[str, Reason] = {
    **dict.fromkeys(BAD_CODES, Reason.DECLINED),
    "10301": Reason.UNREACHABLE,
    "10401": Reason.BAD_PHONE,
}
# Known to come before anything is created. Every other code leaves that open, 10201 and 10301 included.
_REFUSED_BEFORE = {"10401"}


def accepted(reply: Reply, key: str, currency: str, *, with_code: bool) -> Report:
    """Of an order. `with_code`: the payer's code went with it, without which no money moves."""
    code, words = result(reply.body)
    begun = STATUS.get(loose(reply.body, "status"), Outcome.UNKNOWN) not in {Outcome.UNKNOWN, Outcome.FAILED}
    if code == WRONG_MERCHANT and not begun:
        raise Misconfigured(words or "wrong merchant id", code=code)
    if not begun and (code in _REFUSED_BEFORE or (with_code and code in BAD_CODES)):
        raise Refused(REASONS[code], words, code=code)
    if not reply.ok or code != OK:
        raise MaybeSent(words or said(reply.body), code=code or str(reply.status))
    if text(reply.body, "order_id") not in {"", key}:
        raise MaybeSent("the reply is about another order")
    if confirmation := _confirmation(reply.body):
        return _unconfirmed(reply.body, key, confirmation)
    return report(reply.body, key, currency)


def standing(reply: Reply, key: str, currency: str) -> Report:
    """Of a look-up. The status counts whatever code stands beside it; Misconfigured where there is none."""
    code, words = result(reply.body)
    word = loose(reply.body, "status")
    if code in {WRONG_MERCHANT, NOT_AUTHENTICATED} and word in {"", _UNDEFINED}:
        raise Misconfigured(words or "the account is not recognised", code=code)
    if not reply.ok:
        return Report(Outcome.UNKNOWN, detail=words or said(reply.body))
    if (confirmation := _confirmation(reply.body)) and STATUS.get(word, Outcome.UNKNOWN) in _OPEN:
        return _unconfirmed(reply.body, key, confirmation)
    return report(reply.body, key, currency)


def report(body: Mapping[str, Any], key: str, currency: str) -> Report:
    """The reference is our own order id: it is what a look-up takes, and the system's own may change on the way."""
    word = loose(body, "status")
    outcome = STATUS.get(word, Outcome.UNKNOWN)
    known = word not in {"", _UNDEFINED}
    reason, detail = _reason(body, word) if outcome not in {Outcome.SUCCEEDED, Outcome.PENDING} else (None, "")
    try:
        return Report(
            outcome,
            reference=key if known else "",
            key=text(body, "order_id"),
            operator_reference=text(body, "transaction_ref") or text(body, "transaction_id"),
            reason=reason if outcome is Outcome.FAILED else None,
            detail=detail,
            word=word,
            step=_step(body, currency) if outcome is Outcome.PENDING else None,
        )
    except Unreadable as error:
        return Report(Outcome.UNKNOWN, reference=key if known else "", word=word, detail=error.detail)


def result(body: Mapping[str, Any]) -> tuple[str, str]:
    """(code, words) at the gateway. Both empty where it gave none."""
    told = body.get("result")
    return (loose(told, "code"), quoted(told.get("message"))) if isinstance(told, Mapping) else ("", "")


def _confirmation(body: Mapping[str, Any]) -> str:
    """Empty for 0 and where it is left out, as in many a sample."""
    value = body.get("confirm_type")
    return "" if not value or str(value) in {"0", "0.0", "None"} else quoted(str(value)) or "?"


def _unconfirmed(body: Mapping[str, Any], key: str, confirmation: str) -> Report:
    """The second request that such an answer asks for is documented nowhere, so a person has to go on."""
    return Report(
        Outcome.UNKNOWN,
        reference=key,
        key=loose(body, "order_id"),
        operator_reference=loose(body, "transaction_ref") or loose(body, "transaction_id"),
        reason=Reason.NEEDS_PERSON,
        detail=f"the system asks for a confirmation (confirm_type {confirmation}): settle it with its support",
        word=loose(body, "status"),
    )


def _reason(body: Mapping[str, Any], word: str) -> tuple[Reason, str]:
    code, words = result(body)
    if code == OK:  # what the operator said is then the better half
        told = body.get("provider_result")
        words = quoted(told.get("message")) if isinstance(told, Mapping) else ""
        words = "" if words in {"OK", "Good"} else words
    if reason := REASONS.get(code):
        return reason, words
    return Reason.DECLINED if word == _CANCELLED else Reason.OTHER, words


def _step(body: Mapping[str, Any], currency: str) -> Step | None:
    extra = body.get("extra")
    if not isinstance(extra, Mapping):
        return None
    url = loose(extra, "customer_redirect")
    if url.startswith(("https://", "http://")):
        return Step(StepKind.OPEN_PAGE, url=url)
    if not loose(extra, "account_number"):
        return None
    amount = money(extra, "transfer_amount", currency)
    details = {
        "bank_name": loose(extra, "bank_name"),
        "account_number": loose(extra, "account_number"),
        "account_name": loose(extra, "account_name"),
        "transfer_amount": f"{amount.plain} {currency}" if amount else "",
    }
    return Step(StepKind.PAY_INTO, details={name: value for name, value in details.items() if value})
