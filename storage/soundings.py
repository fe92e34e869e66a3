"""How deep the water stands: what is open, what is in doubt, what waits its turn. Read for whoever watches, by indexes
that hold live rows only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlmodel import Session, col

from storage.models import Heard, Inbound, Letter, Notice, Payment, Utc
from storage.states import IN_FLIGHT, OPEN, State


@dataclass(frozen=True, slots=True)
class Standing:
    """Payments that stand alike; `since` is when the oldest of them was confirmed, or asked for."""

    provider: str
    kind: str
    state: State
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """What could be worked now; `since` is how long the longest overdue has been."""

    depth: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Sounding:
    at: datetime
    standing: Sequence[Standing]
    queues: Mapping[str, Queue]
    called: Mapping[str, datetime]
    """By system, when its last callback about one of our payments came."""


QUEUES = ("dispatch", "poll", "notices", "letters", "updates")


def take(session: Session, systems: Iterable[str], now: datetime) -> Sounding:
    queues = {name: _depth(session, wanted) for name, wanted in waiting(now).items()}
    standing = [_standing(*row) for wanted in (live(), in_review()) for row in session.execute(wanted)]
    called = {name: last for name in systems if (last := session.execute(last_call(name)).scalar())}
    return Sounding(now, standing, queues, called)


def live() -> Any:
    return _alike().where(col(Payment.due_at).is_not(None), col(Payment.state).in_(OPEN))


def in_review() -> Any:
    """Written out: an index of a part of the table is not used for a state that is only bound."""
    return _alike().where(sql("payment.state = 'review'"))


def waiting(now: datetime) -> Mapping[str, Any]:
    return {
        "dispatch": _due(Payment, now).where(col(Payment.state) == State.QUEUED),
        "poll": _due(Payment, now).where(col(Payment.state).in_(IN_FLIGHT)),
        "notices": _due(Notice, now),
        "letters": _due(Letter, now),
        "updates": _due(Heard, now),
    }


def last_call(provider: str) -> Any:
    wanted = select(col(Inbound.received_at)).where(
        col(Inbound.provider) == provider, col(Inbound.payment_id).is_not(None)
    )
    return wanted.order_by(col(Inbound.received_at).desc()).limit(1)


def _alike() -> Any:
    alike = (col(Payment.provider), col(Payment.kind), col(Payment.state))
    since = func.min(func.coalesce(Payment.confirmed_at, Payment.created_at, type_=Utc(timezone=True)))
    return select(*alike, func.count(), since).group_by(*alike)


def _due(table: type[Payment | Notice | Letter | Heard], now: datetime) -> Any:
    return select(func.count(), func.min(col(table.due_at))).where(
        col(table.due_at) <= now, col(table.due_at).is_not(None)
    )


def _standing(provider: str, kind: str, state: State, count: int, since: datetime) -> Standing:
    return Standing(provider, kind, state, count, since)


def _depth(session: Session, wanted: Any) -> Queue:
    depth, since = session.execute(wanted).one()
    return Queue(depth, since)
