"""guichet new-key and rotate-key, as the owner types them."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from bot.settings import Settings
from storage import sealing
from storage.models import Account, Form, Heard, Person
from storage.sealing import Sealed, Sealer, WrongKey
from tests.books import NOON, OWNER, open_books
from tests.databases import blank_in

ENV = {"TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9, "OWNER_IDS": "710001"}


def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, **more: str) -> Result:
    monkeypatch.chdir(tmp_path)
    env = {**ENV, "DATABASE_URL": blank_in(tmp_path), "GUICHET_SECRET_KEY": "", **more}
    return CliRunner().invoke(cli, [command], env=env)


def test_a_new_key_is_one_that_the_settings_take_and_another_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (typed(tmp_path, monkeypatch, "new-key").stdout.strip() for _ in range(2))
    assert Settings.read({**ENV, "GUICHET_SECRET_KEY": f"{first},{second}"}).secret_keys == [first, second]
    assert first != second


def test_a_rotation_says_how_much_it_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = typed(tmp_path, monkeypatch, "new-key").stdout.strip()
    done = typed(tmp_path, monkeypatch, "rotate-key", GUICHET_SECRET_KEY=key)
    assert done.exit_code == 0
    assert "Sealed with the first key: 0" in done.stdout
    assert key not in done.output


def test_a_rotation_without_a_key_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = typed(tmp_path, monkeypatch, "rotate-key")
    assert done.exit_code == 1
    assert "GUICHET_SECRET_KEY is missing" in done.output


def test_a_rotation_reaches_every_sealed_thing_and_the_old_key_opens_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second factor, a connected account, the secret answers of a half-filled command, and what was just said."""
    old, new = (typed(tmp_path, monkeypatch, "new-key").stdout.strip() for _ in range(2))
    books, sealed = open_books(tmp_path), Sealer([old]).seal("a secret")

    def put(session: Session) -> None:
        session.get_one(Person, OWNER).factor = sealed
        session.add(Account(merchant_id=1, provider="kpay", settings=sealed, path="p", by_id=OWNER, created_at=NOON))
        session.add(Heard(update_id=1, body="", sealed=sealed, received_at=NOON, due_at=NOON))
        session.add(
            Form(
                chat_id=1,
                person_id=OWNER,
                merchant_id=1,
                command="connect",
                answers={},
                sealed=sealed,
                asking="key",
                message_id=1,
                expires_at=NOON,
            )
        )

    books.transact(put)
    tables = SQLModel.metadata.sorted_tables
    places = [column for table in tables for column in table.c if isinstance(column.type, Sealed)]
    assert sorted(map(str, places)) == ["account.settings", "form.sealed", "heard.sealed", "person.factor"]
    done = typed(tmp_path, monkeypatch, "rotate-key", GUICHET_SECRET_KEY=f"{new},{old}")
    assert "Sealed with the first key: 4" in done.stdout
    books.transact(sealing.prove, Sealer([new]))
    with books.engine.connect() as connection:
        for place in places:
            for value in connection.execute(select(place).where(place.is_not(None))).scalars():
                with pytest.raises(WrongKey):
                    Sealer([old]).open(value)
    books.engine.dispose()
