"""Tills, and the shifts that people work at them. A payment is of the shift that its asker worked when it was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy
from sqlalchemy import ScalarSelect, bindparam, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage import deeds, people, prepared
from storage.models import Payment, Person, Shift, Till
from storage.states import OPEN, State

DOUBT = frozenset({State.UNKNOWN, State.REVIEW})
GOING_ON = OPEN - DOUBT - {State.DRAFT}

LATE = "after_close"
"""The deed of a payment that ended after its shift did."""

_shift, _till = prepared.table_of(Shift), prepared.table_of(Till)
_AT_WORK = (
    sqlalchemy.select(_shift.c.id, _till.c.shop, _till.c.name)
    .join(_till, _till.c.id == _shift.c.till_id)
    .where(
        _shift.c.merchant_id == bindparam("merchant"),
        _shift.c.person_id == bindparam("person"),
        _shift.c.closed_at.is_(None),
    )
)

_ENDS = {State.SUCCEEDED, State.FAILED, State.REVERSED}


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one shift's payments that are alike."""

    kind: str
    currency: str
    operator: str
    state: State
    count: int
    amount: int


def label(till: Till) -> str:
    return _label(till.shop, till.name)


def _label(shop: str, name: str) -> str:
    return f"{shop} · {name}" if shop else name


def add(session: Session, merchant_id: int, shop: str, name: str, now: datetime) -> Till:
    till = Till(merchant_id=merchant_id, shop=shop, name=name, created_at=now)
    session.add(till)
    session.flush()
    return till


def get(session: Session, merchant_id: int, till_id: int) -> Till | None:
    """One that is in use."""
    till = session.get(Till, till_id)
    return till if till and till.merchant_id == merchant_id and till.closed_at is None else None


def tills(session: Session, merchant_id: int) -> list[tuple[Till, Shift | None, Person | None]]:
    """Those in use, with who works there now."""
    wanted = (
        select(Till, Shift, Person)
        .join(Shift, (col(Shift.till_id) == Till.id) & col(Shift.closed_at).is_(None), isouter=True)
        .join(Person, col(Person.id) == Shift.person_id, isouter=True)
        .where(Till.merchant_id == merchant_id, col(Till.closed_at).is_(None))
        .order_by(col(Till.shop), col(Till.name), col(Till.id))
    )
    return [(till, shift, person) for till, shift, person in session.exec(wanted)]


def of(session: Session, merchant_id: int, person_id: int) -> tuple[Shift, Till] | None:
    """The shift that somebody works now."""
    wanted = (
        select(Shift, Till)
        .join(Till, col(Till.id) == Shift.till_id)
        .where(Shift.merchant_id == merchant_id, Shift.person_id == person_id, col(Shift.closed_at).is_(None))
    )
    return session.exec(wanted).one_or_none()


def begin(session: Session, till: Till, person_id: int, now: datetime) -> Shift | None:
    """None where somebody works at this till, or this person at another: of two that come at once one is late."""
    shift = Shift(merchant_id=till.merchant_id, till_id=till.id or 0, person_id=person_id, opened_at=now)
    try:
        with session.begin_nested():
            session.add(shift)
    except IntegrityError:
        return None
    return shift


def end(session: Session, shift: Shift, by_id: int, totals: list[dict[str, object]], now: datetime) -> bool:
    """False where somebody closed it first."""
    swap = (
        update(Shift)
        .where(col(Shift.id) == shift.id, col(Shift.closed_at).is_(None))
        .values(closed_at=now, closed_by=by_id, totals=totals)
    )
    return bool(session.execute(swap).rowcount)  # type: ignore[attr-defined]


def by_id(session: Session, merchant_id: int, shift_id: int) -> tuple[Shift, Till] | None:
    shift = session.get(Shift, shift_id, populate_existing=True)
    return (shift, session.get_one(Till, shift.till_id)) if shift and shift.merchant_id == merchant_id else None


def sums(session: Session, shift_id: int) -> list[Sum]:
    alike = (col(Payment.kind), col(Payment.currency), col(Payment.operator), col(Payment.state))
    wanted = (
        sqlalchemy.select(*alike, func.count(), func.sum(Payment.amount))
        .where(col(Payment.shift_id) == shift_id)
        .group_by(*alike)
        .order_by(*alike)
    )
    return [Sum(row[0], row[1], row[2], row[3], int(row[4]), int(row[5])) for row in session.execute(wanted)]


def unended(session: Session, shift_id: int, limit: int) -> Sequence[Payment]:
    """Oldest first: what still goes on, and what nobody knows the end of."""
    wanted = select(Payment).where(Payment.shift_id == shift_id, col(Payment.state).in_(GOING_ON | DOUBT))
    return session.exec(wanted.order_by(col(Payment.created_at), col(Payment.id)).limit(limit)).all()


def mark(session: Session, payments: Sequence[Payment]) -> None:
    """Payments that one person asks for now are of the shift that this person works."""
    if not payments:
        return
    asked = {"merchant": payments[0].merchant_id, "person": payments[0].asker_id}
    if found := prepared.run(session, _AT_WORK, asked).one_or_none():
        for payment in payments:
            payment.shift_id, payment.till = found.id, _label(found.shop, found.name)


def of_their_till(merchant_id: int, person_id: int) -> ScalarSelect[int]:
    """Every shift of the till where this person works now."""
    till = select(Shift.till_id).where(
        Shift.merchant_id == merchant_id, Shift.person_id == person_id, col(Shift.closed_at).is_(None)
    )
    return select(Shift.id).where(col(Shift.till_id).in_(till)).scalar_subquery()


def tell_late(session: Session, payment: Payment, at: datetime) -> None:
    """How a payment ended after its shift: its cashier and the owners hear it. A sheet has a board of its own."""
    if payment.shift_id is None or payment.state not in _ENDS or payment.batch_id:
        return
    shift = session.get_one(Shift, payment.shift_id)
    if shift.closed_at is None:
        return
    tell = {shift.person_id, *people.owners(session, payment.merchant_id)}
    deeds.record(
        session,
        payment.merchant_id,
        at=at,
        by="clock",
        what=LATE,
        about=payment.till,
        before=payment.id,
        after=payment.state,
        tell=tell,
    )
