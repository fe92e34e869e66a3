"""guichet new-key and rotate-key, as the owner types them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from bot.settings import Settings

ENV = {"TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9, "OWNER_IDS": "710001"}


def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, **more: str) -> Result:
    monkeypatch.chdir(tmp_path)
    env = {**ENV, "DATABASE_URL": f"sqlite:///{tmp_path / 'guichet.db'}", "GUICHET_SECRET_KEY": "", **more}
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
