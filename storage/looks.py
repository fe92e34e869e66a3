"""Looks at open payments where an account allows fewer than there are: how many are open, and who is next."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import Session, col, select

from storage import diary, states
from storage.models import Payment
from storage.states import State

Account = tuple[int, str]
"""A merchant's, with a system."""

_LOOKED_THROUGH = 200
_PART_OF_AGE = 20


def claim_soonest(
    session: Session,
    among: Collection[State],
    account: Account,
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[Payment]:
    """Of one account, where more may be due than can be claimed: first whoever has waited longest for its age.

    So the young hardly wait, and the old do not wait for ever. A sheet's lines come after all others.
    """
    due = select(Payment.id, Payment.due_at, Payment.sent_at, Payment.batch_id).where(
        col(Payment.state).in_(among),
        col(Payment.due_at) <= now,
        col(Payment.due_at).is_not(None),
        # Not as it is: SQLite would go along an index of the merchant's, which holds all that is finished.
        case((of_accounts([account]), 1), else_=0) == 1,
    )
    due = due.order_by(col(Payment.batch_id).is_not(None), col(Payment.due_at)).limit(_LOOKED_THROUGH)
    rows = session.exec(due.with_for_update(skip_locked=True)).all()
    return diary.lease_out(session, [row[0] for row in sorted(rows, key=_patience)[:limit]], now + lease)


def _patience(row: tuple[str, datetime | None, datetime | None, str | None]) -> tuple[bool, datetime]:
    """Until when it can wait: a twentieth of its age."""
    _, due_at, sent_at, batch_id = row
    assert due_at  # noqa: S101 - it was asked for
    return batch_id is not None, due_at + (due_at - (sent_at or due_at)) / _PART_OF_AGE


def of_accounts(accounts: Iterable[Account]) -> ColumnElement[bool]:
    """By merchant and system."""
    return or_(
        *(and_(col(Payment.merchant_id) == merchant, col(Payment.provider) == name) for merchant, name in accounts)
    )


def standing(session: Session, edges: Sequence[datetime]) -> dict[Account, list[int]]:
    """By account, how many open payments wait for a look, by when they were sent: after the first edge (the latest),
    between it and the second, and so on.
    """
    sent = func.coalesce(Payment.sent_at, Payment.created_at)
    age = case(*((sent > edge, number) for number, edge in enumerate(edges)), else_=len(edges))
    waiting = (
        select(Payment.merchant_id, Payment.provider, age.label("age"))
        .where(
            col(Payment.state).in_(states.ASKED_ABOUT),
            col(Payment.due_at).is_not(None),
        )
        .subquery()
    )
    alike = waiting.c.merchant_id, waiting.c.provider, waiting.c.age
    counted = session.execute(select(*alike, func.count()).group_by(*alike))
    found: dict[Account, list[int]] = {}
    for merchant_id, provider, number, many in counted:
        found.setdefault((merchant_id, provider), [0] * (len(edges) + 1))[number] += many
    return found
