"""What Nkapsmart's answers mean: records of payments, lines of batches, refusals. Pure; sends nothing.

A record carries the payer's whole history and, in it, the merchant's own account with a password hash. KEPT names
what is read of it; nothing else gets past `kept`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from providers.addresses import flaw
from providers.client import Reply, said
from providers.errors import MaybeSent, Misconfigured, ProviderError, Reason, Refused
from providers.fields import Unreadable, loose, money, text
from providers.messages import Channel, Lookup, Order, Outcome, Report, Step, StepKind
from providers.redaction import quoted

XAF: Final = "XAF"

# In capitals of a payment, with one capital of a line in a batch, where only "Success" is documented.
STATUS: Mapping[str, Outcome] = {
    "PENDING": Outcome.PENDING,
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
}

KEPT: Final = (
    "transactionKey",
    "transactionReference",
    "id",
    "transactionStatus",
    "transactionAmount",
    "transactionDescription",
    "productName",
    "paymentUrl",
    "raison",
    "cryptoPayAmount",
    "paymentAddress",
    "payeeAddress",
    "ash",
)

# One cause is documented, a balance that is too low, and no words at all: so words are read for their sense.
_SHORT = re.compile(
    r"(?i)insufficient|insuffisant|not enough|(balance|solde)\W+(\w+\W+){0,3}(low|short|exceed|faible|d[eé]pass)"
)
_WRONG = re.compile(r"(?i)invalid|incorrect|required|obligatoire|must|not valid|unknown|unsupported|no such|not a ")
_FIELDS: Sequence[tuple[re.Pattern[str], Reason]] = (
    (re.compile(r"(?i)phone|num[eé]ro"), Reason.BAD_PHONE),
    (re.compile(r"(?i)amount|montant"), Reason.BAD_AMOUNT),
    (re.compile(r"(?i)operator|op[eé]rateur"), Reason.OPERATOR_UNSUPPORTED),
)
_FAILED: Sequence[tuple[re.Pattern[str], Reason]] = (
    (re.compile(r"(?i)time.?out|expir"), Reason.TIMED_OUT),
    (re.compile(r"(?i)cancel|annul|reject|rejet|declin|refus"), Reason.DECLINED),
    (re.compile(r"(?i)not.?found|introuvable"), Reason.PAYEE_NOT_FOUND),
    (re.compile(r"(?i)balance|solde|funds|insufficient|insuffisant"), Reason.PAYER_BALANCE_TOO_LOW),
)
_OURS = re.compile(r"(?i)application.?key|e.?mail")
# Words of an operator that did not answer in time: then the money may be on its way.
_DOUBT = re.compile(
    r"(?i)time.?out|timed out|try again|already|duplicat|exception|respon|answer|unavailable|process"
    r"|error|fail|return|stat[eu]|confirm|transfer"
)

_TOKENS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(_UUID)
_TAG = re.compile(rf"\[({_UUID})\]$")
REFERENCE = re.compile(r"[\w-][\w.-]{0,99}", re.ASCII)
LINE = re.compile(rf"bulk/([\w-][\w.-]{{0,99}})/([0-9]{{1,4}})/({_UUID})", re.ASCII)


def kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a payment; of an answer that wraps them in "data" as well."""
    inner = body.get("data")
    whole = {**(inner if isinstance(inner, dict) else {}), **body}
    return {name: whole[name] for name in KEPT if name in whole}


def tag(order: Order, most: int = 80) -> str:
    """A payout has no field of ours but its description."""
    return f"{words(order)[:most].strip()} [{order.key}]".strip()


def words(order: Order, most: int = 120) -> str:
    return " ".join(order.description.split())[:most].strip()


def echoed(record: Mapping[str, Any]) -> str:
    """Our key, where it came back; empty otherwise."""
    if _KEY.fullmatch(name := loose(record, "productName")):
        return name
    found = _TAG.search(loose(record, "transactionDescription") or loose(record, "description"))
    return found[1] if found else ""


