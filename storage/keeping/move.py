"""Takes all that is remembered from one database to another, of the other kind too, and proves both equal.

Rows are taken as they lie there, below the program's own types: what is sealed stays sealed, a JSON text stays the same
text. All of it is one transaction of the target's: until everything was found equal, nothing is there.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DataError
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

from storage import audit, revisions
from storage.audit import Verdict
from storage.engine import Storage
from storage.keeping import books, postgres, sqlite
from storage.keeping.manifest import BadBackup
from storage.models import Payment, Utc

_AT_ONCE = 1000
_WHOLE = 1 << 256


@dataclass(frozen=True, slots=True)
class Total:
    """Payments that are alike."""

    state: str
    currency: str
    payments: int
    amount: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What is there now, and was found equal on both sides: rows of each table, payments, chains."""

    rows: Mapping[str, int]
    totals: Sequence[Total]
    chains: Sequence[Verdict]


@dataclass(frozen=True, slots=True)
class _Seen:
    """`print`: of all rows together, in whatever order they were read."""

    rows: int
    print: int


def move(source: str, target: str) -> Moved:
    """Raises BadBackup, and then the target is as empty as before. The source is only read."""
    old, new = Storage(source), Storage(target)
    if old.engine.url == new.engine.url:
        raise BadBackup("source and target are the same database")
    with ExitStack() as leaving:
        leaving.callback(old.engine.dispose)
        leaving.callback(new.engine.dispose)
        if old.engine.dialect.name == "sqlite":
            file = sqlite.file_of(source)
            if not file.is_file():
                raise BadBackup(f"{file} is not there")
            sqlite.alone(file)
        # From the first read on a file's only writer; of a server one moment.
        reading = leaving.enter_context(old.engine.connect().execution_options(**_one_moment(old)))
        _demand_current(reading)
        _demand_idle(reading)
        if not inspect(new.engine).get_table_names():
            new.migrate()
        writing = leaving.enter_context(new.engine.begin())
        _patient(reading)
        _patient(writing)
        _demand_empty(writing)
        return _moved(reading, writing)


def _moved(reading: Connection, writing: Connection) -> Moved:
    tables = _tables(reading)
    before = {table.name: _copy(table, reading, writing) for table in tables}
    for table in tables:
        _go_on_counting(table, writing)
        if _look(table, writing) != before[table.name]:
            raise BadBackup(f"{table.name} did not arrive as it left; nothing was kept")
    totals = _totals(writing)
    if totals != _totals(reading):
        raise BadBackup("the sums of the payments differ; nothing was kept")
    chains = audit.verify(books.Moment(writing))
    if broken := [one.fault for one in chains if one.fault]:
        raise BadBackup(f"the records are not what they were: {broken[0]}; see: guichet audit verify; nothing was kept")
    _demand_idle(reading)
    return Moved({name: seen.rows for name, seen in before.items()}, totals, chains)


def _one_moment(storage: Storage) -> dict[str, Any]:
    return {} if storage.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}


def _patient(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _demand_current(connection: Connection) -> None:
    found, newest = revisions.revision_of(connection), revisions.newest()
    if not found:
        raise BadBackup("the source has no tables of guichet")
    if found != newest:
        raise BadBackup(f"the source's tables are at {found}, not {newest}; run guichet migrate on it first")


def _demand_idle(connection: Connection) -> None:
    """A file was found alone before it was opened, and stays locked."""
    if connection.dialect.name == "postgresql" and (others := postgres.others(connection)):
        raise BadBackup(f"{others} other connections are open to the source: stop the bot first")


def _demand_empty(connection: Connection) -> None:
    found, newest = revisions.revision_of(connection), revisions.newest()
    if found != newest:
        raise BadBackup(f"the target's tables are at {found or 'nothing'}, not {newest}; give an empty database")
    for table in SQLModel.metadata.sorted_tables:
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise BadBackup(f"the target is not empty: {table.name} has rows; give an empty database")


def _tables(connection: Connection) -> list[Table]:
    """Each after those that its rows name."""
    known = {table.name for table in SQLModel.metadata.sorted_tables}
    if unknown := set(inspect(connection).get_table_names()) - known - {"alembic_version"}:
        raise BadBackup(f"the source has tables that are not guichet's: {', '.join(sorted(unknown))}")
    plain = MetaData()
    return [
        Table(
            table.name,
            plain,
            *(Column(column.name, _plain(column.type), primary_key=column.primary_key) for column in table.columns),
        )
        for table in SQLModel.metadata.sorted_tables
    ]


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """As it lies in the table; times keep their zone."""
    if isinstance(kind, TypeDecorator) and not isinstance(kind, Utc):
        return kind.impl_instance
    return kind


def _read(table: Table) -> Select[Any]:
    return select(*(cast(one, Text).label(one.name) if _is_json(one) else one for one in table.columns))


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _copy(table: Table, reading: Connection, writing: Connection) -> _Seen:
    seen = _Seen(0, 0)
    keep = insert(table).values({one.name: _given(one, writing) for one in table.columns})
    for rows in _parts(table, reading):
        seen = _with(seen, rows)
        try:
            writing.execute(keep, [{f"given_{name}": value for name, value in row.items()} for row in rows])
        except (DataError, ValueError) as error:
            why = str(getattr(error, "orig", error)).splitlines()[0]
            raise BadBackup(f"{table.name} has a row that the target can't hold: {why}; nothing was kept") from None
    return seen


def _given(column: Column[Any], connection: Connection) -> Any:
    if not _is_json(column):
        return bindparam(f"given_{column.name}", type_=column.type)
    given = bindparam(f"given_{column.name}", type_=Text())
    return cast(given, JSON(none_as_null=True)) if connection.dialect.name == "postgresql" else given


def _look(table: Table, connection: Connection) -> _Seen:
    seen = _Seen(0, 0)
    for rows in _parts(table, connection):
        seen = _with(seen, rows)
    return seen


def _parts(table: Table, connection: Connection) -> Iterator[Sequence[Mapping[str, Any]]]:
    found = connection.execute(_read(table), execution_options={"yield_per": _AT_ONCE})
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _with(seen: _Seen, rows: Sequence[Mapping[str, Any]]) -> _Seen:
    prints = (int.from_bytes(hashlib.sha256(repr(sorted(row.items())).encode()).digest()) for row in rows)
    return _Seen(seen.rows + len(rows), (seen.print + sum(prints)) % _WHOLE)


def _go_on_counting(table: Table, connection: Connection) -> None:
    """PostgreSQL's numbers go on behind the last row; SQLite's do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        sequence = connection.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', column.name)))
        last = connection.scalar(select(func.max(column))) if sequence else None
        if last is not None:
            connection.execute(select(func.setval(sequence, last)))


def _totals(connection: Connection) -> list[Total]:
    payment = Payment.__table__  # type: ignore[attr-defined]
    alike = (cast(payment.c.state, Text), payment.c.currency)
    wanted = select(*alike, func.count(), func.sum(payment.c.amount)).group_by(*alike)
    return sorted(
        (Total(state, currency, count, int(amount)) for state, currency, count, amount in connection.execute(wanted)),
        key=lambda one: (one.currency, one.state),
    )
