"""guichet audit verify, as the owner types it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from storage.engine import Storage
from tests.books import enter, open_books

ENV = {"TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9, "OWNER_IDS": "710001"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no .env is."""
    monkeypatch.chdir(tmp_path)


def verified(url: str) -> Result:
    return CliRunner().invoke(cli, ["audit", "verify"], env={**ENV, "DATABASE_URL": url})


def test_whole_books_are_counted_and_exit_0(tmp_path: Path) -> None:
    books = open_books(tmp_path)
    enter(books)
    done = verified(str(books.engine.url))
    assert done.exit_code == 0
    assert "merchant 1: ✓" in done.stdout
    assert "Checked: 2 records." in done.stdout


def test_the_first_record_that_was_changed_is_named_and_exits_1(tmp_path: Path) -> None:
    books = open_books(tmp_path)
    payments = [enter(books) for _ in range(3)]
    with closing(sqlite3.connect(tmp_path / "guichet.db")) as hand:
        hand.execute("DROP TRIGGER event_no_update")
        hand.execute("UPDATE event SET note = 'x' WHERE id > 1")
        hand.commit()
    done = verified(str(books.engine.url))
    assert done.exit_code == 1
    assert f"event 2 of payment {payments[1].id}, was changed" in done.stdout
    assert "event 3" not in done.stdout
    assert "Checked: 2 records." in done.stdout


def test_tables_of_another_version_are_left_alone(tmp_path: Path) -> None:
    """A migration would link whatever it finds, and call it whole."""
    url = f"sqlite:///{tmp_path / 'blank.db'}"
    done = verified(url)
    assert done.exit_code == 1
    assert "run: guichet migrate" in done.output
    with Storage(url).engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
