"""Statements that are made once and sent past the ORM, for what every payment passes.

A statement of the ORM is built, keyed and mapped each time anew: that costs several times what the database takes.
Constructs of the core that stand in a module are compiled once for each dialect. With an UPDATE, columns among the
values that no `bindparam` names are those that are set.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import CursorResult, Executable, Insert, Table, insert, inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel

Model = TypeVar("Model", bound=SQLModel)
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_NOTHING = object()


def table_of(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


def run(session: Session, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
    """What the session holds back is written first, as the ORM itself would do."""
    session.flush()
    return session.connection().execute(statement, values)


def add(session: Session, statement: Insert, values: Mapping[str, Any]) -> int:
    """The new row's number."""
    key = run(session, statement, values).inserted_primary_key
    return int(key[0]) if key else 0


class Entities(Generic[Model]):
    """Whole rows of one table as the session's objects: one for each row, as with the ORM, and with its last values."""

    def __init__(self, model: type[Model]) -> None:
        mapper = inspect(model)
        self._mapper = mapper
        self._blank = mapper.class_manager.new_instance
        self.table = table_of(model)
        self._insert = insert(self.table)
        self._names = [mapper.get_property_by_column(column).key for column in self.table.columns]
        self.width = len(self._names)
        self._key = [list(self.table.columns).index(column) for column in mapper.primary_key]

    def one(self, session: Session, statement: Executable, values: Values) -> Model | None:
        """Raises MultipleResultsFound where there are several."""
        row = run(session, statement, values).one_or_none()
        return self.take(session, row) if row else None

    def all(self, session: Session, statement: Executable, values: Values) -> list[Model]:
        return [self.take(session, row) for row in run(session, statement, values).all()]

    def take(self, session: Session, row: Sequence[Any]) -> Model:
        """`row`: all columns, in the table's order."""
        known: Model | None = session.identity_map.get(
            self._mapper.identity_key_from_primary_key([row[at] for at in self._key])
        )
        values = zip(self._names, row, strict=True)
        if known is not None:
            held = known.__dict__
            for name, value in values:
                if held.get(name, _NOTHING) != value:
                    set_committed_value(known, name, value)
            return known
        found: Model = self._blank()
        found.__dict__.update(values)
        make_transient_to_detached(found)
        session.add(found)
        return found

    def insert(self, session: Session, entity: Model) -> Model:
        """One that is new, with its key, as the session's own object. Raises IntegrityError.

        The one that is given stays as it is: a transaction that is done again makes it again.
        """
        values = {name: getattr(entity, name) for name in self._names}
        run(session, self._insert, values)
        return self.take(session, list(values.values()))


def side_by_side(session: Session, row: Sequence[Any], *parts: Entities[Any]) -> list[Any]:
    """The objects of one row of a join; None where an outer one found nothing."""
    found, at = [], 0
    for part in parts:
        columns = row[at : at + part.width]
        found.append(part.take(session, columns) if any(column is not None for column in columns) else None)
        at += part.width
    return found
