"""Walks each merchant's chain and names the first record that is not what it was. It only reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import ColumnElement, RowMapping, Table, func, literal, select
from sqlmodel import Session, SQLModel, col

from storage import chain
from storage.models import Chain, ChainLink

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 500
"""Records for each transaction: on SQLite the program waits while one is read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a merchant's chain is whole: `checked` records, up to the one with `digest`, and what is wrong behind."""

    merchant_id: int
    checked: int = 0
    digest: str = ""
    fault: str = ""


class Books(Protocol):
    """A `Storage`, or a moment of one."""

    def transact(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...


def verify(storage: Books, batch: int = BATCH) -> list[Verdict]:
    return [_walk(storage, merchant_id, batch) for merchant_id in storage.transact(_merchants)]


def _walk(storage: Books, merchant_id: int, batch: int) -> Verdict:
    verdict, on = Verdict(merchant_id), True
    while on:
        verdict, on = storage.transact(_step, verdict, batch)
    return verdict if verdict.fault else replace(verdict, fault=storage.transact(_surplus, verdict))


def _step(session: Session, verdict: Verdict, batch: int) -> tuple[Verdict, bool]:
    """One batch further, and whether to go on. The head is read first: what it counts was committed with it."""
    count, last = _head(session, verdict.merchant_id)
    if count < verdict.checked:
        return replace(verdict, fault=f"the head counts {count} records, {verdict.checked} are linked"), False
    numbers = range(verdict.checked + 1, min(verdict.checked + batch, count) + 1)
    links = _links(session, verdict.merchant_id, numbers)
    records = _records(session, list(links.values()))
    for number in numbers:
        link = links.get(number)
        if link is None:
            return replace(verdict, fault=f"record {number} is missing from the chain"), False
        fields = records.get((link["kind"], link["row_id"]))
        if fault := _fault(link, fields, verdict.digest):
            return replace(verdict, fault=f"record {number}, {fault}"), False
        verdict = replace(verdict, checked=number, digest=link["digest"])
    if verdict.checked < count:
        return verdict, True
    return (verdict, False) if verdict.digest == last else (replace(verdict, fault="the head was changed"), False)


def _fault(link: RowMapping, fields: dict[str, Any] | None, before: str) -> str:
    name = f"{link['kind']} {link['row_id']}"
    if fields is None:
        return f"{name}, was removed or can't be read"
    if payment_id := fields.get("payment_id"):
        name = f"{name} of payment {payment_id}"
    whole = chain.digest(before, link["number"], link["kind"], fields) == link["digest"]
    return "" if whole else f"{name}, was changed or is not in its place"


def _head(session: Session, merchant_id: int) -> tuple[int, str]:
    head = session.get(Chain, merchant_id)
    return (head.count, head.digest) if head else (0, "")


def _links(session: Session, merchant_id: int, numbers: range) -> dict[int, RowMapping]:
    table = _table(ChainLink)
    wanted = select(table).where(
        table.c.merchant_id == merchant_id, table.c.number >= numbers.start, table.c.number < numbers.stop
    )
    return {row["number"]: row for row in session.execute(wanted).mappings()}


def _records(session: Session, links: Sequence[RowMapping]) -> dict[tuple[str, int], dict[str, Any]]:
    found = {}
    for kind, model in chain.RECORDS.items():
        ids = [link["row_id"] for link in links if link["kind"] == kind]
        for fields in _read(session, _table(model), ids):
            found[kind, fields["id"]] = fields
    return found


def _read(session: Session, table: Table, ids: list[int]) -> list[dict[str, Any]]:
    """What can't be read, such as a time that is none, is left out; then one is read at a time, to lose only that."""
    if not ids:
        return []
    try:
        return [dict(row) for row in session.execute(select(table).where(table.c.id.in_(ids))).mappings()]
    except (ValueError, TypeError):
        return [one for each in ids for one in _read(session, table, [each])] if len(ids) > 1 else []


def _surplus(session: Session, verdict: Verdict) -> str:
    """Links behind the head, and records that no link has. Each question is one statement, so it sees one moment."""
    beyond = select(func.min(ChainLink.number)).where(
        col(ChainLink.merchant_id) == verdict.merchant_id, ~_counted(verdict.merchant_id)
    )
    if number := session.execute(beyond).scalar():
        return f"record {number} is linked, but the head does not count it"
    for kind, model in chain.RECORDS.items():
        table = _table(model)
        # Not by asking for each record: that reads all links for each, since no index leads from a record to its own.
        mine = select(table.c.id).where(table.c.merchant_id == verdict.merchant_id)
        linked = select(_table(ChainLink).c.row_id).where(
            col(ChainLink.merchant_id) == verdict.merchant_id, col(ChainLink.kind) == kind
        )
        loose = mine.except_(linked).subquery()
        if row_id := session.execute(select(func.min(loose.c.id))).scalar():
            return f"{kind} {row_id} is in no place of the chain"
    return ""


def _counted(merchant_id: int) -> ColumnElement[bool]:
    head = select(col(Chain.count)).where(col(Chain.merchant_id) == merchant_id).scalar_subquery()
    return col(ChainLink.number) <= func.coalesce(head, literal(0))


def _merchants(session: Session) -> list[int]:
    """Whoever has records, links or a head; a merchant may have lost one or two of them."""
    found: set[int] = set()
    tables: list[type[SQLModel]] = [Chain, ChainLink, *chain.RECORDS.values()]
    for model in tables:
        found.update(session.scalars(select(_table(model).c.merchant_id).distinct()))
    return sorted(found)


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]
