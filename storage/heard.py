"""Updates as they came: kept before Telegram counts them as delivered, worked in each chat's order, then forgotten.

Every word passes here twice, so the statements are made once and go past the mapper.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlmodel import Session, SQLModel

from storage.models import Heard

_CLEARED_AT_ONCE = 5_000
_WORKED = {"due_at": None, "body": "", "sealed": None}

_HEARD = SQLModel.metadata.tables[str(Heard.__tablename__)]
_BEFORE = _HEARD.alias("before")
_ITS = _HEARD.c.update_id.in_(bindparam("ids", expanding=True))
_WAITS = _HEARD.c.due_at.is_not(None)

_KNOWN = select(_HEARD.c.update_id).where(_ITS)
_KEEP = insert(_HEARD)
_BLOCKED = exists().where(
    _BEFORE.c.chat_id == _HEARD.c.chat_id,
    _BEFORE.c.update_id < _HEARD.c.update_id,
    _BEFORE.c.due_at.is_not(None),
)
_CLAIM = (
    select(_HEARD.c.update_id, _HEARD.c.body, _HEARD.c.sealed, _HEARD.c.tries)
    .where(_WAITS, _HEARD.c.due_at <= bindparam("now"), ~_BLOCKED)
    .order_by(_HEARD.c.due_at, _HEARD.c.update_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = update(_HEARD).where(_ITS).values(due_at=bindparam("until"), tries=_HEARD.c.tries + 1)
_HOLD = update(_HEARD).where(_ITS, _WAITS).values(due_at=bindparam("until"))
_END = update(_HEARD).where(_ITS, _WAITS).values(_WORKED)
_SET_ASIDE = update(_HEARD).where(_ITS, _WAITS).values(due_at=None, error=bindparam("reason"))
_END_ALL = update(_HEARD).where(_WAITS).values(_WORKED)
_OLD = select(_HEARD.c.update_id).where(_HEARD.c.received_at < bindparam("before"), ~_WAITS).limit(_CLEARED_AT_ONCE)
_CLEAR = delete(_HEARD).where(_ITS)


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
    connection = session.connection()
    fresh = {one.update_id: one for one in news}
    for number in connection.scalars(_KNOWN, {"ids": list(fresh)}):
        del fresh[number]
    plain = {"received_at": now, "due_at": now, "tries": 0, "error": ""}
    rows = [{**asdict(one), **plain} for _, one in sorted(fresh.items())]
    if rows:
        connection.execute(_KEEP, rows)


def claim(session: Session, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Claimed]:
    """The first that waits in each chat, unless somebody works it."""
    if limit <= 0:
        return []
    connection = session.connection()
    found = connection.execute(_CLAIM, {"now": now, "most": limit}).all()
    if found:
        connection.execute(_TAKE, {"ids": [row.update_id for row in found], "until": now + lease})
    return [Claimed(row.update_id, row.body, row.sealed, row.tries + 1) for row in found]


def hold(session: Session, ids: Collection[int], until: datetime) -> None:
    """Longer, for whoever still works them."""
    session.connection().execute(_HOLD, {"ids": list(ids), "until": until})


def end(session: Session, ids: Collection[int]) -> None:
    """They are worked: what they said is nobody's business any more."""
    session.connection().execute(_END, {"ids": list(ids)})


def end_all(session: Session) -> None:
    session.connection().execute(_END_ALL)


def set_aside(session: Session, reasons: Mapping[int, str]) -> None:
    """They can't be worked, and their chats go on without them."""
    for number, reason in sorted(reasons.items()):
        session.connection().execute(_SET_ASIDE, {"ids": [number], "reason": reason})


def postpone(session: Session, times: Mapping[int, datetime]) -> None:
    for number, at in sorted(times.items()):
        hold(session, [number], at)


def clear(session: Session, before: datetime) -> int:
    """How many went; there may be more."""
    found = session.connection().scalars(_OLD, {"before": before}).all()
    session.connection().execute(_CLEAR, {"ids": found})
    return len(found)
