"""How payments in review might be closed: one proposal for each, until it is agreed with or replaced."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column
from sqlmodel import Session, col, select

from storage.models import Event, Payment, Proposal
from storage.states import State

_IN_REVIEW: ColumnElement[str] = literal_column(
    f"'{State.REVIEW}'"
)  # as a bound value SQLite would not use the partial index


def queue(
    session: Session, merchant_id: int, *, limit: int, offset: int = 0
) -> list[tuple[Payment, datetime, Proposal | None]]:
    """Payments that a person must decide, since when, and what is proposed; the longest waiting first."""
    rows = session.exec(_waiting(merchant_id).limit(limit).offset(offset))
    return [(payment, since, proposal) for payment, since, proposal in rows]


def waiting(session: Session, merchant_id: int, payment_id: str) -> tuple[Payment, datetime, Proposal | None] | None:
    found = session.exec(_waiting(merchant_id).where(Payment.id == payment_id)).first()
    return (found[0], found[1], found[2]) if found else None


def _waiting(merchant_id: int) -> Any:
    entered = (
        select(func.max(Event.at))
        .where(Event.payment_id == Payment.id, Event.after == State.REVIEW, Event.before != State.REVIEW)
        .scalar_subquery()
    )
    since = func.coalesce(entered, Payment.created_at)
    return (
        select(Payment, since, Proposal)
        .outerjoin(Proposal, col(Proposal.payment_id) == Payment.id)
        .where(Payment.merchant_id == merchant_id, col(Payment.state) == _IN_REVIEW)
        .order_by(since, col(Payment.id))
    )


def put(session: Session, proposal: Proposal) -> None:
    """In place of any earlier one for the same payment."""
    session.merge(proposal)


def by_id(session: Session, merchant_id: int, proposal_id: str) -> Proposal | None:
    """As it stands now, whatever this transaction saw before."""
    wanted = select(Proposal).where(Proposal.id == proposal_id, Proposal.merchant_id == merchant_id)
    return session.exec(wanted, execution_options={"populate_existing": True}).one_or_none()


def drop(session: Session, proposal: Proposal) -> None:
    session.delete(proposal)
