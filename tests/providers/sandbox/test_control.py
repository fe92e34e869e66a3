"""The control interface over HTTP, without any token."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from providers.sandbox import Settings
from tests.providers.sandbox.desk import MTN, Desk, desk

PAGE = "http://localhost:5173"


async def test_a_phone_is_watched_approved_and_declined() -> None:
    async with desk() as at, httpx.AsyncClient(base_url=at.box.url, trust_env=False, timeout=30) as page:
        first, second = [(await at.collect("20")).json()["reference"] for _ in range(2)]
        phone = (await page.get(f"/control/phones/{MTN}")).json()
        assert [prompt["reference"] for prompt in phone["prompts"]] == [first, second]
        wrong = await page.post(f"/control/phones/{MTN}/approve", json={"pin": "0000"})
        assert (wrong.status_code, wrong.json()) == (403, {"error": "wrong_pin", "tries_left": 2})
        paid = await page.post(f"/control/phones/{MTN}/approve", json={"pin": "1234", "reference": first})
        assert (paid.status_code, paid.json()["state"]) == (200, "succeeded")
        declined = await page.post(f"/control/phones/{MTN}/decline", json={})
        assert (declined.json()["id"], declined.json()["reason"]) == (second, "declined")
        for act in ("approve", "decline"):
            assert (await page.post(f"/control/phones/{MTN}/{act}", json={"pin": "1234"})).status_code == 404
        [seen] = (await page.get("/control/phones")).json()["phones"]
        assert (seen["msisdn"], seen["wallet"], len(seen["messages"])) == (MTN, 99_980, 2)


async def test_the_ledger_tells_everything_and_can_be_narrowed() -> None:
    async with desk() as at:
        await at.paid("20", external_reference="one", external_user="buyer")
        await at.withdraw("30")
        entries = (await at.http.get("/control/ledger")).json()["entries"]
        assert [(entry["kind"], entry["amount"]) for entry in entries] == [("collection", 20), ("payout", 30)]
        assert {"external_reference", "external_user", "opened_at", "ended_at", "callbacks"} <= entries[0].keys()
        assert (await at.http.get("/control/ledger?msisdn=237690000000")).json() == {"entries": []}


async def test_settings_change_while_it_runs_and_a_slip_changes_nothing() -> None:
    async with desk() as at:
        changed = await at.http.patch("/control/settings", json={"pin": "4321", "campay": {"demo_limit": 0}})
        assert (changed.json()["pin"], changed.json()["campay"]["demo_limit"]) == ("4321", 0)
        assert (await at.collect("5000")).status_code == 200
        for wrong in (
            {"pni": "1"},
            {"campay": {"demo_limit": -1}},
            {"campay": {"history_zone": "Mars/Base"}},
            {"pin": ""},
        ):
            assert (await at.http.patch("/control/settings", json=wrong)).status_code == 400
        state = (await at.http.get("/control/state")).json()
        assert (state["settings"]["pin"], state["settings"]["campay"]["demo_limit"]) == ("4321", 0)
        assert state["settings"]["campay"]["token"] == at.box.settings.campay.token


async def test_balances_are_put_by_hand() -> None:
    async with desk() as at:
        await at.post("/control/balances", {"account": "campay/MTN/XAF", "balance": 7})
        await at.post("/control/balances", {"msisdn": MTN, "balance": 9})
        assert (await at.balance())["mtn_balance"] == 7
        assert at.box.phones.wallet(MTN) == 9
        balances = (await at.http.get("/control/state")).json()["balances"]
        ours = {name: balance for name, balance in balances.items() if name.startswith(("campay/", "phone/"))}
        assert ours == {
            "campay/AIRTIME/XAF": 10_000, "campay/MTN/XAF": 7, "campay/ORANGE/XAF": 50_000, f"phone/{MTN}/XAF": 9,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"account": "campay/MTN/XAF"}, 400),
        ({"account": "campay/MTN/XAF", "balance": -1}, 400),
        ({"account": "campay/MTN/XAF", "balance": 1.5}, 400),
        ({"balance": 1}, 400),
        ({"account": "inside/campay/transit/XAF", "balance": 1}, 404),
        ({"account": "bank/x", "balance": 1}, 404),
    ],
)
async def test_a_wrong_balance_is_refused(body: dict[str, Any], status: int) -> None:
    async with desk() as at:
        await at.withdraw("20")
        assert (await at.post("/control/balances", body)).status_code == status


async def test_a_page_of_this_machine_may_call_and_others_may_not() -> None:
    async with desk() as at:
        for origin, allowed in (
            (PAGE, PAGE),
            ("http://127.0.0.1:8800", "http://127.0.0.1:8800"),
            ("https://evil.example", None),
        ):
            reply = await at.http.get("/control/state", headers={"Origin": origin})
            assert reply.headers.get("access-control-allow-origin") == allowed
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "content-type",
        }
        assert (await at.http.options("/control/settings", headers=asked)).status_code == 200
        api = await at.http.get("/api/balance/", headers={"Origin": PAGE})
        assert "access-control-allow-origin" not in api.headers  # CamPay itself refuses browsers


async def events(at: Desk, after: int, wanted: int) -> list[tuple[int, str, dict[str, Any]]]:
    seen: list[tuple[int, str, dict[str, Any]]] = []
    async with at.http.stream("GET", f"/control/events?after={after}") as stream:
        number, kind = 0, ""
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                number = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                seen.append((number, kind, json.loads(value)))
            if len(seen) == wanted:
                break
    return seen


async def test_events_tell_of_prompts_payments_and_messages_in_order() -> None:
    async with desk() as at:
        await at.paid("20")
        seen = await events(at, 0, 4)
        assert [kind for _, kind, _ in seen] == ["entry", "prompt", "entry", "message"]
        assert (seen[1][2]["msisdn"], seen[1][2]["amount"], seen[2][2]["state"]) == (MTN, 20, "succeeded")
        assert [number for number, _, _ in await events(at, seen[1][0], 2)] == [seen[2][0], seen[3][0]]
        assert (await at.http.get("/control/state")).json()["last_event"] == seen[-1][0]


async def test_an_open_stream_hears_of_a_new_prompt_at_once() -> None:
    async with desk() as at:
        listening = asyncio.create_task(events(at, 0, 2))
        await asyncio.sleep(0.05)
        await at.collect("20")
        async with asyncio.timeout(30):
            assert [kind for _, kind, _ in await listening] == ["entry", "prompt"]


async def test_a_browser_that_reconnects_goes_on_where_it_stopped() -> None:
    async with desk() as at:
        await at.paid("20")
        at.http.headers["Last-Event-ID"] = "3"
        [(number, kind, _)] = await events(at, 0, 1)
        assert (number, kind) == (4, "message")
        at.http.headers["Last-Event-ID"] = "x"
        assert (await at.http.get("/control/events")).status_code == 400


async def test_an_open_stream_does_not_keep_the_sandbox_from_stopping() -> None:
    async with asyncio.timeout(30):
        async with desk(Settings()) as at, httpx.AsyncClient(base_url=at.box.url, trust_env=False, timeout=30) as page:
            listening = asyncio.create_task(read_to_the_end(page))
            await asyncio.sleep(0.05)
            at.box.world.events.close()
            await listening


async def read_to_the_end(page: httpx.AsyncClient) -> None:
    async with page.stream("GET", "/control/events") as stream:
        async for _ in stream.aiter_bytes():
            pass


async def test_the_help_page_names_the_credentials_and_escapes_them() -> None:
    async with desk(Settings.instant(campay={"token": "<b>token</b>"})) as at:
        reply = await at.http.get("/", headers={"Authorization": ""})
        assert reply.headers["content-type"].startswith("text/html")
        for shown in (at.box.url, "sandbox-user", "sandbox-pass", "237677777777", "&lt;b&gt;token&lt;/b&gt;"):
            assert shown in reply.text
        for system in ("CamPay", "KPay", "Nkapsmart", "SauriPay"):
            assert system in reply.text


@pytest.mark.parametrize("body", [b"{", b"[]"])
async def test_a_control_call_that_is_no_object_is_refused(body: bytes) -> None:
    async with desk() as at:
        assert (await at.http.post("/control/faults", content=body)).status_code == 400
