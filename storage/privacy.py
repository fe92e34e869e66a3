"""Whom the books name: found by a number, and masked. Only columns that no chain covers ever name anybody.

An event or a deed is digested with all its fields, so none of them may hold a phone or a name (docs/decisions.md).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, or_, update
from sqlmodel import Session, col, select

from storage.models import Attempt, Batch, Event, Payee, Payment, Plan, Receipt, Schedule
from storage.states import SETTLED, State

MASKED = "•••••"
"""In place of a phone. An empty one means that there never was any."""

REFUND_WINDOW = timedelta(days=30)
"""For so long somebody may want a paid request back, and must be found by their number."""

_OVER = (Plan.ENDED, Plan.DRAFT)
_OURS = ("refund_of", "target")
_MASK = case((col(Payment.msisdn) == "", ""), else_=MASKED)
_NAMELESS: dict[str, Any] = {
    "payee": "",
    "payee_name": "",
    "description": "",
    "payer_hint": "",
    "detail": "",
    "step": None,
}


@dataclass(frozen=True, slots=True)
class Held:
    """All that names one number: what may be masked now, and what has to stay for a while, by why."""

    free: Sequence[Payment]
    open: Sequence[Payment]
    refundable: Sequence[Payment]
    payees: Sequence[Payee]
    schedules: Sequence[Schedule]

    @property
    def payments(self) -> list[Payment]:
        return [*self.free, *self.open, *self.refundable]

    @property
    def nothing(self) -> bool:
        return not (self.payments or self.payees or self.schedules)


def held(session: Session, merchant_id: int, msisdn: str, now: datetime) -> Held:
    mine = select(Payment).where(
        Payment.merchant_id == merchant_id, or_(col(Payment.msisdn) == msisdn, col(Payment.payee) == msisdn)
    )
    rows = session.exec(mine.order_by(col(Payment.created_at), col(Payment.id))).all()
    still_open = [row for row in rows if row.state not in SETTLED]
    refundable = [row for row in rows if _refundable(row, now)]
    kept = {row.id for row in (*still_open, *refundable)}
    known = select(Payee).where(Payee.merchant_id == merchant_id, Payee.msisdn == msisdn)
    planned = select(Schedule).where(
        Schedule.merchant_id == merchant_id, Schedule.msisdn == msisdn, col(Schedule.state).not_in(_OVER)
    )
    return Held(
        [row for row in rows if row.id not in kept],
        still_open,
        refundable,
        session.exec(known).all(),
        session.exec(planned).all(),
    )


def _refundable(row: Payment, now: datetime) -> bool:
    paid = row.kind == "collection" and row.state is State.SUCCEEDED
    return paid and now - (row.settled_at or row.created_at) < REFUND_WINDOW


def trail(session: Session, payment: Payment) -> tuple[Sequence[Event], Sequence[Attempt], Sequence[Receipt]]:
    """What else is known of a payment; none of it names anybody."""
    of_it = payment.id
    return (
        session.exec(select(Event).where(Event.payment_id == of_it).order_by(col(Event.id))).all(),
        session.exec(select(Attempt).where(Attempt.payment_id == of_it).order_by(col(Attempt.created_at))).all(),
        session.exec(select(Receipt).where(Receipt.payment_id == of_it)).all(),
    )


def old(
    session: Session, merchant_id: int, before: datetime, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Payment]:
    """What ended before then and still names somebody, oldest first, behind `after`."""
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id,
        col(Payment.created_at) < before,
        func.coalesce(Payment.settled_at, Payment.created_at) < before,
        col(Payment.state).in_(SETTLED),
        col(Payment.masked_at).is_(None),
    )
    if after:
        created_at, payment_id = after
        later = (col(Payment.created_at) == created_at) & (col(Payment.id) > payment_id)
        wanted = wanted.where(or_(col(Payment.created_at) > created_at, later))
    return session.exec(wanted.order_by(col(Payment.created_at), col(Payment.id)).limit(limit)).all()


def mask(session: Session, rows: Sequence[Payment], now: datetime) -> int:
    """How many. One that was opened again meanwhile keeps its names."""
    alike: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for row in rows:
        alike[tuple((name, row.extras[name]) for name in _OURS if name in row.extras)].append(row.id)
    done = 0
    for kept, ids in alike.items():
        changed = (
            update(Payment)
            .where(col(Payment.id).in_(ids), col(Payment.state).in_(SETTLED))
            .values(msisdn=_MASK, extras=dict(kept), masked_at=now, **_NAMELESS)
            .execution_options(synchronize_session=False)
        )
        done += session.execute(changed).rowcount  # type: ignore[attr-defined]
    _mask_sheets(session, {row.batch_id for row in rows if row.batch_id})
    return done


def _mask_sheets(session: Session, ids: set[str]) -> None:
    """What was wrong with a sheet's rows quotes them."""
    for batch in session.exec(select(Batch).where(col(Batch.id).in_(ids))).all() if ids else []:
        batch.checks = {name: value for name, value in batch.checks.items() if name != "wrong"}
        session.add(batch)


def mask_plans(session: Session, merchant_id: int, before: datetime, msisdn: str = "") -> None:
    """Schedules that ended, or never began, and are as old; only those of one number where one is given."""
    changed = update(Schedule).where(
        col(Schedule.merchant_id) == merchant_id,
        col(Schedule.state).in_(_OVER),
        col(Schedule.created_at) < before,
        col(Schedule.msisdn) == msisdn if msisdn else col(Schedule.msisdn) != MASKED,
    )
    session.execute(changed.values(msisdn=MASKED, description=""))


def forget_payees(session: Session, rows: Sequence[Payee]) -> None:
    session.execute(delete(Payee).where(col(Payee.id).in_([row.id for row in rows])))
