"""Takes a backup while the program runs, proves it, and only then gives it its name."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from storage import audit, revisions
from storage.engine import Storage
from storage.keeping import books, manifest, postgres, sqlite
from storage.keeping.manifest import BadBackup, Manifest

_ON_ITS_WAY = ("heard",)
"""What people were just saying: it may be the key of an account, and a restored program does not obey it anyway."""


def take(url: str, folder: Path, *, now: datetime, version: str) -> Path:
    """The backup's data; its manifest lies beside it. Raises BadBackup, and then nothing is left behind."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    storage = Storage(url)
    is_sqlite = storage.engine.dialect.name == "sqlite"
    data = folder / f"{manifest.name_of(now)}.{'db' if is_sqlite else 'dump'}"
    half, half_said = data.with_name(f".{data.name}.part"), data.with_name(f".{data.name}.json.part")
    with ExitStack() as leaving:
        leaving.callback(storage.engine.dispose)
        for path in (half, half_said):
            leaving.callback(path.unlink, missing_ok=True)
        blank = Manifest(version, now, storage.engine.dialect.name, data.name)
        known = _of_file(sqlite.file_of(url), half, blank) if is_sqlite else _of_server(storage.engine, half, blank)
        sqlite.private(half_said)
        replace(known, size=half.stat().st_size, sha256=manifest.digest_of(half)).write(half_said)
        half.rename(data)
        half_said.rename(manifest.beside(data))
    return data


def _of_file(source: Path, half: Path, blank: Manifest) -> Manifest:
    sqlite.copy(source, half)
    try:
        sqlite.forget(half, _ON_ITS_WAY)
        sqlite.prove(half)
        copy = Storage(f"sqlite:///{half}")
        try:
            with copy.engine.connect() as connection:
                return _described(connection, blank)
        finally:
            copy.engine.dispose()
            sqlite.alone(half)
    finally:
        for log in ("-wal", "-shm"):
            half.with_name(half.name + log).unlink(missing_ok=True)


def _of_server(engine: Engine, half: Path, blank: Manifest) -> Manifest:
    """Counted and audited at the very moment that is dumped."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        server, schema = postgres.major_of(connection), postgres.schema_of(connection)
        snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
        sqlite.private(half)
        postgres.dump(engine, server, schema, snapshot, half, without=_ON_ITS_WAY)
        postgres.prove(engine, server, half)
        return replace(_described(connection, blank), schema=schema)


def _described(connection: Connection, blank: Manifest) -> Manifest:
    """Raises BadBackup for a database that is not ours, or whose chain of records is broken."""
    revision = revisions.revision_of(connection)
    if not revision:
        raise BadBackup("DATABASE_URL: no tables of guichet there, nothing to keep yet")
    audited = revision == revisions.newest()
    if audited and (broken := [one.fault for one in audit.verify(books.Moment(connection)) if one.fault]):
        raise BadBackup(f"the records are not what they were: {broken[0]}; see: guichet audit verify")
    counts, heads = books.counts(connection), books.heads(connection)
    return replace(blank, revision=revision, audited=audited, counts=counts, heads=heads)
