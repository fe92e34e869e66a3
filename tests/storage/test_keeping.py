"""Backups of a file and of a server: proved, described, private; and what is refused when one is put back."""

import json
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlmodel import Session

from storage import heard, privacy
from storage.engine import Storage
from storage.heard import Said
from storage.keeping import backup, manifest, restore
from storage.keeping.manifest import BadBackup, Manifest
from storage.keeping.postgres import others
from storage.models import Account
from storage.sealing import Sealer
from storage.states import State
from storage.upgrade import migrations
from tests.books import NOON, OWNER, enter, found_books, open_books
from tests.databases import ON_POSTGRES, address_of, by_hand, founded_on_server, only_sqlite
from tests.postgres import Postgres, server

Harm = Callable[[Path], None]
SECRET = "a-secret-of-the-connected-account"


@pytest.fixture(params=["postgresql"] if ON_POSTGRES else ["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    if request.param == "postgresql":
        running: Postgres = request.getfixturevalue("postgres")
        monkeypatch.setenv("PATH", str(running.programs), prepend=":")
        storage = Storage(founded_on_server(found_books))
    else:
        storage = open_books(tmp_path)
    for _ in range(3):
        enter(storage)
    yield storage
    storage.engine.dispose()


def of_a_file(test: Callable[..., None]) -> Callable[..., None]:
    """What lies in its pages; tests/test_restore.py is of a server too."""
    on_file: Callable[..., None] = pytest.mark.parametrize("books", ["sqlite"], indirect=True)(
        only_sqlite("of a file")(test)
    )
    return on_file


@pytest.fixture
def kept(books: Storage, tmp_path: Path) -> Path:
    return take(books, tmp_path)


def take(books: Storage, folder: Path, **later: float) -> Path:
    return backup.take(address_of(books), folder / "kept", now=NOON + timedelta(**later), version="1")


def put_back(books: Storage, source: Path, *, replace: bool = True) -> str:
    def settle(session: Session) -> None:
        session.execute(text("UPDATE merchant SET name = 'restored' WHERE id = 1"))

    books.engine.dispose()
    return restore.put_back(address_of(books), source, settle, now=NOON, replace=replace).aside


def name_of(books: Storage) -> str:
    with books.engine.connect() as connection:
        name = str(connection.execute(text("SELECT name FROM merchant WHERE id = 1")).scalar_one())
    books.engine.dispose()
    return name


def test_a_backup_says_what_it_is_and_nobody_else_may_read_it(books: Storage, kept: Path) -> None:
    told = Manifest.read(manifest.beside(kept))
    assert (told.database, told.taken_at, told.audited) == (books.engine.dialect.name, NOON, True)
    assert told.counts["payment"] == 3
    assert told.sha256 == manifest.digest_of(kept)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, manifest.beside(kept))] == [0o600, 0o600]
    assert {path.name for path in kept.parent.iterdir()} == {kept.name, manifest.beside(kept).name}


@of_a_file
def test_a_backup_holds_no_secret_in_clear(books: Storage, tmp_path: Path) -> None:
    sealed = Sealer(["a-sealing-key-0123456789-abcdefghij"]).seal(SECRET)
    account = Account(merchant_id=1, provider="campay", settings=sealed, path="x", by_id=OWNER, created_at=NOON)
    books.transact(lambda session: session.add(account))
    kept = take(books, tmp_path)
    assert sealed.encode() in kept.read_bytes()
    assert SECRET.encode() not in kept.read_bytes()


@of_a_file
def test_what_was_being_said_and_what_was_masked_is_in_no_corner_of_a_backup(books: Storage, tmp_path: Path) -> None:
    """A key that somebody was just typing, or a number that is masked, may lie in a page that is free again."""
    books.transact(heard.keep, [Said(number, 7, f"{SECRET} {'x' * 3000}") for number in range(20)], NOON)
    books.transact(heard.end, range(10))
    rows = [enter(books, state=State.FAILED, description="to Awa Ndiaye") for _ in range(20)]
    books.transact(privacy.mask, rows, NOON)
    kept = take(books, tmp_path).read_bytes()
    assert SECRET.encode() not in kept
    assert b"Awa Ndiaye" not in kept


