"""What is done once a day for each merchant, however many instances run."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.models import Chore, Merchant


def merchants(session: Session) -> Sequence[Merchant]:
    return session.exec(select(Merchant).order_by(col(Merchant.id))).all()


def take(session: Session, merchant_id: int, name: str, day: date, *, now: datetime, lease: timedelta) -> int | None:
    """The number of this try, for the one that may do it now; None where it is done, or in somebody's hands."""
    if session.get(Chore, (merchant_id, name, day)) is None:
        try:
            with session.begin_nested():
                session.add(Chore(merchant_id=merchant_id, name=name, day=day, due_at=now + lease))
        except IntegrityError:  # another instance took it at this moment
            return None
        return 1
    again = (
        update(Chore)
        .where(_is(merchant_id, name, day), col(Chore.due_at) <= now)
        .values(due_at=now + lease, tries=Chore.tries + 1)
        .returning(col(Chore.tries))
    )
    return session.scalars(again).one_or_none()


def done(session: Session, merchant_id: int, name: str, day: date) -> None:
    session.execute(update(Chore).where(_is(merchant_id, name, day)).values(due_at=None))


def again(session: Session, merchant_id: int, name: str, day: date, due_at: datetime) -> None:
    """It came to nothing: from then on somebody may try once more."""
    session.execute(update(Chore).where(_is(merchant_id, name, day)).values(due_at=due_at))


def forget(session: Session, merchant_id: int, name: str) -> None:
    """It was never done, on whatever day."""
    session.execute(delete(Chore).where(col(Chore.merchant_id) == merchant_id, col(Chore.name) == name))


def clear(session: Session, before: date) -> None:
    session.execute(delete(Chore).where(col(Chore.day) < before))


def _is(merchant_id: int, name: str, day: date) -> ColumnElement[bool]:
    return (col(Chore.merchant_id) == merchant_id) & (col(Chore.name) == name) & (col(Chore.day) == day)
