"""Our payments beside a system's statement: what is missing on either side, and what differs. Pure.

A statement's rows are compared wherever they meet one of our payments, by its reference or by our key. A row belongs to
the day of its own time, so that each night tells of it once, whatever time zone the system writes. Asked for before the
day has ended, what is written ahead of our clock is of today.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from providers.messages import Kind, Outcome, StatementLine
from providers.money import Money
from storage.models import Payment
from storage.states import IN_FLIGHT, State

SETTLES = timedelta(minutes=10)
"""What is younger settles by itself, or is not on the statement yet."""

_LISTED = {Kind.COLLECTION, Kind.PAYOUT}
"""Airtime, refunds and transfers are on no statement for certain: none is missed there."""

_OURS = {
    Outcome.SUCCEEDED: {State.SUCCEEDED, State.REVERSED},
    Outcome.FAILED: {State.FAILED},
}


class Oddity(StrEnum):
    NOT_THERE = "not_there"
    NOT_HERE = "not_here"
    STATE = "state"
    AMOUNT = "amount"
    DIRECTION = "direction"
    FEE = "fee"
    TWICE = "twice"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Ours:
    """A payment, and the keys under which it was sent to this system."""

    payment: Payment
    keys: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    flaws: tuple[Oddity, ...]
    payment: Payment | None = None
    line: StatementLine | None = None


@dataclass(slots=True)
class Comparison:
    """`agreed` are the payments that both sides call succeeded, or both failed; the sums are of what both call
    succeeded.
    """

    agreed: set[str] = field(default_factory=set)
    matched: int = 0
    came_in: dict[str, int] = field(default_factory=dict)
    went_out: dict[str, int] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not self.matched and not self.differences


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on, and before `end`."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end


def compare(system: str, ours: Sequence[Ours], lines: Sequence[StatementLine], span: Span, now: datetime) -> Comparison:
    """`lines` may reach beyond the span on both sides: what succeeded here late in it may stand there a day off."""
    result = Comparison()
    finder = _Finder(system, ours)
    met: dict[str, StatementLine] = {}
    for line in sorted(dict.fromkeys(lines), key=lambda line: line.at):
        payment = finder.find(line)
        within = min(line.at, now) in span  # written by a clock that is ahead of ours, it still has happened
        if payment is None:
            if within and line.outcome is Outcome.SUCCEEDED:
                result.differences.append(Difference((Oddity.NOT_HERE,), line=line))
            continue
        earlier = met.get(payment.id)
        met[payment.id] = earlier if earlier and earlier.outcome is Outcome.SUCCEEDED else line
        if within:
            _judge(result, system, payment, line, earlier, now)
    for one in ours:
        if one.payment.id not in met and _missed(one.payment, system, span, now):
            result.differences.append(Difference((Oddity.NOT_THERE,), payment=one.payment))
    return result


class _Finder:
    """A row's payment: by our key first, since it is ours alone."""

    def __init__(self, system: str, ours: Sequence[Ours]) -> None:
        self._by_key = {key: one.payment for one in ours for key in one.keys if key}
        self._by_reference = {
            one.payment.reference: one.payment
            for one in ours
            if one.payment.reference and one.payment.provider == system
        }

    def find(self, line: StatementLine) -> Payment | None:
        return self._by_key.get(line.payer_note) or self._by_reference.get(line.reference)


def _judge(
    result: Comparison,
    system: str,
    payment: Payment,
    line: StatementLine,
    earlier: StatementLine | None,
    now: datetime,
) -> None:
    flaws = tuple(_flaws(system, payment, line, earlier, now))
    if flaws:
        result.differences.append(Difference(flaws, payment, line))
    elif payment.state in _OURS.get(line.outcome, ()):
        result.matched += 1
        result.agreed.add(payment.id)
        if line.outcome is Outcome.SUCCEEDED:
            _add(result.came_in if payment.kind == Kind.COLLECTION else result.went_out, line.amount)
            if line.fee:
                _add(result.fees, line.fee)


def _add(sums: dict[str, int], amount: Money) -> None:
    sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor


def _flaws(
    system: str, payment: Payment, line: StatementLine, earlier: StatementLine | None, now: datetime
) -> list[Oddity]:
    done = line.outcome is Outcome.SUCCEEDED
    if payment.provider != system:
        return [Oddity.ELSEWHERE] if done else []  # it went to another system because this one had refused it
    flaws = []
    if done and earlier and earlier.outcome is Outcome.SUCCEEDED:
        flaws.append(Oddity.TWICE)
    if line.outcome in _OURS and payment.state not in _OURS[line.outcome] and not _settling(payment, now):
        flaws.append(Oddity.STATE)
    # A test number's success stands there with nothing.
    if line.amount.minor and (line.amount.minor, line.amount.currency) != (payment.amount, payment.currency):
        flaws.append(Oddity.AMOUNT)
    if done and line.kind and (line.kind is Kind.COLLECTION) != (payment.kind == Kind.COLLECTION):
        flaws.append(Oddity.DIRECTION)
    if done and payment.fee_told and line.fee and line.fee.minor != payment.fee:
        flaws.append(Oddity.FEE)
    return flaws


def _settling(payment: Payment, now: datetime) -> bool:
    return payment.state in IN_FLIGHT and now - (payment.sent_at or payment.created_at) < SETTLES


def _missed(payment: Payment, system: str, span: Span, now: datetime) -> bool:
    return (
        payment.provider == system
        and payment.state is State.SUCCEEDED
        and payment.kind in _LISTED
        and payment.settled_at in span
        and now - (payment.settled_at or now) >= SETTLES
    )
