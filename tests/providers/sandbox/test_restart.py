"""What survives the death of the process: everything that was answered, and everything that was owed."""

import asyncio
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from providers.sandbox import Settings
from tests.providers.sandbox.desk import MTN, ORANGE, Clock, desk, receiver, until

TOKEN = {"Authorization": f"Token {Settings().campay.token}"}


async def test_prompts_timeouts_and_balances_go_on_after_a_restart(tmp_path: Path) -> None:
    clock, ledger = Clock(), tmp_path / "ledger.db"
    async with desk(ledger=ledger, clock=clock) as at:
        asked, silent = await at.collect("20", external_reference="one"), await at.collect("20", ORANGE)
        paid = await at.withdraw("300")
    clock.skip(119)
    async with desk(ledger=ledger, clock=clock) as at:
        assert (await at.collect("20", external_reference="one")).json() == asked.json()
        at.box.phones.approve(MTN, "1234")
        assert (await at.record(asked))["status"] == "SUCCESSFUL"
        await at.after(1)
        assert (await at.record(silent))["reason"] == "timeout"
        assert (await at.record(paid))["status"] == "SUCCESSFUL"
        assert (await at.balance())["mtn_balance"] == 50_000 - 300 + 19
        assert at.box.phones.wallet(MTN) == 100_000 + 300 - 20


async def test_callbacks_that_were_owed_are_sent_after_a_restart(tmp_path: Path) -> None:
    clock, ledger = Clock(), tmp_path / "ledger.db"
    async with receiver() as shop:
        settings = Settings(callback_retry_delay=60, campay={"callback_url": shop.url})
        shop.answers = [503]
        async with desk(settings, ledger, clock) as at:
            await at.paid("20")
            await until(lambda: at.box.callbacks.all()[0].answer == "503")
        clock.skip(60)
        async with desk(settings, ledger, clock) as at:
            await until(lambda: at.box.callbacks.all()[0].state == "delivered")
            assert len(shop.heard) == 2


async def test_what_a_fault_held_goes_on_after_a_restart_since_the_fault_is_gone(tmp_path: Path) -> None:
    clock, ledger = Clock(), tmp_path / "ledger.db"
    async with desk(ledger=ledger, clock=clock) as at:
        at.box.faults.order("stuck")
        reply = await at.collect("20")
        at.box.phones.approve(MTN, "1234")
    async with desk(ledger=ledger, clock=clock) as at:
        await at.box.tick()
        assert (await at.record(reply))["status"] == "SUCCESSFUL"


async def test_a_link_and_the_day_s_numbers_survive(tmp_path: Path) -> None:
    clock, ledger = Clock(), tmp_path / "ledger.db"
    order = {"amount": "20", "description": "Shoes", "redirect_url": "https://shop.example/"}
    async with desk(ledger=ledger, clock=clock) as at:
        link = (await at.post("/api/get_payment_link/", order)).json()["link"]
        await at.collect("20")
    async with desk(ledger=ledger, clock=clock) as at:
        assert (await at.http.get(link.replace(link[: link.index("/pay/")], at.box.url))).status_code == 200
        assert (await at.record(await at.collect("20")))["code"][:12] == "D261120D0002"


async def test_one_ledger_has_one_sandbox(tmp_path: Path) -> None:
    async with desk(ledger=tmp_path / "ledger.db"):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            async with desk(ledger=tmp_path / "ledger.db"):
                pass


@dataclass(frozen=True)
class Running:
    url: str
    process: asyncio.subprocess.Process
    said: str


@asynccontextmanager
async def program(*options: str) -> AsyncIterator[Running]:
    """python -m providers.sandbox on a free port; killed at the end unless it ended before."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "providers.sandbox", "--port", "0", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    said = ""
    try:
        while "ledger  " not in said:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            assert line, "it ended before it was ready"
            said += line.decode()
        found = re.search(r"http://\S+", said)
        assert found
        yield Running(found[0], process, said)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_killed_process_forgets_nothing_that_it_answered(tmp_path: Path) -> None:
    async with receiver() as shop:
        options = ["--ledger", str(tmp_path / "ledger.db"), "--callback-url", shop.url]
        shop.answers = [503]
        async with program(*options) as first, httpx.AsyncClient(base_url=first.url, headers=TOKEN, timeout=30) as http:
            order = {"amount": "20", "from": MTN, "description": "Shoes", "external_reference": "one"}
            asked = (await http.post("/api/collect/", json=order)).json()
            other = {"amount": "20", "from": ORANGE, "description": "Shoes"}
            owed = (await http.post("/api/collect/", json=other)).json()
            await http.post(f"/control/phones/{ORANGE}/approve", json={"pin": "1234"})
            first.process.send_signal(signal.SIGKILL)
            await first.process.wait()
        async with (
            program(*options) as second,
            httpx.AsyncClient(base_url=second.url, headers=TOKEN, timeout=30) as http,
        ):
            assert (await http.post("/api/collect/", json=order)).json() == asked
            done = (await http.get(f"/api/transaction/{owed['reference']}/")).json()
            assert done["status"] == "SUCCESSFUL"
            await http.post(f"/control/phones/{MTN}/approve", json={"pin": "1234"})
            await until(lambda: asked["reference"] in [heard.query["reference"] for heard in shop.heard])
            balance = (await http.get("/api/balance/")).json()
            assert (balance["mtn_balance"], balance["orange_balance"]) == (50_019, 50_019)


async def test_the_program_says_where_it_is_and_stops_cleanly_when_told(tmp_path: Path) -> None:
    async with program("--token", "another-token", "--test-numbers", "ask") as running:
        for said in ("another-token", "sandbox-webhook-key", "PIN 1234", "in memory", running.url):
            assert said in running.said
        async with httpx.AsyncClient(
            base_url=running.url, headers={"Authorization": "Token another-token"}, timeout=30
        ) as http:
            assert (await http.get("/api/balance/")).status_code == 200
            async with http.stream("GET", "/control/events"):
                running.process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(running.process.wait(), 60) == 0
        assert running.process.stderr
        assert await running.process.stderr.read() == b""


async def test_an_address_that_others_can_reach_is_warned_about() -> None:
    async with program("--host", "0.0.0.0") as running:  # noqa: S104  # that is what is warned about
        assert running.said.startswith("CAREFUL")
