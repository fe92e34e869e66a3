"""Updates as they came: kept before Telegram counts them as delivered, worked in each chat's order, then forgotten."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, insert, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.models import Heard

_CLEARED_AT_ONCE = 5_000
_WORKED = {"due_at": None, "body": "", "sealed": None}


@dataclass(frozen=True, slots=True)
class Said:
    """`chat_id` None: it need not wait for another. The words are in `body` or, where they are `sealed`, there."""

    update_id: int
    chat_id: int | None
    body: str = ""
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """`tries` counts this one."""

    update_id: int
    body: str
    sealed: str | None
    tries: int


def keep(session: Session, news: Collection[Said], now: datetime) -> None:
    """Each update once, however often it is told."""
    ids = [one.update_id for one in news]
    known = set(session.exec(select(Heard.update_id).where(col(Heard.update_id).in_(ids))))
    fresh = {one.update_id: one for one in news if one.update_id not in known}
    if not fresh:
        return
    rows = [{**asdict(one), "received_at": now, "due_at": now} for _, one in sorted(fresh.items())]
    session.execute(insert(Heard), [{**row, "tries": 0, "error": ""} for row in rows])


def claim(session: Session, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Claimed]:
    """The first that waits in each chat, unless somebody works it."""
    if limit <= 0:
        return []
    before = aliased(Heard)
    blocked = exists().where(
        col(before.chat_id) == col(Heard.chat_id),
        col(before.update_id) < col(Heard.update_id),
        col(before.due_at).is_not(None),
    )
    waiting = (
        select(Heard.update_id, Heard.body, Heard.sealed, Heard.tries)
        .where(col(Heard.due_at).is_not(None), col(Heard.due_at) <= now, ~blocked)
        .order_by(col(Heard.due_at), col(Heard.update_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = [Claimed(number, body, sealed, tries + 1) for number, body, sealed, tries in session.exec(waiting)]
    if claimed:
        its = col(Heard.update_id).in_([one.update_id for one in claimed])
        session.execute(update(Heard).where(its).values(due_at=now + lease, tries=Heard.tries + 1))
    return claimed


def hold(session: Session, ids: Collection[int], until: datetime) -> None:
    """Longer, for whoever still works them."""
    session.execute(update(Heard).where(_waits(ids)).values(due_at=until))


def end(session: Session, ids: Collection[int]) -> None:
    """They are worked: what they said is nobody's business any more."""
    session.execute(update(Heard).where(_waits(ids)).values(_WORKED))


def end_all(session: Session) -> None:
    session.execute(update(Heard).where(col(Heard.due_at).is_not(None)).values(_WORKED))


def set_aside(session: Session, reasons: Mapping[int, str]) -> None:
    """They can't be worked, and their chats go on without them."""
    for number, reason in sorted(reasons.items()):
        session.execute(update(Heard).where(_waits([number])).values(due_at=None, error=reason))


def postpone(session: Session, times: Mapping[int, datetime]) -> None:
    for number, at in sorted(times.items()):
        session.execute(update(Heard).where(_waits([number])).values(due_at=at))


def clear(session: Session, before: datetime) -> int:
    old = select(Heard.update_id).where(col(Heard.received_at) < before, col(Heard.due_at).is_(None))
    found = session.exec(old.limit(_CLEARED_AT_ONCE)).all()
    session.execute(delete(Heard).where(col(Heard.update_id).in_(found)))
    return len(found)


def _waits(ids: Collection[int]) -> ColumnElement[bool]:
    return col(Heard.update_id).in_(ids) & col(Heard.due_at).is_not(None)
