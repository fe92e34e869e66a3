"""guichet audit verify, as the owner types it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from storage.engine import Storage
from tests.books import enter, open_books
from tests.databases import address_of, blank_in, by_hand

ENV = {"TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9, "OWNER_IDS": "710001"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no .env is."""
    monkeypatch.chdir(tmp_path)


def verified(url: str) -> Result:
    return CliRunner().invoke(cli, ["audit", "verify"], env={**ENV, "DATABASE_URL": url})


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Storage]:
    opened = open_books(tmp_path)
    yield opened
    opened.engine.dispose()


def test_whole_books_are_counted_and_exit_0(books: Storage) -> None:
    enter(books)
    done = verified(address_of(books))
    assert done.exit_code == 0
    assert "merchant 1: ✓" in done.stdout
    assert "Checked: 2 records." in done.stdout


def test_the_first_record_that_was_changed_is_named_and_exits_1(books: Storage) -> None:
    payments = [enter(books) for _ in range(3)]
    by_hand(books, "UPDATE event SET note = 'x' WHERE id > 1")
    done = verified(address_of(books))
    assert done.exit_code == 1
    assert f"event 2 of payment {payments[1].id}, was changed" in done.stdout
    assert "event 3" not in done.stdout
    assert "Checked: 2 records." in done.stdout


def test_tables_of_another_version_are_left_alone(tmp_path: Path) -> None:
    """A migration would link whatever it finds, and call it whole."""
    url = blank_in(tmp_path)
    done = verified(url)
    assert done.exit_code == 1
    assert "run: guichet migrate" in done.output
    books = Storage(url)
    assert inspect(books.engine).get_table_names() == []
    books.engine.dispose()