def created(reply: Reply, order: Order) -> Report:
    """Nothing is documented of this answer: it gives the reference, and never ends a payment."""
    record = kept(reply.body)
    reference = text(record, "transactionKey") or text(record, "transactionReference") or text(record, "id")
    if not REFERENCE.fullmatch(reference):
        raise MaybeSent("no reference in the reply")
    word, ash = loose(record, "transactionStatus"), loose(record, "ash")
    return Report(
        Outcome.PENDING if not word or word.upper() in STATUS else Outcome.UNKNOWN,
        reference=f"{reference}/{ash}" if order.channel is Channel.CRYPTO and REFERENCE.fullmatch(ash) else reference,
        key=echoed(record),
        operator_reference=ash,
        word=word,
        step=page(record) if order.channel is Channel.BANK else None,
    )


def page(record: Mapping[str, Any]) -> Step | None:
    url = loose(record, "paymentUrl")
    return Step(StepKind.OPEN_PAGE, url) if url.startswith(("https://", "http://")) else None


def deposit(reply: Reply, network: str, told: str, *, tells_payer: bool) -> Step | None:
    """Where the payer sends how much. `told` is the address that we gave; `tells_payer`: it is the payer's own."""
    record = kept(reply.body)
    sends, receives = loose(record, "paymentAddress"), loose(record, "payeeAddress")
    address = receives or (sends if sends and not (tells_payer and sends == told) else "" if tells_payer else told)
    if not address or flaw(network, address):
        return None
    amount, opens = loose(record, "cryptoPayAmount"), page(record)
    tokens = {"amount": f"{amount} USDT"} if _TOKENS.fullmatch(amount) and amount.strip("0.") else {}
    return Step(StepKind.DEPOSIT, opens.url if opens else "", {"network": network, "address": address, **tokens})


def told(reply: Reply, lookup: Lookup, key: str, ash: str = "") -> Report:
    record = kept(reply.body)
    word = loose(record, "transactionStatus")
    outcome = STATUS.get(word.upper(), Outcome.UNKNOWN)
    if not reply.ok:
        return Report(Outcome.UNKNOWN, detail=sentence(reply.body))
    try:
        if key not in {text(record, "transactionKey") or key, text(record, "transactionReference")}:
            return Report(Outcome.UNKNOWN, word=word, detail="the answer is about another payment")
        if ash and (said_ash := text(record, "ash")) and said_ash.lower() != ash.lower():
            return Report(Outcome.UNKNOWN, word=word, detail="the answer is about another transaction")
        reason, detail = _why(text(record, "raison")) if outcome is Outcome.FAILED else (None, "")
        return Report(
            outcome,
            reference=lookup.reference,
            key=echoed(record),
            amount=money(record, "transactionAmount", lookup.amount.currency),
            operator_reference=text(record, "ash"),
            reason=reason,
            detail=detail,
            word=word,
            step=page(record) if outcome is Outcome.PENDING and lookup.channel is Channel.BANK else None,
        )
    except Unreadable as error:
        return Report(Outcome.UNKNOWN, word=word, detail=error.detail)


