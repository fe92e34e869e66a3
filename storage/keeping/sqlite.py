"""SQLite's side of keeping: a copy by its online backup, while the program runs; and whether one still runs."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from storage.keeping.manifest import BadBackup


def file_of(url: str) -> Path:
    """Raises BadBackup for a database that is in no file."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise BadBackup("DATABASE_URL: a database in memory can't be kept")
    return Path(name)


def private(path: Path) -> None:
    """An empty file that nobody else may read, before anything is written to it."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def copy(source: Path, target: Path) -> None:
    """In one step: page by page it would begin anew with each write of the program. Writers do not wait for it."""
    if not source.is_file():
        raise BadBackup(f"{source} is not there: nothing to keep yet")
    private(target)
    with closing(_opened(source)) as ours, closing(_opened(target)) as theirs:
        ours.backup(theirs, pages=-1)
    alone(target)


def forget(path: Path, tables: Sequence[str]) -> None:
    """Empties them; and what any table no longer holds is in no corner of the file any more."""
    with closing(_opened(path)) as connection:
        present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in present.intersection(tables):
            connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - our own names
        connection.execute("VACUUM")


def prove(path: Path) -> None:
    """Raises BadBackup for a damaged file."""
    with closing(_opened(path)) as connection:
        try:
            said = connection.execute("PRAGMA integrity_check").fetchall()
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise BadBackup(f"{path} is damaged: {error}") from None
    if said != [("ok",)]:
        raise BadBackup(f"{path} is damaged: {said[0][0]}")
    if orphans:
        raise BadBackup(f"{path} is damaged: {len(orphans)} rows name others that are not there")


def alone(path: Path) -> None:
    """Everything in the one file, without a log beside it. Raises BadBackup while another program has it open."""
    with closing(_opened(path)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = None
        if mode != ("delete",):
            raise BadBackup(f"{path} is in use: stop the bot first")


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5, isolation_level=None)