def test_only_the_newest_are_kept(books: Storage, tmp_path: Path) -> None:
    taken = [take(books, tmp_path, minutes=minute) for minute in range(3)]
    manifest.rotate(tmp_path / "kept", 2)
    assert [path.exists() for path in taken] == [False, True, True]
    assert manifest.find(tmp_path / "kept")[1] == taken[2]
    assert len(list((tmp_path / "kept").iterdir())) == 4


def test_books_whose_records_were_changed_are_not_taken_for_a_backup(books: Storage, tmp_path: Path) -> None:
    by_hand(books, "UPDATE event SET note = 'x' WHERE id = 2")
    with pytest.raises(BadBackup, match="event 2 of payment"):
        take(books, tmp_path)
    assert list((tmp_path / "kept").iterdir()) == []


@of_a_file
def test_what_is_put_back_is_what_was_kept_and_the_old_file_is_set_aside(books: Storage, kept: Path) -> None:
    enter(books)
    aside = Path(put_back(books, kept))
    assert name_of(books) == "restored"
    with books.engine.connect() as connection, Storage(f"sqlite:///{aside}").engine.connect() as before:
        counted = text("SELECT count(*) FROM payment")
        assert (connection.execute(counted).scalar(), before.execute(counted).scalar()) == (3, 4)


def test_books_with_payments_are_not_written_over_unless_told(books: Storage, kept: Path) -> None:
    with pytest.raises(BadBackup, match="holds 3 payments: --replace"):
        put_back(books, kept, replace=False)


def test_nothing_stands_there_and_nothing_is_set_aside(books: Storage, kept: Path, tmp_path: Path) -> None:
    is_file = books.engine.dialect.name == "sqlite"
    elsewhere = Storage(f"sqlite:///{tmp_path / 'new.db'}" if is_file else server().new_database())
    assert put_back(elsewhere, kept, replace=False) == ""
    assert name_of(elsewhere) == "restored"


def test_a_database_in_use_is_left_alone(books: Storage, kept: Path) -> None:
    with books.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM payment")
        connection.rollback()
        with pytest.raises(BadBackup, match="stop the bot first"):
            restore.put_back(address_of(books), kept, lambda _: None, now=NOON, replace=True)


def test_a_program_that_is_just_leaving_is_waited_for(postgres: Postgres) -> None:
    url = founded_on_server(found_books)
    leaving, mine = Storage(url), Storage(url)
    leaving.transact(lambda session: session.connection())
    gone = threading.Timer(0.3, leaving.engine.dispose)
    try:
        with mine.engine.connect() as connection:
            gone.start()
            assert others(connection) == 0
    finally:
        gone.join()
        mine.engine.dispose()


def damaged(kept: Path) -> None:
    with kept.open("r+b") as file:
        file.seek(5000)
        file.write(b"x" * 100)


def alien(kept: Path) -> None:
    say(kept, revision="9999")


def miscounted(kept: Path) -> None:
    say(kept, counts={"payment": 4})


def of_another_kind(kept: Path) -> None:
    told = Manifest.read(manifest.beside(kept)).database
    say(kept, database="postgresql" if told == "sqlite" else "sqlite")


def halved(kept: Path) -> None:
    manifest.beside(kept).unlink()


def say(kept: Path, **changes: object) -> None:
    path = manifest.beside(kept)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damaged, "sha256 differs"),
        (alien, "upgrade first"),
        (miscounted, "not what the manifest says"),
        (of_another_kind, "guichet move-database"),
        (halved, "half of the backup"),
    ],
)
def test_a_backup_that_is_not_whole_changes_nothing(books: Storage, kept: Path, harm: Harm, words: str) -> None:
    harm(kept)
    with pytest.raises(BadBackup, match=words):
        put_back(books, kept)
    assert name_of(books) == "Guichet"
    if books.engine.dialect.name == "sqlite":
        assert [path.name for path in kept.parent.parent.glob("*guichet.db*")] == ["guichet.db"]


def test_a_backup_of_an_earlier_version_becomes_this_versions(tmp_path: Path) -> None:
    old = Storage(f"sqlite:///{tmp_path / 'old.db'}")
    config = migrations()
    with old.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        connection.commit()
    old.engine.dispose()
    kept = take(old, tmp_path)
    assert not Manifest.read(manifest.beside(kept)).audited
    shutil.move(tmp_path / "old.db", tmp_path / "gone.db")
    put_back(old, kept)
    old.must_be_current()
    old.engine.dispose()
