"""Each merchant's records in one chain: a record's digest covers its fields, its number and the digest before it.

Records are tables that only grow. Whatever adds one, by whatever way, it is linked at the end of its transaction.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, SQLModel

from storage.models import Chain, ChainLink, Deed, Event

RECORDS: dict[str, type[SQLModel]] = {str(model.__tablename__): model for model in (Event, Deed)}
"""The tables that are covered. Each has `id` and `merchant_id`; a column added later is nullable (see `digest`)."""

_MODELS = tuple(RECORDS.values())
_LOOSE = "records without a link"

# Made once, and without the ORM's detours: these run with every change of a payment.
_chain = SQLModel.metadata.tables[str(Chain.__tablename__)]
_mine = _chain.c.merchant_id == bindparam("merchant")
_HEAD = select(_chain.c["count"], _chain.c.digest).where(_mine).with_for_update()
_LINK = insert(SQLModel.metadata.tables[str(ChainLink.__tablename__)])
_MOVE_HEAD = update(_chain).where(_mine).values(count=bindparam("upto"), digest=bindparam("last"))


def digest(before: str, number: int, kind: str, fields: Mapping[str, Any]) -> str:
    """SHA-256 in hex. What is NULL is left out, so that a later column does not change what was linked before it."""
    known = {name: _plain(value) for name, value in fields.items() if value is not None}
    said = json.dumps([before, number, kind, known], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.value if isinstance(value, Enum) else value


def fields_of(record: SQLModel) -> dict[str, Any]:
    return {column.key: getattr(record, column.key) for column in type(record).__table__.columns}  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """A record without its link. `within` is the savepoint that it stands and falls with."""

    kind: str
    fields: Mapping[str, Any]
    within: SessionTransaction | None


def note(session: Session, model: type[SQLModel], fields: Mapping[str, Any]) -> None:
    """For who writes a record past the session's objects: all of its columns, its id too."""
    loose = Loose(str(model.__tablename__), fields, session.get_nested_transaction())
    session.info.setdefault(_LOOSE, []).append(loose)


def link(session: Session) -> None:
    """Links what this transaction recorded. It comes last of all: a merchant's records wait for one another from here.

    Whoever holds the head's row may need nothing else any more, so two transactions can't wait in a circle.
    """
    if records := gather(session):
        extend(session.connection(), records)


def gather(session: Session) -> list[Loose]:
    """What was recorded and has no link yet; from here on it is the caller's to link."""
    session.flush()
    records: list[Loose] = session.info.pop(_LOOSE, [])
    return records


def extend(connection: Connection, records: Iterable[Loose]) -> None:
    """Each merchant's in the order in which they were recorded."""
    loose: dict[int, list[Loose]] = defaultdict(list)
    for record in records:
        loose[record.fields["merchant_id"]].append(record)
    for merchant_id in sorted(loose):
        _extend(connection, merchant_id, loose[merchant_id])


def _extend(connection: Connection, merchant_id: int, records: Iterable[Loose]) -> None:
    count, last = _head(connection, merchant_id)
    links = []
    for record in records:
        count += 1
        last = digest(last, count, record.kind, record.fields)
        place = {"merchant_id": merchant_id, "number": count, "kind": record.kind, "row_id": record.fields["id"]}
        links.append({**place, "digest": last})
    connection.execute(_LINK, links)
    connection.execute(_MOVE_HEAD, {"merchant": merchant_id, "upto": count, "last": last})


def _head(connection: Connection, merchant_id: int) -> tuple[int, str]:
    """Held until the transaction ends: on PostgreSQL by the row's lock, on SQLite by the only writer there is."""
    head = connection.execute(_HEAD, {"merchant": merchant_id}).one_or_none()
    if head is None:
        with contextlib.suppress(IntegrityError), connection.begin_nested():  # another may begin it at this moment
            connection.execute(insert(_chain), {"merchant_id": merchant_id, "count": 0, "digest": ""})
        head = connection.execute(_HEAD, {"merchant": merchant_id}).one()
    return head[0], head[1]


def _added(session: Session, record: object) -> None:
    if isinstance(record, _MODELS):
        note(session, type(record), fields_of(record))


def _withdrawn(session: Session, undone: SessionTransaction) -> None:
    """A savepoint was rolled back, and its records with it."""
    if loose := session.info.get(_LOOSE):
        session.info[_LOOSE] = [record for record in loose if not _inside(record.within, undone)]


def _inside(savepoint: SessionTransaction | None, undone: SessionTransaction) -> bool:
    while savepoint is not None and savepoint is not undone:
        savepoint = savepoint.parent
    return savepoint is undone


event.listen(Session, "pending_to_persistent", _added)
event.listen(Session, "after_soft_rollback", _withdrawn)
