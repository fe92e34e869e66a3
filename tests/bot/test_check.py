import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.check import check_all
from providers import sandbox
from tests.databases import blank_in
from tests.providers.wire import Wire, answer

TOKEN = "123456789:" + "Ab-_" * 9
ME = {"ok": True, "result": {"id": 123456789, "is_bot": True, "first_name": "Guichet", "username": "guichet_bot"}}


@pytest.fixture
async def telegram() -> AsyncIterator[Wire]:
    server = Wire()
    await server.open()
    server.says(f"POST /bot{TOKEN}/getMe", answer(200, ME))
    yield server
    await server.close()


@pytest.fixture
async def campay() -> AsyncIterator[sandbox.Sandbox]:
    async with sandbox.serve(sandbox.Settings.instant()) as box:
        yield box


@pytest.fixture
def env(telegram: Wire, campay: sandbox.Sandbox, tmp_path: Path) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "OWNER_IDS": "710001",
        "DATABASE_URL": blank_in(tmp_path),
        "CAMPAY_BASE_URL": campay.url,
        "CAMPAY_TOKEN": campay.settings.campay.token,
    }


async def told(env: dict[str, str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    """The exit code, and each line's fault by what it is about."""
    code = await check_all(env)
    lines = [line.partition(": ") for line in capsys.readouterr().out.splitlines() if line[0] in "✓✗"]
    return code, {head: fault for head, _, fault in lines}


async def test_where_all_is_well_it_says_so(env: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await told(env, capsys)
    assert (code, lines) == (0, {"✓ settings": "", "✓ database": "", "✓ telegram": "", "✓ campay": ""})


async def test_nothing_is_moved(
    env: dict[str, str], campay: sandbox.Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    await told(env, capsys)
    assert campay.ledger.entries() == []


async def test_settings_that_are_wrong_are_named(env: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await told({**env, "OWNER_IDS": ""}, capsys)
    assert code == 1
    assert lines["✗ settings"].startswith("OWNER_IDS is missing")
    code, lines = await told({**env, "CAMPAY_TOKEN": "", "CAMPAY_USERNAME": "awa"}, capsys)
    assert code == 1
    assert "CAMPAY_PASSWORD" in lines["✗ settings"]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_telegram_refuses_is_told_and_not_shown(
    env: dict[str, str], telegram: Wire, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    telegram.says(f"POST /bot{TOKEN}/getMe", answer(status, {"ok": False, "error_code": status, "description": "No"}))
    code, lines = await told(env, capsys)
    assert code == 1
    assert "✗ telegram" in lines
    assert TOKEN.split(":")[1] not in str(lines)
    assert "✓ campay" in lines


async def test_a_telegram_that_cannot_be_reached_is_told_and_the_token_is_not(
    env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        env["TELEGRAM_API_URL"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
        code, lines = await told(env, capsys)
    assert code == 1
    assert lines["✗ telegram"]
    assert TOKEN.split(":")[1] not in str(lines)


async def test_an_account_whose_keys_are_refused_is_named(
    env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "0" * 40
    code, lines = await told({**env, "CAMPAY_TOKEN": wrong}, capsys)
    assert code == 1
    assert lines["✗ campay"].startswith("misconfigured")
    assert wrong not in str(lines)


async def test_a_counter_without_any_account_is_told_what_to_set(
    env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await told({**env, "CAMPAY_TOKEN": ""}, capsys)
    assert code == 1
    assert "CAMPAY_TOKEN" in lines["✗ accounts"]


async def test_a_database_that_cannot_be_opened_is_told(
    env: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await told({**env, "DATABASE_URL": f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}"}, capsys)
    assert code == 1
    assert "unable to open database file" in lines["✗ database"]
    assert "✓ telegram" in lines
