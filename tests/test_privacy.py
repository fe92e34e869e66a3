"""What is held on one number: seen, taken out and erased, by the owner in the chat and by the operator's commands."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from storage.privacy import MASKED
from tests.shop import PATIENCE, PAYER, Shop, shop


def read(path: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(path.read_text())
    return held


async def guichet(counter: Shop, *words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, words, env=counter.env)


async def test_an_owner_sets_the_time_sees_one_number_takes_it_out_and_erases_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no .env is
    async with shop(tmp_path) as counter:
        card = await counter.confirmed(f"/payout 20 {PAYER} for Awa")
        await counter.shows(card, "Sent")
        screen = await counter.ask("/privacy")
        assert "never" in screen.text
        await counter.telegram.tap(counter.owner, screen, "after a year", timeout=PATIENCE)
        await counter.shows(screen, "after a year")

        person = await counter.ask(f"/privacy {PAYER}")
        assert "name it: 1" in person.text
        await counter.telegram.tap(counter.owner, person, "As a file", timeout=PATIENCE)
        handed = await counter.telegram.wait_for(counter.chat, lambda one: "document" in one.media, PATIENCE, person)
        file = counter.telegram.world.files.get(handed.media["document"]["file_id"])
        assert file
        [held] = json.loads(file.content)["payments"]
        assert (held["msisdn"], held["description"]) == (PAYER, "Awa")
        taken = await guichet(counter, "person", "export", f"+{PAYER}", "person.json")
        assert taken.exit_code == 0, taken.output
        assert (await asyncio.to_thread(read, tmp_path / "person.json"))["1"]["payments"][0]["id"] == held["id"]

        await counter.telegram.wait_for(counter.chat, "who runs the counter", PATIENCE)
        assert "--yes" in (await guichet(counter, "person", "erase", f"+{PAYER}")).output
        await counter.telegram.tap(counter.owner, person, "Erase", timeout=PATIENCE)
        await counter.shows(person, "for good?")
        await counter.telegram.tap(counter.owner, person, "Erase it", timeout=PATIENCE)
        await counter.shows(person, "Erased")
        [payment] = await counter.payments()
        assert (payment.msisdn, payment.description) == (MASKED, "")
        assert "20" in (await counter.ask(f"/status {payment.id}")).text
        assert "Nothing is held" in (await counter.ask(f"/privacy {PAYER}")).text
        erased = await guichet(counter, "person", "erase", f"+{PAYER}", "--yes")
        assert "Masked: 0 payments" in erased.output
        assert (await guichet(counter, "audit", "verify")).exit_code == 0
