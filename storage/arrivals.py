"""Payments as somebody who waits for money describes them: by a reference, an amount, a phone."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from storage import payments
from storage.models import Attempt, Payment
from storage.states import IN_FLIGHT, State

_LEAVES = IN_FLIGHT | {State.QUEUED, State.SUCCEEDED, State.REVIEW}


def bearing(session: Session, merchant_id: int, reference: str, *, limit: int) -> Sequence[Payment]:
    """Those that bear it: as our id, our key on the wire, or a reference of the system's or the operator's."""
    by_key = select(Attempt.payment_id).where(Attempt.merchant_id == merchant_id, Attempt.id == reference.lower())
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id,
        or_(
            col(Payment.id) == reference.upper(),
            col(Payment.reference) == reference,
            col(Payment.operator_reference) == reference,
            col(Payment.id).in_(by_key),
        ),
    )
    return session.exec(wanted.order_by(col(Payment.created_at).desc()).limit(limit)).all()


def asked_since(
    session: Session,
    merchant_id: int,
    since: datetime,
    *,
    limit: int,
    msisdn: str | None = None,
    amount: tuple[int, str] | None = None,
) -> Sequence[Payment]:
    """Requests, newest first. `msisdn` empty: where the payer's phone is not known, as behind a link."""
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id, Payment.kind == "collection", col(Payment.created_at) >= since
    )
    if msisdn is not None:
        wanted = wanted.where(Payment.msisdn == msisdn)
    if amount:
        wanted = wanted.where(Payment.amount == amount[0], Payment.currency == amount[1])
    return session.exec(wanted.order_by(col(Payment.created_at).desc()).limit(limit)).all()


def again(session: Session, merchant_id: int, ids: Sequence[str]) -> dict[str, Payment]:
    """The rows as they are now."""
    wanted = select(Payment).where(Payment.merchant_id == merchant_id, col(Payment.id).in_(ids))
    return {payment.id: payment for payment in session.exec(wanted)}


def refund_of(session: Session, payment: Payment) -> Payment | None:
    """The one by which its money goes back, or went; none while that is only asked for, or came to nothing."""
    number = 0
    while one := payments.by_intent(session, payment.merchant_id, f"refund:{payment.id}:{number}"):
        if one.state in _LEAVES:
            return one
        number += 1
    return None
