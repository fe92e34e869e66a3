"""What must hold of the merchant's own rules: limits, the second person and their code, the pause, the first payment.

Replayed from the chain of records, which is the order in which they were committed, whatever clock wrote them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.payments.policy import DAY, FIRST_WAIT, GUARDED, OUT, FirstPayee
from providers.messages import Kind
from providers.sandbox.entries import Entry
from providers.sandbox.entries import State as Ended
from storage.models import Deed, Event, Payment
from storage.states import State
from tests.storms.evidence import Evidence, Flaw, Row
from tests.storms.intents import Trick
from tests.storms.plan import movements

_CLOCKS_DIFFER = timedelta(seconds=185)
_LET_GO = {State.QUEUED, State.AWAITING_APPROVAL}
_ASKED = {"", State.DRAFT}
_NOTHING_LEFT = {State.DRAFT, State.FAILED, State.REJECTED, State.CANCELLED, State.EXPIRED}


def rules(evidence: Evidence) -> Iterator[Flaw]:
    """Each with the payment that it is about."""
    yield from _steps(evidence)
    yield from _sums(evidence)


def _steps(evidence: Evidence) -> Iterator[Flaw]:
    replay = _Replay(evidence)
    for record in evidence.records:
        if isinstance(record, Deed):
            replay.heed(record)
        elif (row := replay.rows.get(record.payment_id)) and record.before != record.after:
            if record.before in _ASKED | {State.AWAITING_APPROVAL} and record.after in _LET_GO:
                yield from replay.let_go(row.payment, record)
            if record.after == State.SENDING and record.by == "dispatch":
                yield from replay.sent(row.payment, record)
            replay.now[record.payment_id] = State(record.after)


class _Replay:
    """How everything stood when a record was written."""

    def __init__(self, evidence: Evidence) -> None:
        self.rows = {row.payment.id: row for row in evidence.rows}
        self.now: dict[str, State] = {}
        self._house = evidence.house
        self._proved_sheets: set[tuple[str, int]] = set()
        self._codes = [(proof.person, proof.step) for proof in evidence.proofs]
        self._confirmed: dict[str, datetime] = {}
        self._rests: dict[str, datetime] = {}
        self._paused = False

    def heed(self, deed: Deed) -> None:
        if deed.what in {"pause", "resume"}:
            self._paused = deed.what == "pause"

    def let_go(self, payment: Payment, event: Event) -> Iterator[Flaw]:
        """Confirmed, or approved."""
        if payment.kind not in GUARDED:
            return
        name, person = f"{payment.id} ", event.by.removeprefix("person:")
        self._confirmed[payment.id] = event.at
        if self._paused:
            yield "paused", f"{name}was let go"
        if event.before == State.AWAITING_APPROVAL and person == str(payment.asker_id):
            yield "the wrong hand", f"{name}was approved by its maker"
        if payment.kind in OUT:
            yield from self._within(payment, event.at)
        if event.after == State.QUEUED:
            yield from self._guarded(payment, event, int(person))

    def _within(self, payment: Payment, at: datetime) -> Iterator[Flaw]:
        bounds = self._house.bounds[payment.currency]
        for what, limit, sum_ in (
            ("per payout", bounds.per_payout, payment.amount),
            ("per person", bounds.per_person, self._sum(payment, at, "asker_id")),
            ("per payee", bounds.per_payee, self._sum(payment, at, "payee")),
        ):
            if limit is not None and sum_ > limit:
                yield "over the limit", f"{payment.id} makes {sum_} {what}, of {limit}"

    def _sum(self, payment: Payment, at: datetime, of: str) -> int:
        """With it, of what was confirmed in the 24 hours before and has not come to nothing."""
        others = [
            row.payment
            for row in self.rows.values()
            if row.payment.id != payment.id
            and row.payment.kind in OUT
            and row.payment.currency == payment.currency
            and getattr(row.payment, of) == getattr(payment, of)
            and self.now.get(row.payment.id, State.DRAFT) not in _NOTHING_LEFT
            and self._confirmed.get(row.payment.id, at - 2 * DAY) >= at - DAY
        ]
        return payment.amount + sum(other.amount for other in others)

    def _guarded(self, payment: Payment, event: Event, person: int) -> Iterator[Flaw]:
        bounds = self._house.bounds[payment.currency]
        alone = event.before != State.AWAITING_APPROVAL
        if bounds.approval_from is not None and payment.amount >= bounds.approval_from and alone:
            yield "without a second person", f"{payment.id}, of {payment.amount}"
        if payment.kind == Kind.PAYOUT and not self._known(payment):
            if self._house.first_payee is FirstPayee.APPROVE and alone:
                yield "without a second person", f"{payment.id}, the first to this payee"
            if self._house.first_payee is FirstPayee.WAIT:
                self._rests[payment.id] = event.at
        if bounds.factor_from is not None and payment.amount >= bounds.factor_from:
            yield from self._proved(payment, event, person)

    def _proved(self, payment: Payment, event: Event, person: int) -> Iterator[Flaw]:
        """Each right code lets one payment go, or one sheet."""
        if payment.batch_id and (payment.batch_id, person) in self._proved_sheets:
            return
        step = int(event.at.timestamp()) // 30
        fit = [code for code in self._codes if code[0] == person and abs(step - code[1]) <= 2]
        if not fit:
            yield "without a code", f"{payment.id} was let go by {person}"
        else:
            self._codes.remove(fit[0])
            self._proved_sheets.add((payment.batch_id or "", person))

    def _known(self, payment: Payment) -> bool:
        return any(
            row.payment.payee == payment.payee
            and row.payment.kind == payment.kind
            and self.now.get(row.payment.id) is State.SUCCEEDED
            for row in self.rows.values()
        )

    def sent(self, payment: Payment, event: Event) -> Iterator[Flaw]:
        if self._paused and payment.kind in GUARDED:
            yield "paused", f"{payment.id} was sent"
        rests = self._rests.get(payment.id)
        if rests and event.at - rests < FIRST_WAIT - _CLOCKS_DIFFER:
            yield "sent at once", f"{payment.id}, the first to this payee, after {event.at - rests}"


def _sums(evidence: Evidence) -> Iterator[Flaw]:
    """What the ledger says that left, of each person and to each payee: no storm is longer than a day."""
    for of, limit_of in (("asker_id", "per_person"), ("payee", "per_payee")):
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for moved in movements(evidence.plan):
            rows = [row for row in evidence.rows if row.amount == moved.amount and row.payment.kind in OUT]
            if rows and moved.trick is not Trick.TURN and not any(map(_took_back, rows)):
                payment = rows[0].payment
                left = _left(evidence.entries[moved.number], payment.kind == Kind.REFUND)
                sums[payment.currency, str(getattr(payment, of))] += left * payment.amount
        for (currency, whom), total in sums.items():
            limit = getattr(evidence.house.bounds[currency], limit_of)
            if limit is not None and total > limit:
                yield "over the limit", f"{total} left {limit_of} {whom}, of {limit} {currency}"


def _left(entries: Sequence[Entry], back: bool) -> int:
    return sum(entry.state is not Ended.FAILED and (entry.endpoint == "refund") is back for entry in entries)


def _took_back(row: Row) -> bool:
    """It had failed for a while, and so made room for others."""
    return any(event.after == State.FAILED for event in row.events)
