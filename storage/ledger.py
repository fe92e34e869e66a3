"""A merchant's payments of a time in their order, page by page: each is a short transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.models import Payment, Person

_LONGEST_LIFE = timedelta(days=31)
"""From a payment's first line to its end: lets the index on creation serve."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment, and the names of who asked for it and who approved it; empty for nobody."""

    payment: Payment
    asker: str
    approver: str


def page(
    session: Session, merchant_id: int, since: datetime, until: datetime, *, after: Payment | None, limit: int
) -> list[Entry]:
    """What ended in this time, or was asked in it and has not ended; the oldest first, behind `after`."""
    asker, approver = aliased(Person), aliased(Person)
    wanted: Any = (
        select(Payment, asker.name, approver.name)
        .join(asker, col(asker.id) == Payment.asker_id)
        .outerjoin(approver, col(approver.id) == Payment.approver_id)
        .where(
            Payment.merchant_id == merchant_id,
            col(Payment.created_at) >= since - _LONGEST_LIFE,
            col(Payment.created_at) < until,
            func.coalesce(Payment.settled_at, Payment.created_at) >= since,
            func.coalesce(Payment.settled_at, Payment.created_at) < until,
            col(Payment.confirmed_at).is_not(None),
        )
        .order_by(col(Payment.created_at), col(Payment.id))
        .limit(limit)
    )
    if after:
        place = tuple_(col(Payment.created_at), col(Payment.id))
        wanted = wanted.where(place > tuple_(after.created_at, after.id))
    return [Entry(payment, by, letter or "") for payment, by, letter in session.execute(wanted)]