@dataclass(frozen=True)
class Batch:
    """One reading of a bulk operation. A count that can't be read is -1, and then no line is believed to have ended."""

    reference: str
    total: int
    succeeded: int
    failed: int
    pending: int
    items: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, reference: str, body: Mapping[str, Any]) -> "Batch":
        items = body.get("transactions")
        lines = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        total, succeeded = _count(body, "totalCount"), _count(body, "successCount")
        return cls(reference, total, succeeded, _count(body, "failedCount"), _count(body, "pendingCount"), lines)

    @property
    def verdict(self) -> Outcome | None:
        """What all lines have in common. The batch's own word says Completed of a failure as well."""
        match (self.succeeded, self.failed, self.pending):
            case (all_of_them, 0, 0) if all_of_them == self.total > 0:
                return Outcome.SUCCEEDED
            case (0, all_of_them, 0) if all_of_them == self.total > 0:
                return Outcome.FAILED
        return None

    def reports(self, size: int) -> list[Report]:
        """Of the lines that are listed; `size` is how many were sent. Read once, however many lines ask."""
        if size not in self._read:
            self._read[size] = [self._report(item, size) for item in self.items]
        return self._read[size]

    @cached_property
    def _read(self) -> dict[int, list[Report]]:
        return {}

    @cached_property
    def _words(self) -> Counter[str]:
        return Counter(loose(item, "status").upper() for item in self.items)

    def line(self, lookup: Lookup, size: int, key: str) -> Report:
        """Of one line: by our key in its description, or by phone and amount, or by what all have in common."""
        listed = self.reports(size)
        if ours := [report for report in listed if report.key == key]:
            return ours[0] if len({report.outcome for report in ours}) == 1 else Report(Outcome.UNKNOWN)
        alike = [
            report
            for item, report in zip(self.items, listed, strict=True)
            if not report.key and report.amount == lookup.amount and _is_phone(item, lookup.msisdn)
        ]
        outcomes = {report.outcome for report in alike}
        if len(self.items) == self.total == size and len(outcomes) == 1:
            return Report(outcomes.pop(), reference=lookup.reference, amount=lookup.amount)
        if self.total == size and self.verdict:
            return Report(self.verdict, reference=lookup.reference)
        return Report(Outcome.PENDING if self.pending > 0 else Outcome.UNKNOWN, reference=lookup.reference)

    def _report(self, item: Mapping[str, Any], size: int) -> Report:
        word, key = loose(item, "status"), echoed(item)
        outcome = self._outcome(word)
        try:
            reason, detail = _why(text(item, "errorMessage")) if outcome is Outcome.FAILED else (None, "")
            return Report(
                outcome,
                reference=line(self.reference, size, key) if key else "",
                key=key,
                amount=money(item, "amount", XAF),
                operator_reference=text(item, "transactionKey"),
                reason=reason,
                detail=detail,
                word=word,
            )
        except Unreadable as error:
            return Report(Outcome.UNKNOWN, key=key, word=word, detail=error.detail)

    def _outcome(self, word: str) -> Outcome:
        """An end is believed while no more lines bear its word than the counts allow; without one the counts speak."""
        outcome = STATUS.get(word.upper(), Outcome.UNKNOWN)
        room = {Outcome.SUCCEEDED: self.succeeded, Outcome.FAILED: self.failed}
        if outcome not in room:
            return self.verdict or outcome
        return outcome if self._words[word.upper()] <= room[outcome] else Outcome.UNKNOWN


def line(batch: str, size: int, key: str) -> str:
    """The reference of one line of a batch, so that the line can be asked about alone."""
    return f"bulk/{batch}/{size}/{key}"


def batch_reference(reply: Reply) -> str:
    inner = reply.body.get("data")
    found = {**(inner if isinstance(inner, dict) else {}), **reply.body}
    reference = text(found, "bulkOperationId") or text(found, "id")
    if not REFERENCE.fullmatch(reference):
        raise MaybeSent("no reference in the reply")
    return reference


def refusal(reply: Reply) -> ProviderError:
    """Of a readable 4xx. What it does not say plainly leaves open whether it was obeyed: nothing can be looked up."""
    words, code = sentence(reply.body), str(reply.status)
    if _DOUBT.search(words):
        return MaybeSent(words, code=code)
    if is_short(words):
        return Refused(Reason.BALANCE_TOO_LOW, words, code=code)
    if not _WRONG.search(words):
        return MaybeSent(words, code=code)
    if _OURS.search(words):
        return Misconfigured(words, code=code)
    reasons = [reason for pattern, reason in _FIELDS if pattern.search(words)]
    return Refused(reasons[0], words, code=code) if reasons else MaybeSent(words, code=code)


def is_short(words: str) -> bool:
    """Whether these are the words for a balance that is too low."""
    return bool(_SHORT.search(words))


def sentence(body: Mapping[str, Any]) -> str:
    """ASP.NET says it in "detail", in "title", or in a list for each field under "errors"."""
    errors = body.get("errors")
    fields = [said({"error": told}) for told in errors.values()] if isinstance(errors, dict) else []
    return quoted("; ".join(filter(None, fields))) or said(body) or quoted(body.get("title"))


def _why(told: str) -> tuple[Reason, str]:
    for pattern, reason in _FAILED:
        if pattern.search(told):
            return reason, quoted(told)
    return Reason.OTHER, quoted(told)


def _count(body: Mapping[str, Any], name: str) -> int:
    word = loose(body, name)
    return int(word) if word.isascii() and word.isdigit() and len(word) < 7 else -1


def _is_phone(item: Mapping[str, Any], msisdn: str) -> bool:
    return loose(item, "phoneNumber").removeprefix("+").removeprefix("237") == msisdn.removeprefix("237")
