"""Puts a backup back. What stood there is set aside first, and comes back if anything goes wrong."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from storage import audit, revisions
from storage.engine import Storage
from storage.keeping import books, manifest, postgres, sqlite
from storage.keeping.manifest import BadBackup, Manifest

Settle = Callable[[Session], None]
"""Makes the restored books safe to open, in one transaction: what happened after the backup they do not know."""

_BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside`: where that lies which stood there before; empty where nothing did."""

    manifest: Manifest
    aside: str


def put_back(url: str, source: Path, settle: Settle, *, now: datetime, replace: bool) -> Restored:
    """`replace`: also over books that hold payments. Raises BadBackup, and then everything is as it was."""
    told, data = manifest.find(source)
    told.demand_whole(data)
    storage = Storage(url)
    try:
        here = storage.engine.dialect.name
        if told.database != here:
            raise BadBackup(f"{data} was made from {told.database}, DATABASE_URL is {here}: {_MOVE}")
        if told.revision not in revisions.known():
            raise BadBackup(f"{data} was made by guichet {told.version}, which is newer: upgrade first")
        if here == "sqlite":
            aside = _to_file(sqlite.file_of(url), data, told, settle, now, replace)
        else:
            aside = _to_server(storage, data, told, settle, now, replace)
    finally:
        storage.engine.dispose()
    return Restored(told, aside)


_MOVE = "restore it to its own kind, then: guichet move-database"


def _to_file(target: Path, data: Path, told: Manifest, settle: Settle, now: datetime, replace: bool) -> str:
    """Made ready beside the old file, and put in its place by one rename."""
    if target.exists():
        sqlite.alone(target)
        _demand_told(_file_payments(target), replace)
    half = target.with_name(f".{target.name}.{manifest.stamp(now)}.part")
    sqlite.private(half)
    try:
        shutil.copyfile(data, half)
        sqlite.prove(half)
        copy = Storage(f"sqlite:///{half}")
        try:
            _make_ready(copy, told, settle)
        finally:
            copy.engine.dispose()
        sqlite.alone(half)
        aside = _kept(target, now) if target.exists() else None
        half.replace(target)
    finally:
        for path in (half, *(half.with_name(half.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
    return str(aside or "")


def _kept(target: Path, now: datetime) -> Path:
    """Under a second name for the same file: at no moment is there none."""
    aside = target.with_name(f"{target.name}.{_BEFORE}-{manifest.stamp(now)}")
    try:
        os.link(target, aside)
    except OSError:  # a file system without second names
        sqlite.private(aside)
        shutil.copyfile(target, aside)
    return aside


def _file_payments(target: Path) -> int:
    old = Storage(f"sqlite:///{target}")
    try:
        with old.engine.connect() as connection:
            return books.counts(connection).get("payment", 0)
    finally:
        old.engine.dispose()
        sqlite.alone(target)


def _to_server(storage: Storage, data: Path, told: Manifest, settle: Settle, now: datetime, replace: bool) -> str:
    """The old tables go to a schema of their own, in the same database."""
    engine = storage.engine
    with engine.begin() as connection:
        server, schema = postgres.major_of(connection), postgres.schema_of(connection)
        if schema != told.schema:
            raise BadBackup(f"{data} holds the schema {told.schema}, DATABASE_URL opens {schema}")
        postgres.prove(engine, server, data)
        if others := postgres.others(connection):
            raise BadBackup(f"{others} other connections are open to this database: stop the bot first")
        empty = postgres.is_empty(connection, schema)
        if not empty:
            _demand_told(books.counts(connection).get("payment", 0), replace)
        aside = f"guichet_{_BEFORE}_{manifest.stamp(now).lower()}"
        postgres.set_aside(connection, schema, aside)
    try:
        postgres.load(engine, server, schema, data)
        _make_ready(storage, told, settle)
    except BaseException:
        _undo(engine, schema, aside)
        raise
    if empty:
        with engine.begin() as connection:
            postgres.forget(connection, aside)
    return "" if empty else f"schema {aside}"


def _undo(engine: Engine, schema: str, aside: str) -> None:
    engine.dispose()
    with engine.begin() as connection:
        postgres.take_back(connection, schema, aside)


def _demand_told(payments: int, replace: bool) -> None:
    if payments and not replace:
        raise BadBackup(f"DATABASE_URL holds {payments} payments: --replace sets them aside and restores over them")


def _make_ready(copy: Storage, told: Manifest, settle: Settle) -> None:
    """What is there is what the manifest says; then it becomes this version's, and safe to open."""
    with copy.engine.connect() as connection:
        found = (revisions.revision_of(connection), books.counts(connection), books.heads(connection))
    if found != (told.revision, told.counts, told.heads):
        raise BadBackup("what was put back is not what the manifest says; nothing was changed")
    copy.migrate()
    if broken := [one.fault for one in audit.verify(copy) if one.fault]:
        raise BadBackup(f"the records in it are not what they were: {broken[0]}; nothing was changed")
    copy.transact(settle)
