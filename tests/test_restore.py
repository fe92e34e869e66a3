"""A backup is taken while the counter runs, and put back after it went on: nothing is paid a second time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from storage.models import Payment
from storage.states import State
from tests.databases import ON_POSTGRES
from tests.postgres import Postgres
from tests.shop import PATIENCE, Shop, shop


async def guichet(counter: Shop, *words: str) -> str:
    done = await asyncio.to_thread(CliRunner().invoke, cli, words, env=counter.env)
    assert done.exit_code == 0, done.output
    return done.output


async def refused(counter: Shop, *words: str) -> str:
    done = await asyncio.to_thread(CliRunner().invoke, cli, words, env=counter.env)
    assert done.exit_code == 1, done.output
    return done.output


@pytest.fixture(params=["postgresql"] if ON_POSTGRES else ["sqlite", "postgresql"])
async def counter(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    monkeypatch.chdir(tmp_path)  # where no .env is
    async with shop(tmp_path) as place:
        if request.param == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            monkeypatch.setenv("PATH", str(server.programs), prepend=":")
            await place.close()
            place.env["DATABASE_URL"] = server.new_database()
            await place.open()
        yield place


def went_out(counter: Shop) -> int:
    return sum(entry.kind == "payout" for entry in counter.box.ledger.entries())


async def by_amount(counter: Shop) -> dict[int, Payment]:
    return {payment.amount: payment for payment in await counter.payments()}


async def test_a_restored_backup_asks_about_what_may_have_left_and_never_sends_it_again(
    counter: Shop, tmp_path: Path
) -> None:
    asked = await counter.confirmed("/request 11 677777777")
    await until_stands(counter, 11, State.PENDING)
    busy = counter.box.faults.order("status", "/withdraw/", status=429)
    queued = await counter.confirmed("/payout 12 677777777")
    await until_stands(counter, 12, State.QUEUED)
    drafted = await counter.card("/payout 13 677777777")
    said = await guichet(counter, "backup", str(tmp_path / "kept"))
    assert "3 payments" in said
    assert "GUICHET_SECRET_KEY is not in it" in said

    counter.box.faults.clear(busy.id)
    counter.watch.skip(minutes=2)
    await counter.confirm(drafted)
    await counter.approve()
    for card in (asked, queued, drafted):
        await counter.shows(card, "✅")
    late = await counter.confirmed("/payout 14 677777777")
    await counter.shows(late, "✅")
    assert went_out(counter) == 3
    assert "stop the bot first" in await refused(counter, "restore", str(tmp_path / "kept"), "--replace")
    await counter.close()

    assert "--replace" in await refused(counter, "restore", str(tmp_path / "kept"))
    told = await guichet(counter, "restore", str(tmp_path / "kept"), "--replace")
    assert "set aside" in told
    assert "2 payments that may have left since are in doubt" in told
    before = counter.telegram.messages(counter.chat, counter.telegram.bot)[-1]
    await counter.open()
    await counter.telegram.wait_for(counter.chat, "restored from the backup", PATIENCE, before)
    await until_stands(counter, 11, State.SUCCEEDED)
    await until_stands(counter, 12, State.SUCCEEDED)
    now = await by_amount(counter)
    assert {amount: payment.state for amount, payment in now.items()} == {
        11: State.SUCCEEDED, 12: State.SUCCEEDED, 13: State.REVIEW
    }  # fmt: skip
    assert now[13].reason == "restored"
    await counter.telegram.wait_for(counter.chat, "older backup", PATIENCE)

    await counter.ask("/resume")
    await counter.app.chores.rounds.run()
    await counter.telegram.wait_for(counter.chat, "14", PATIENCE, before)
    assert went_out(counter) == 3
    again = await counter.confirmed("/payout 15 677777777")
    await counter.shows(again, "✅")
    assert went_out(counter) == 4


async def until_stands(counter: Shop, amount: int, state: State) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await by_amount(counter))[amount].state is not state:
            await asyncio.sleep(0.05)
