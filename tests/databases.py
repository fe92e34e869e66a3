"""Which database a test gets: a SQLite file, or, with DATABASE=postgres in the environment, one on the tests' server.

A folder has one database, whichever it is: who opens it again finds what was in it.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect

from storage.engine import Storage
from tests.postgres import server

ON_POSTGRES = os.environ.get("DATABASE") == "postgres"

Founder = Callable[[Storage], None]
"""Brings an empty database to where many tests begin."""

_of: dict[Path, str] = {}


def blank_in(folder: Path) -> str:
    """The address of the folder's database, which is empty if nobody wrote to it yet."""
    if not ON_POSTGRES:
        return _file(folder)
    if folder not in _of:
        _of[folder] = server().new_database()
    return _of[folder]


def founded_in(folder: Path, found: Founder) -> str:
    """The address of the folder's new database, a copy of what `found` made once: a migration is slower than most
    tests.
    """
    if not ON_POSTGRES:
        (folder / "guichet.db").write_bytes(_file_by(found))
        return _file(folder)
    _of[folder] = founded_on_server(found)
    return _of[folder]


def founded_on_server(found: Founder) -> str:
    """The same on PostgreSQL, wherever the other tests are."""
    return server().new_database(_template_by(found))


def address_of(storage: Storage) -> str:
    return storage.engine.url.render_as_string(hide_password=False)


def only_sqlite(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(ON_POSTGRES, reason=reason)


def by_hand(storage: Storage, *statements: str) -> None:
    """Behind the program, where neither seals nor links between tables hold. Each must touch something."""
    engine = create_engine(address_of(storage))
    with engine.begin() as hand:
        if hand.dialect.name == "sqlite":
            for (name,) in hand.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                hand.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            hand.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert hand.exec_driver_sql(statement).rowcount > 0, f"nothing was touched by: {statement}"
    engine.dispose()


class Hand:
    """Asks the database in its own words, beside the program; a question's values stand for its marks."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._mark = "?" if self._engine.dialect.name == "sqlite" else "%s"

    def rows(self, question: str, *values: object) -> list[dict[str, Any]]:
        """In no order that says anything."""
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql(question.replace("?", self._mark), values)
            return sorted(map(dict, found.mappings()), key=repr) if found.returns_rows else []

    def close(self) -> None:
        self._engine.dispose()


def dump(storage: Storage) -> str:
    """Each row in a line, behind its table's name."""
    with storage.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [(table, row) for table in tables for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')]
    return "\n".join(f"{table}: {tuple(row)}" for table, row in rows)


def all_of(storage: Storage) -> bytes:
    """Whatever was written; of a file what was deleted too, as far as it is still there."""
    if storage.engine.dialect.name != "sqlite":
        return dump(storage).encode()
    file = Path(str(storage.engine.url.database))
    return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


@contextmanager
def swept() -> Iterator[None]:
    """What is made meanwhile goes away at the end: a thousand tests would fill a disk."""
    before = dict(_of)
    try:
        yield
    finally:
        for folder in set(_of) - set(before):
            server().drop(_of.pop(folder))


def _file(folder: Path) -> str:
    return f"sqlite:///{folder / 'guichet.db'}"


@cache
def _file_by(found: Founder) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _found(_file(Path(folder)), found)
        return (Path(folder) / "guichet.db").read_bytes()


@cache
def _template_by(found: Founder) -> str:
    url = server().new_database()
    _found(url, found)
    return url


def _found(url: str, found: Founder) -> None:
    storage = Storage(url)
    found(storage)
    storage.engine.dispose()
