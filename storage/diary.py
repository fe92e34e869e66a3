"""When each payment is next worked on, or looked at: who takes what is due, and when it comes back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy
from sqlalchemy import ColumnElement, bindparam, case, not_, update
from sqlmodel import Session, col

from storage import prepared, states
from storage.models import Payment, Utc
from storage.prepared import Entities
from storage.states import State

_payments = Entities(Payment)
_table = _payments.table

_DUE = (
    sqlalchemy.select(_table)
    .where(
        _table.c.state.in_(bindparam("among", expanding=True)),
        _table.c.due_at <= bindparam("now"),
        _table.c.due_at.is_not(None),
    )
    .order_by(_table.c.batch_id.is_not(None), _table.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE_IDS = _DUE.with_only_columns(_table.c.id)
_LEASE = update(_table).where(_table.c.id.in_(bindparam("ids", expanding=True))).returning(_table)
_AGAIN = (
    update(_table)
    .where(_table.c.id == bindparam("payment"), _table.c.version == bindparam("seen"))
    .values(
        # A callback that came while the look was out has made it due already.
        due_at=case(
            (_table.c.due_at <= bindparam("now", type_=Utc), _table.c.due_at), else_=bindparam("next", type_=Utc)
        ),
        looks=_table.c.looks + 1,
        misses=0,
    )
)


def claim_due(
    session: Session,
    among: Collection[State],
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
    without: ColumnElement[bool] | None = None,
) -> list[Payment]:
    """Rows whose time has come, the longest overdue first; nobody else sees them until the lease has run out.

    A sheet's lines come after all others: nobody's single payment waits behind a thousand. `without` leaves rows out.
    """
    wanted = _DUE_IDS if without is None else _DUE_IDS.where(not_(without))
    ids = prepared.run(session, wanted, {"among": list(among), "now": now, "most": limit}).scalars().all()
    return lease_out(session, ids, now + lease)


def take_queued(
    session: Session, *, now: datetime, limit: int, without: ColumnElement[bool] | None = None
) -> list[Payment]:
    """The queued among them, without a lease: whoever takes them moves or puts off each in this very transaction."""
    wanted = _DUE if without is None else _DUE.where(not_(without))
    due = _payments.all(session, wanted, {"among": [State.QUEUED], "now": now, "most": limit})
    return _by_age(due)


def lease_out(session: Session, ids: Sequence[str], until: datetime) -> list[Payment]:
    """The rows, oldest first, which nobody else sees until then."""
    if not ids:
        return []
    claimed = _payments.all(session, _LEASE, {"ids": list(ids), "due_at": until})
    return _by_age(claimed)


def _by_age(rows: list[Payment]) -> list[Payment]:
    return sorted(rows, key=lambda row: (row.created_at, row.line or 0))


def reschedule(session: Session, payment: Payment, due_at: datetime, *, missed: bool = False) -> None:
    """The next look at an open payment about which nothing has changed. `missed`: the look had no answer."""
    session.execute(
        update(Payment)
        .where(col(Payment.id) == payment.id, col(Payment.version) == payment.version)
        .values(due_at=due_at, looks=payment.looks + 1, misses=payment.misses + 1 if missed else 0)
    )


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A look that brought nothing new: of which payment, as it was seen, and when the next one is due."""

    id: str
    version: int
    at: datetime
    due_at: datetime


def reschedule_all(session: Session, looks: Sequence[Unchanged]) -> None:
    """What `reschedule` does, of many at once; one that was changed meanwhile is left as it is."""
    ordered = sorted(looks, key=lambda one: one.id)
    session.connection().execute(
        _AGAIN, [{"payment": one.id, "seen": one.version, "now": one.at, "next": one.due_at} for one in ordered]
    )


def put_off(session: Session, payment: Payment, due_at: datetime) -> None:
    """It may not leave yet."""
    session.execute(update(Payment).where(col(Payment.id) == payment.id).values(due_at=due_at))


def wake(session: Session, payment: Payment, now: datetime) -> None:
    """Look at it now: something said that it may have moved. One whose sender is at work waits for its reply."""
    session.execute(
        update(Payment)
        .where(col(Payment.id) == payment.id, col(Payment.state).in_(states.ASKED_ABOUT | states.MAY_BE_CONTRADICTED))
        .values(due_at=now)
    )


def rest(session: Session, payment: Payment) -> None:
    """Nothing more will happen by itself, unless something was said of it since it was read."""
    session.execute(
        update(Payment)
        .where(
            col(Payment.id) == payment.id,
            col(Payment.version) == payment.version,
            col(Payment.due_at) == payment.due_at,
        )
        .values(due_at=None)
    )
