"""SauriPay's side of the wire by itself, as a client in any language would meet it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from providers.sandbox import Sandbox, Settings, serve
from providers.sandbox.sauripay import signatures
from tests.providers.sandbox.desk import Clock, receiver

KENYA = "254700000001"
ORDER = {
    "merchant_id": "sandbox-merchant-id",
    "customer_id": KENYA,
    "order_id": "ord-0001",
    "amount": "100.00",
    "currency": "KES",
    "country": "KE",
    "provider_id": 2390,
}


@dataclass
class Till:
    box: Sandbox
    clock: Clock
    http: httpx.AsyncClient

    async def post(self, call: str, body: dict[str, Any], public_id: str = "sandbox-public-id") -> httpx.Response:
        signed = signatures.signed(body, self.box.settings.sauripay.secret_key)
        return await self.http.post(f"/{public_id}/{call}", content=signed)

    async def collect(self, **changed: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.post("payment_c2b", ORDER | changed)).json()
        return answer

    async def pay(self, **changed: Any) -> dict[str, Any]:
        body = ORDER | {"amount": "250.00"} | changed
        answer: dict[str, Any] = (await self.post("payment_b2c", body)).json()
        return answer

    async def status(self, order_id: str = "ord-0001", **more: Any) -> dict[str, Any]:
        body = {"merchant_id": "sandbox-merchant-id", "order_id": order_id, **more}
        answer: dict[str, Any] = (await self.post("status", body)).json()
        return answer

    async def later(self, seconds: float) -> None:
        self.clock.skip(seconds)
        await self.box.tick()


@asynccontextmanager
async def till(ledger: Path | None = None, clock: Clock | None = None, **settings: Any) -> AsyncIterator[Till]:
    clock = clock or Clock()
    async with (
        serve(Settings.instant(sauripay=settings), ledger=ledger, clock=clock, chance=Random(1)) as box,
        httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=30) as http,
    ):
        yield Till(box, clock, http)


async def test_the_answer_has_the_fields_of_the_documented_one() -> None:
    async with till() as at:
        first = await at.collect()
        at.box.phones.approve(KENYA, "1234")
        done = await at.status()
    assert first == {
        "order_id": "ord-0001",
        "transaction_id": "732000000001",
        "transaction_ref": "",
        "status": 1,
        "result": {"code": 0, "message": "OK"},
        "provider_result": {"code": -8888, "message": "Good"},
        "service_id": 1,
        "service_version": "sim-1",
        "service_date_time": "2026-11-20 12:00:00.000000",
        "confirm_type": 0,
    }
    assert list(done) == list(first)
    assert (done["status"], done["provider_result"]) == (2, {"code": 0, "message": "OK"})
    assert done["transaction_ref"]


async def test_a_callback_has_the_documented_fields_in_their_order() -> None:
    async with till() as at, receiver() as merchant:
        await at.collect(amount="900.50", callback_url=merchant.url)
        at.box.phones.approve(KENYA, "1234")
        await at.box.tick()
        raw = (await merchant.heard_times(1))[0].body
    told = json.loads(raw)
    assert list(told) == [
        "merchant_id", "operation_type", "customer_id", "amount", "order_id", "transaction_id", "transaction_ref",
        "status", "provider_id", "destination_id", "result", "signature",
    ]  # fmt: skip
    assert (told["operation_type"], told["amount"], told["status"], told["destination_id"]) == (17, 900.5, 2, "")
    assert signatures.fits(raw, told["signature"], "sandbox-sauripay-key")


async def test_nobody_is_called_who_gave_no_address_or_plays_with_the_simulator() -> None:
    async with till() as at:
        await at.pay()
        await at.pay(order_id="ord-2", provider_id=14, callback_url="http://127.0.0.1:9/told")
        await at.later(1)
        assert at.box.callbacks.all() == []
        assert [(await at.status(order))["status"] for order in ("ord-0001", "ord-2")] == [2, 1]


async def test_the_signature_holds_for_the_order_in_which_the_fields_came() -> None:
    signature = signatures.over(json.dumps(ORDER).encode(), "sandbox-sauripay-key")
    async with till() as at:
        turned = {**dict(reversed(ORDER.items())), "signature": signature}
        reply = await at.http.post("/sandbox-public-id/payment_c2b", json=turned)
        assert reply.json()["result"] == {"code": 10201, "message": "MERCHANT AUTHENTICATION ERROR"}
        first = {"signature": signature, **ORDER}  # where the signature itself stands is all the same
        assert (await at.http.post("/sandbox-public-id/payment_c2b", json=first)).json()["status"] == 1
        assert len(at.box.ledger.entries()) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"customer_id": "25470000001"}, 10401),
        ({"merchant_id": "another"}, 10105),
        ({"order_id": "a b"}, 19001),
        ({"order_id": 7}, 19001),
        ({"amount": "0"}, 19001),
        ({"amount": "1e3"}, 19001),
        ({"amount": True}, 19001),
        ({"provider_id": 77}, 19002),
        ({"provider_id": None}, 19002),
        ({"currency": "XAF"}, 19003),
        ({"amount": "9.99"}, 19004),
        ({"amount": "10000.01"}, 19004),
        ({"provider_id": "2303", "currency": "XOF", "customer_id": "2250500000001", "amount": "1001"}, 19005),
        ({"provider_id": 2352, "currency": "RWF", "customer_id": "250780000001", "amount": "1000"}, 19006),
        ({"provider_id": 9209, "currency": "XOF", "customer_id": "22670000001", "extra": {"otp": "1111"}}, 19004),
        (
            {"provider_id": 9209, "currency": "XOF", "customer_id": "22670000001", "amount": "500",
             "extra": {"otp": "1111"}}, 1,
        ),
        (
            {"provider_id": 9209, "currency": "XOF", "customer_id": "22670000001", "amount": "500",
             "extra": {"otp": "11"}}, 3,
        ),
        ({"extra": {"customer_name": 7}}, 19001),
    ],
)  # fmt: skip
async def test_a_refusal_is_http_200_with_a_code_and_nothing_is_stored(changed: dict[str, Any], code: int) -> None:
    async with till() as at:
        reply = await at.post("payment_c2b", ORDER | changed)
        assert (reply.status_code, reply.json()["result"]["code"], reply.json()["status"]) == (200, code, -1)
        assert at.box.ledger.entries() == []


@pytest.mark.parametrize("amount", ["1100", 1000, 1000.5, "1000.00"])
async def test_amounts_come_as_the_samples_and_the_clients_write_them(amount: object) -> None:
    async with till() as at:
        assert (await at.collect(amount=amount))["status"] == 1


async def test_a_repeat_gets_the_first_answer_word_for_word() -> None:
    async with till() as at:
        first = await at.collect()
        at.box.phones.approve(KENYA, "1234")
        assert await at.collect() == first
        assert await at.collect(amount="200.00") == first
        assert await at.pay() == first
        assert len(at.box.ledger.entries()) == 1
        repeats = [event.body["differs"] for event in at.box.world.events.after(0) if event.kind == "repeat"]
    assert repeats == [False, True, True]
    async with till(shared_order_ids=False) as at:
        await at.collect()
        await at.pay()
        assert len(at.box.ledger.entries()) == 2


async def test_a_body_that_is_no_json_is_a_400() -> None:
    async with till() as at:
        for raw in (b"", b"[]", b"{", b"\xff", b'{"a": "\\ud800"}'):
            assert (await at.http.post("/sandbox-public-id/status", content=raw)).status_code == 400


async def test_silence_and_refusal_end_a_collection() -> None:
    async with till(declined_status=4) as at:
        await at.collect()
        await at.collect(order_id="ord-2", customer_id="254700000002")
        at.box.phones.decline("254700000002")
        await at.later(121)
        silent, declined = await at.status(), await at.status("ord-2")
    assert (silent["status"], silent["provider_result"]["message"]) == (3, "TIMEOUT")
    assert (declined["status"], declined["provider_result"]["message"]) == (4, "DECLINED BY CUSTOMER")


async def test_a_stuck_payment_stays_in_progress_until_the_fault_is_cleared() -> None:
    async with till() as at:
        at.box.faults.order("stuck", "payment_b2c")
        await at.pay()
        await at.later(60)
        assert (await at.status())["status"] == 1
        at.box.faults.clear()
        await at.later(1)
        assert (await at.status())["status"] == 2


async def test_a_payout_that_waits_for_its_confirmation_goes_on_with_a_second_request() -> None:
    async with till(confirm_type=1) as at:
        assert (await at.pay())["confirm_type"] == 1
        await at.later(60)
        assert (await at.status())["status"] == 1
        assert (await at.pay(extra={"otp": ""}))["result"]["message"] == "PIN IS BLANK"
        assert (await at.pay(extra={"otp": "5647"}))["confirm_type"] == 0
        assert (await at.status())["status"] == 2


async def test_pages_of_nobody_are_not_found_and_a_late_payer_finds_the_end(tmp_path: Path) -> None:
    bank = {"provider_id": 9122, "currency": "NGN", "country": "NG", "customer_id": "2348030000001"}
    clock = Clock()
    async with till(tmp_path / "ledger", clock) as at:
        assert (await at.http.get("/sauripay/page/nobody")).status_code == 404
        assert (await at.http.post("/sauripay/bank", data={"account": "1", "amount": "1"})).status_code == 404
        assert (await at.http.post("/sauripay/dial", data={"msisdn": "22670000001", "dial": "*1#"})).status_code == 400
        await at.collect(**bank)
    async with till(tmp_path / "ledger", clock) as at:  # orders outlive the process
        await at.later(2)
        url = (await at.status())["extra"]["customer_redirect"]
        assert "100.00 NGN" in (await at.http.get(url)).text
        await at.later(601)
        assert "Not paid." in (await at.http.post(url, follow_redirects=True)).text
        assert "extra" not in await at.status()
