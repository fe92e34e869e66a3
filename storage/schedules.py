"""Schedules: made once, looked at when they are due, changed by compare-and-swap on what the clock saw."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.models import Plan, Schedule


def create_once(session: Session, schedule: Schedule) -> Schedule:
    """The schedule of this intent: the same message twice is one."""
    if known := _by_intent(session, schedule):
        return known
    try:
        with session.begin_nested():
            session.add(schedule)
    except IntegrityError:
        if known := _by_intent(session, schedule):
            return known
        raise
    return schedule


def _by_intent(session: Session, schedule: Schedule) -> Schedule | None:
    wanted = select(Schedule).where(Schedule.merchant_id == schedule.merchant_id, Schedule.intent == schedule.intent)
    return session.exec(wanted).one_or_none()


def get(session: Session, merchant_id: int, schedule_id: str, *, lock: bool = False) -> Schedule | None:
    """`lock`: nobody else changes it until this transaction ends."""
    found = session.get(Schedule, schedule_id, with_for_update=lock or None, populate_existing=lock)
    return found if found and found.merchant_id == merchant_id else None


def standing(
    session: Session, merchant_id: int, *, asker_id: int | None = None, limit: int, offset: int = 0
) -> Sequence[Schedule]:
    """Those that go on or may, the next due first. `asker_id`: only theirs."""
    wanted = select(Schedule).where(
        Schedule.merchant_id == merchant_id, col(Schedule.state).in_([Plan.ACTIVE, Plan.PAUSED])
    )
    if asker_id is not None:
        wanted = wanted.where(Schedule.asker_id == asker_id)
    order = (col(Schedule.state), col(Schedule.next_on), col(Schedule.id))
    return session.exec(wanted.order_by(*order).limit(limit).offset(offset)).all()


def due(session: Session, now: datetime, limit: int) -> Sequence[Schedule]:
    wanted = select(Schedule).where(
        Schedule.state == Plan.ACTIVE, col(Schedule.due_at) <= now, col(Schedule.due_at).is_not(None)
    )
    return session.exec(wanted.order_by(col(Schedule.due_at)).limit(limit)).all()


def change(session: Session, seen: Schedule, changes: Mapping[str, Any]) -> bool:
    """Whether it still was as it was seen, and is changed now; of several instances one changes it."""
    swap = update(Schedule).where(
        col(Schedule.id) == seen.id,
        col(Schedule.state) == seen.state,
        col(Schedule.next_on) == seen.next_on,
        col(Schedule.due_at) == seen.due_at,
    )
    return bool(session.execute(swap.values(**changes)).rowcount)  # type: ignore[attr-defined]
