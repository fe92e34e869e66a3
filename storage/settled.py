"""Payments as the systems' statements speak of them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.models import Attempt, Event, Payment
from storage.states import State

_LONGEST_LIFE = timedelta(days=31)
_AT_ONCE = 500


def between(session: Session, merchant_id: int, provider: str, since: datetime, until: datetime) -> Sequence[Payment]:
    """Those that succeeded in this time."""
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id,
        Payment.provider == provider,
        Payment.state == State.SUCCEEDED,
        col(Payment.created_at) >= since - _LONGEST_LIFE,
        col(Payment.settled_at) >= since,
        col(Payment.settled_at) < until,
    )
    return session.exec(wanted).all()


def named(
    session: Session, merchant_id: int, provider: str, references: Collection[str], keys: Collection[str]
) -> Sequence[Payment]:
    """Those that bear one of the references there, or were sent there under one of the keys."""
    found: dict[str, Payment] = {}
    for some in _parts(references):
        by_reference = select(Payment).where(
            Payment.merchant_id == merchant_id, Payment.provider == provider, col(Payment.reference).in_(some)
        )
        found |= {payment.id: payment for payment in session.exec(by_reference)}
    for some in _parts(keys):
        by_key = (
            select(Payment)
            .join(Attempt, col(Attempt.payment_id) == Payment.id)
            .where(Payment.merchant_id == merchant_id, Attempt.provider == provider, col(Attempt.id).in_(some))
        )
        found |= {payment.id: payment for payment in session.exec(by_key)}
    return list(found.values())


def keys(session: Session, provider: str, payment_ids: Collection[str]) -> dict[str, set[str]]:
    """What each was sent under to this system."""
    known: dict[str, set[str]] = {payment_id: set() for payment_id in payment_ids}
    for some in _parts(payment_ids):
        wanted = select(Attempt).where(Attempt.provider == provider, col(Attempt.payment_id).in_(some))
        for attempt in session.exec(wanted):
            known[attempt.payment_id].add(attempt.id)
    return known


def by_asking(session: Session, merchant_id: int, provider: str, since: datetime, until: datetime) -> int:
    """How many, made and settled in this time, ended because we asked."""
    wanted = (
        select(func.count(func.distinct(Payment.id)))
        .join(Event, col(Event.payment_id) == Payment.id)
        .where(
            Payment.merchant_id == merchant_id,
            Payment.provider == provider,
            col(Payment.created_at) > since,
            col(Payment.state).in_([State.SUCCEEDED, State.FAILED]),
            Event.by == "poll",
            col(Event.after).in_([State.SUCCEEDED, State.FAILED]),
            Event.at <= until,
        )
    )
    return session.exec(wanted).one()


def _parts(names: Collection[str]) -> Iterator[list[str]]:
    wanted = sorted(name for name in names if name)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
