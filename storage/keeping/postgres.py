"""PostgreSQL's side of keeping, by its own programs: pg_dump's custom format, and pg_restore."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from storage.keeping.manifest import BadBackup

_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")
_SAID_AT_MOST = 400
_LINGERS = 2.0
"""Seconds for which a server may still count a program that has ended."""


def major_of(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def schema_of(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def program(name: str, server: int) -> Path:
    """The server's own version where it is installed, else the next newer. Raises BadBackup."""
    on_path = shutil.which(name)
    found = {_major(path): path for path in [*_DEBIAN.glob(f"*/bin/{name}"), *([Path(on_path)] if on_path else [])]}
    fit = sorted(version for version in found if version >= server)
    if not fit:
        raise BadBackup(
            f"{name} of PostgreSQL {server} or newer is not installed here: apt-get install postgresql-client-{server}"
        )
    return found[fit[0]]


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, check=False)  # noqa: S603 - a path of ours
    found = _VERSION.search(said.stdout)
    return int(found[1]) if found else 0


def dump(engine: Engine, server: int, schema: str, snapshot: str, target: Path, *, without: Sequence[str] = ()) -> None:
    """The moment that `snapshot` names, and nothing that came after it. `without`: tables that stay empty."""
    wanted = ["--format=custom", f"--schema={schema}", f"--snapshot={snapshot}", "--no-owner", "--no-privileges"]
    wanted += [f"--exclude-table-data={schema}.{name}" for name in without]
    _run(engine, program("pg_dump", server), [*wanted, f"--file={target}"], connected=True)


def prove(engine: Engine, server: int, path: Path) -> None:
    """Reads every block of the file. Raises BadBackup."""
    _run(engine, program("pg_restore", server), [f"--file={os.devnull}", str(path)], connected=False)


def load(engine: Engine, server: int, schema: str, path: Path) -> None:
    """All of it or nothing."""
    wanted = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--schema={schema}"]
    _run(engine, program("pg_restore", server), [*wanted, str(path)], connected=True)


def _run(engine: Engine, command: Path, options: Sequence[str], *, connected: bool) -> None:
    """The password goes by the environment: a command line is everybody's to read."""
    environment = dict(os.environ)
    address: list[str] = []
    if connected:
        url = engine.url.set(drivername="postgresql", password=None)
        environment |= {"PGPASSWORD": engine.url.password} if engine.url.password else {}
        address = [f"--dbname={url.render_as_string()}"]
    done = subprocess.run(  # noqa: S603 - a path of ours, and no shell
        [command, *address, *options], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise BadBackup(f"{command.name}: {done.stderr.strip()[-_SAID_AT_MOST:]}")


def others(connection: Connection) -> int:
    """How many other programs are connected to this database. One that has just ended is given a moment to be gone."""
    until = time.monotonic() + _LINGERS
    while (count := _connected(connection)) and time.monotonic() < until:
        time.sleep(0.1)
    return count


def _connected(connection: Connection) -> int:
    wanted = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # a transaction sees what it saw first, else
    return int(connection.execute(wanted).scalar_one())


def is_empty(connection: Connection, schema: str) -> bool:
    wanted = text("SELECT count(*) FROM pg_tables WHERE schemaname = :schema")
    return not connection.execute(wanted, {"schema": schema}).scalar_one()


def set_aside(connection: Connection, schema: str, name: str) -> None:
    connection.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "{name}"'))
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))


def take_back(connection: Connection, schema: str, name: str) -> None:
    connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    connection.execute(text(f'ALTER SCHEMA "{name}" RENAME TO "{schema}"'))


def forget(connection: Connection, name: str) -> None:
    connection.execute(text(f'DROP SCHEMA "{name}"'))
