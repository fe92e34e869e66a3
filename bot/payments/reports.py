"""The one door by which replies, polls and callbacks change a payment."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlmodel import Session

from bot.payments import hints
from bot.payments.restored import may_have_gone_elsewhere
from bot.payments.schedule import next_look
from providers.errors import Reason
from providers.messages import Outcome, Report
from providers.sheet import Pace
from storage import diary, payments
from storage.models import Payment
from storage.states import IN_FLIGHT, State

log = structlog.get_logger()

_STATE = {
    Outcome.PENDING: State.PENDING,
    Outcome.SUCCEEDED: State.SUCCEEDED,
    Outcome.FAILED: State.FAILED,
    Outcome.UNKNOWN: State.UNKNOWN,
}
CONTRADICTS = {
    State.SUCCEEDED: {Outcome.FAILED},
    State.FAILED: {Outcome.SUCCEEDED},
    # It was sent, turned back ("come later"), and cancelled while it waited: yet the system has it.
    State.CANCELLED: {Outcome.PENDING, Outcome.SUCCEEDED},
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report means for a payment: the state to move to (None: nothing to change), what to write, and why."""

    state: State | None
    changes: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def judge(payment: Payment, report: Report, keys: Collection[str]) -> Verdict:
    """Pure. `keys` are those of the payment's attempts. Doubt is UNKNOWN or REVIEW, never a guess."""
    said = f"{report.outcome} {report.word}".strip()
    if payment.state in CONTRADICTS:
        if report.outcome not in CONTRADICTS[payment.state]:
            return Verdict(None)
        detail = "" if payment.reason == Reason.DECIDED else payment.detail
        changes = {"reason": Reason.CONTRADICTION, "detail": detail}
        return Verdict(State.REVIEW, changes, f"{payment.state}, then {said}")
    if payment.state not in IN_FLIGHT and payment.state is not State.QUEUED:
        return Verdict(None, note=said)
    if report.outcome in {Outcome.SUCCEEDED, Outcome.FAILED} and (why := quarrel(payment, report, keys)):
        return Verdict(State.REVIEW, {"reason": Reason.MISMATCH, "detail": why}, f"{said}: {why}")
    if report.outcome is Outcome.FAILED and may_have_gone_elsewhere(payment):
        return Verdict(State.REVIEW, {"reason": Reason.RESTORED, "detail": report.detail}, said)
    if report.outcome is Outcome.UNKNOWN and report.reason is Reason.NEEDS_PERSON:
        return Verdict(State.REVIEW, {"reason": report.reason, "detail": report.detail}, said)
    return Verdict(_STATE[report.outcome], _changes(payment, report), said)


def quarrel(payment: Payment, report: Report, keys: Collection[str]) -> str:
    """What a report says of another payment than this one; empty where it says nothing else."""
    if report.amount and (report.amount.minor, report.amount.currency) != (payment.amount, payment.currency):
        return f"amount {report.amount.plain} {report.amount.currency}"
    if report.kind and report.kind != payment.kind:
        return f"kind {report.kind}"
    if report.key and report.key not in keys:
        return "another key"
    if payment.reference and report.reference and report.reference != payment.reference:
        return "another reference"
    return ""


def _changes(payment: Payment, report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {
        # The first reference stays: under another one the next look would ask about another payment.
        "reference": payment.reference or report.reference,
        "operator": report.operator or payment.operator,
        "operator_reference": report.operator_reference or payment.operator_reference,
        "payer_hint": report.payer_hint or payment.payer_hint,
        "step": asdict(report.step) if report.step else payment.step,
        "reason": report.reason or "",
        "detail": report.detail,
    }
    if report.outcome in {Outcome.SUCCEEDED, Outcome.FAILED}:
        told["step"] = None
    if report.outcome is Outcome.SUCCEEDED and report.fee is not None and report.fee.currency == payment.currency:
        told |= {"fee": report.fee.minor, "fee_told": True}
    return {name: value for name, value in told.items() if getattr(payment, name) != value}


def apply_report(
    session: Session, merchant_id: int, payment_id: str, report: Report, *, at: datetime, by: str, pace: Pace
) -> Payment | None:
    """The payment as it stands afterwards; None if it is not this merchant's. Run it as one transaction."""
    payment = payments.get(session, merchant_id, payment_id, lock=True)
    if payment is None:
        return None
    keys = {attempt.id for attempt in payments.attempts(session, payment.id)}
    verdict = judge(payment, report, keys)
    if verdict.state is None:
        if payment.state is State.REVIEW and report.reference:
            payments.learn_reference(session, payment, report.reference)
            hints.heed_early(session, payment, at)
        if verdict.note:
            payments.remark(session, payment, verdict.note, at=at, by=by)
        return payment
    if verdict.state == payment.state and not verdict.changes:
        woken = payment.due_at is not None and payment.due_at <= at  # a callback came while this look was out
        diary.reschedule(session, payment, at if woken else next_look(payment, at, pace))
        return payment
    return _carry_out(session, payment, verdict, at=at, by=by, pace=pace)


def _carry_out(
    session: Session, payment: Payment, verdict: Verdict, *, at: datetime, by: str, pace: Pace
) -> Payment | None:
    """A payment that waits to be sent again, of which a system speaks, was sent after all: it passes SENDING."""
    assert verdict.state is not None  # noqa: S101 - the caller's branch
    before, reference = payment.state, payment.reference  # the row below is refreshed in place
    step: Payment | None = payment
    if payment.state is State.QUEUED:
        step = payments.move(session, payment, State.SENDING, at=at, by=by, note="spoken of while queued", due_at=at)
    if step and step.state is State.SENDING and verdict.state is State.REVIEW:
        step = payments.move(session, step, State.UNKNOWN, at=at, by=by, due_at=at)
    if step is None:
        return None
    open_still = verdict.state in IN_FLIGHT
    moved = payments.move(
        session,
        step,
        verdict.state,
        at=at,
        by=by,
        note=verdict.note,
        due_at=next_look(step, at, pace) if open_still else None,
        looks=step.looks + 1,
        misses=0,
        **verdict.changes,
    )
    if moved:
        log.info("payment moved", payment=moved.id, before=before, after=moved.state, by=by)
        if moved.reference != reference:
            hints.heed_early(session, moved, at)
    return moved
