"""What a verified callback does to its payment: it is a reason to ask the status, and never more than that."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from sqlmodel import Session

from providers.errors import Reason
from providers.messages import Callback, Kind, Outcome
from providers.money import Money
from storage import diary, inbound, notices, payments
from storage.models import Inbound, Payment
from storage.states import State

log = structlog.get_logger()


def heed(session: Session, payment: Payment, name: str, callback: Callback, now: datetime) -> bool:
    """Whether the payment is to be looked at. `name` is the system that calls."""
    if payment.provider != name:
        _stray(session, payment, name, callback, now)
        return False
    if callback.reference and not payment.reference:
        payments.learn_reference(session, payment, callback.reference)
        if payment.state is State.REVIEW:  # whoever decides has something to ask for now
            notices.tell(session, payment, now, group=False, new=False)
    if quarrel := _quarrel(payment, callback):
        _disputed(session, payment, name, quarrel, now)
        return False
    if payment.state is State.QUEUED and any(one.provider == name for one in payments.attempts(session, payment.id)):
        payment = _sent_after_all(session, payment, name, now) or payment
    if payment.state is State.REVIEW:
        payments.remark(session, payment, f"{name} calls back: {callback.word}", at=now, by="callback")
    diary.wake(session, payment, now)
    return True


def heed_early(session: Session, payment: Payment, now: datetime) -> None:
    """Callbacks that came before our own reply named this reference: now they have their payment."""
    for kept in inbound.strays(session, payment.merchant_id, payment.provider, payment.reference):
        kept.payment_id = payment.id
        session.add(kept)
        session.flush()
        heed(session, payment, kept.provider, _read(kept), now)


def written(callback: Callback) -> Mapping[str, Any]:
    """As a row keeps it."""
    return {
        "reference": callback.reference,
        "key": callback.key,
        "word": callback.word,
        "outcome": callback.outcome,
        "amount": "" if callback.amount is None else str(callback.amount),
        "currency": callback.currency,
        "kind": callback.kind or "",
    }


def _read(kept: Inbound) -> Callback:
    return Callback(
        kept.reference,
        kept.key,
        kept.word,
        Outcome(kept.outcome or Outcome.UNKNOWN),
        Decimal(kept.amount) if kept.amount else None,
        kept.currency,
        Kind(kept.kind) if kept.kind else None,
    )


def _sent_after_all(session: Session, payment: Payment, name: str, now: datetime) -> Payment | None:
    """It waits to be sent again, and the system speaks of it: it had been taken, whatever was answered."""
    note = f"{name} calls back while it waits to be sent again"
    taken = payments.move(session, payment, State.SENDING, at=now, by="callback", note=note, due_at=now)
    return taken and payments.move(session, taken, State.UNKNOWN, at=now, by="callback", note=note, due_at=now)


def _stray(session: Session, payment: Payment, name: str, callback: Callback, now: datetime) -> None:
    """A system that had refused the order, or was never reached, speaks of it after all: a person must look."""
    note = f"{name}, left for {payment.provider}, calls back: {callback.word}"
    payments.remark(session, payment, note, at=now, by="callback")
    log.error("a system that was left calls back", payment=payment.id, provider=name, word=callback.word)
    if callback.outcome is Outcome.FAILED:
        return  # as it said when it refused
    _to_review(session, payment, note, now, Reason.CONTRADICTION)


def _quarrel(payment: Payment, callback: Callback) -> str:
    """What a callback says of another payment than this one; empty where it says nothing else."""
    if callback.kind and callback.kind != payment.kind:
        return f"kind {callback.kind}"
    if callback.currency and callback.currency != payment.currency:
        return f"currency {callback.currency}"
    if callback.amount is not None and callback.amount != Money(payment.amount, payment.currency).decimal:
        return f"amount {callback.amount}"
    return ""


def _disputed(session: Session, payment: Payment, name: str, quarrel: str, now: datetime) -> None:
    note = f"{name} calls back: {quarrel}"
    payments.remark(session, payment, note, at=now, by="callback")
    log.error("a callback disagrees with its payment", payment=payment.id, provider=name)
    _to_review(session, payment, note, now, Reason.MISMATCH, quarrel)


def _to_review(session: Session, payment: Payment, note: str, now: datetime, reason: Reason, detail: str = "") -> None:
    step: Payment | None = payment
    for state in _TO_REVIEW.get(payment.state, ()):
        step = step and payments.move(
            session, step, state, at=now, by="callback", note=note, reason=reason, detail=detail
        )


_TO_REVIEW = {
    State.QUEUED: (State.SENDING, State.UNKNOWN, State.REVIEW),  # the second system is not asked any more
    State.SENDING: (State.UNKNOWN, State.REVIEW),
    State.PENDING: (State.REVIEW,),
    State.UNKNOWN: (State.REVIEW,),
    State.SUCCEEDED: (State.REVIEW,),
    State.FAILED: (State.REVIEW,),
    State.CANCELLED: (State.REVIEW,),
}
