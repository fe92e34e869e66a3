"""Nkapsmart's side of the wire, without our gateway: what its page documents, and what it refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from providers.sandbox import Sandbox, Settings, State, serve
from providers.sandbox.nkapsmart import tokens
from tests.providers.sandbox.desk import Clock

V2 = "/api/v2/TransactionSecond"
KEY = {"email": "shop@shop.cm", "applicationKey": "sandbox-application-key"}
MOBILE = {**KEY, "phoneNumber": "671000101", "amount": 500}


@dataclass
class Till:
    box: Sandbox
    clock: Clock
    http: httpx.AsyncClient

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def sign_in(self, **changed: Any) -> httpx.Response:
        settings = self.box.settings.nkapsmart
        at = changed.get("timestamp", int(self.clock().timestamp()))
        signature = tokens.signature(settings.secret_key, at) if isinstance(at, int) else ""
        body = {"apiKey": settings.api_key, "signature": signature, "timestamp": at, **changed}
        return await self.post(tokens.PATH, {name: value for name, value in body.items() if value is not None})


@asynccontextmanager
async def till(changed: dict[str, Any] | None = None, ledger: Path | None = None) -> AsyncIterator[Till]:
    clock = Clock()
    settings = Settings.instant(payout_delay=1, nkapsmart=changed or {})
    async with (
        serve(settings, clock=clock, chance=Random(1), ledger=ledger) as box,
        httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=30) as http,
    ):
        at = Till(box, clock, http)
        token = (await at.sign_in()).json()["accessToken"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield at


async def test_signing_in_answers_with_the_four_documented_fields() -> None:
    async with till() as at:
        reply = await at.sign_in()
        body = reply.json()
        assert list(body) == ["accessToken", "tokenType", "expiresAt", "userId"]
        assert (body["tokenType"], body["expiresAt"]) == ("Bearer", int(at.clock().timestamp()) + 3600)


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
async def test_a_timestamp_may_be_five_minutes_off(seconds: int, status: int) -> None:
    async with till() as at:
        assert (await at.sign_in(timestamp=int(at.clock().timestamp()) + seconds)).status_code == status


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"signature": "x"}, 401),
        ({"apiKey": "another"}, 401),
        ({"signature": tokens.signature("another-key", 1732104000)}, 401),
        ({"signature": None}, 400),
        ({"apiKey": ""}, 400),
        ({"timestamp": None}, 400),
        ({"timestamp": "1732104000"}, 400),
        ({"timestamp": True}, 400),
        ({"signature": 5}, 400),
    ],
)
async def test_signing_in_is_strict(changed: dict[str, Any], status: int) -> None:
    async with till() as at:
        reply = await at.sign_in(**changed)
        assert (reply.status_code, reply.json()["status"]) == (status, status)


async def test_whether_a_signature_is_good_twice_is_a_setting() -> None:
    async with till({"replays": False}) as at:
        assert (await at.sign_in()).status_code == 401
        at.clock.skip(1)
        assert (await at.sign_in()).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a.b.c", "Token x", "Basic eDp5"])
async def test_nothing_is_done_without_a_token(header: str) -> None:
    async with till() as at:
        at.http.headers["Authorization"] = header
        assert (await at.post(f"{V2}/mobile", MOBILE)).status_code == 401
        assert at.box.ledger.entries() == []


async def test_a_token_dies() -> None:
    async with till() as at:
        at.clock.skip(3600)
        assert (await at.post(f"{V2}/mobile", MOBILE)).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"phoneNumber": "237671000101"},
        {"phoneNumber": "+23767100101"},
        {"phoneNumber": 671000101},
        {"phoneNumber": "661000101"},
        {"amount": "500"},
        {"amount": 0},
        {"amount": -5},
        {"amount": 0.5},
        {"amount": None},
        {"amount": True},
        {"email": ""},
        {"email": "nobody"},
        {"applicationKey": "another"},
    ],
)
async def test_a_collection_is_checked(changed: dict[str, Any]) -> None:
    async with till() as at:
        reply = await at.post(f"{V2}/mobile", {**MOBILE, **changed})
        assert (reply.status_code, reply.json()["title"]) == (400, "Bad Request")
        assert at.box.ledger.entries() == []


async def test_the_case_of_a_name_does_not_matter() -> None:
    async with till() as at:
        assert (await at.post(f"{V2}/mobile", {name.upper(): value for name, value in MOBILE.items()})).is_success


@pytest.mark.parametrize("number", [None, "0", 2, True, 0.5])
async def test_a_payout_names_a_known_operator(number: object) -> None:
    async with till() as at:
        reply = await at.post(f"{V2}/mobile/widraw", {**MOBILE, "operator": number})
        assert reply.status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"<x>", b'"x"', b'{"amount": NaN}', b'{"email": "\\ud800"}'])
async def test_what_is_no_order_is_refused(body: bytes) -> None:
    async with till() as at:
        assert (await at.http.post(f"{V2}/mobile", content=body)).status_code == 400


HISTORY = (
    "id transactionType transactionStatus operator transactionAmount transactionWithOutFees transactionReference "
    "transactionKey walletToken transactionDescription successUrl cancelUrl productName paymentUrl faildRaison "
    "description payCurrency payAmount ash transactionContactId transactionCategory transactionContact paymentAddress "
    "realAmount payeeAddress businnesId business createdAt updatedAt bulkOperationId"
)
BUSINESS = (
    "id name description returnUrl callbackUrl logoUrl allowIp balance activateEmail prevWidrawAmount transactionFees "
    "userId user businessOperatorBalance createdAt updatedAt"
)


@pytest.mark.parametrize("filled", [False, True])
async def test_a_record_has_the_documented_fields_and_no_login_unless_it_was_made_up(filled: bool) -> None:
    async with till({"account_record": filled}) as at:
        key = (await at.post(f"{V2}/mobile", {**MOBILE, "description": "shoes"})).json()["transactionKey"]
        record = (await at.http.get(f"{V2}/verify/{key}")).json()
        contact = record.pop("transactionContact")
        assert record == {
            "transactionReference": "NK-00000001",
            "transactionAmount": 500,
            "transactionDescription": "shoes",
            "walletToken": "wallet-NK-00000001",
            "transactionType": "Payment",
            "transactionCategory": "Mobile",
            "successUrl": "",
            "cancelUrl": "",
            "transactionKey": key,
            "productName": None,
            "transactionStatus": "PENDING",
            "paymentUrl": "",
            "raison": None,
            "cryptoPayAmount": None,
            "paymentAddress": None,
            "payeeAddress": None,
            "ash": None,
            "createdAt": "2026-11-20T12:00:00.000Z",
        }
        [history] = contact["transactions"]
        assert list(history) == HISTORY.split()
        assert list(history["business"]) == BUSINESS.split()
        assert history["business"]["user"]["passwordHash"] == ("made-up-passwordHash" if filled else None)


async def test_a_batch_has_the_documented_fields() -> None:
    async with till() as at:
        lines = [{"phoneNumber": phone, "amount": 100} for phone in ("671000101", "677777770", "661000101")]
        body = {"applicationKey": KEY["applicationKey"], "transactions": lines}
        batch = (await at.post(f"{V2}/mobile/withdraw/bulk", body)).json()["bulkOperationId"]
        at.clock.skip(1)
        read = (await at.http.get(f"{V2}/mobile/widraw/bulk/{batch}")).json()
        first, second, third = read.pop("transactions")
        assert read == {
            "bulkOperationId": batch,
            "totalCount": 3,
            "successCount": 1,
            "failedCount": 2,
            "pendingCount": 0,
            "status": "Completed",
            "createdAt": "2026-11-20T12:00:00.000Z",
            "updatedAt": "2026-11-20T12:00:01.000Z",
        }
        assert first == {
            "id": "t-NK-00000001",
            "phoneNumber": "671000101",
            "amount": 100,
            "email": "",
            "description": "",
            "status": "Success",
            "transactionKey": first["transactionKey"],
            "errorMessage": "",
            "createdAt": "2026-11-20T12:00:00.000Z",
        }
        assert {(line["status"], line["errorMessage"]) for line in (second, third)} == {
            ("Failed", "Receiver not found")
        }


async def test_a_batch_can_be_too_long_and_all_of_it_must_be_covered() -> None:
    async with till({"bulk_maximum": 2, "opening": 150}) as at:
        line = {"phoneNumber": "671000101", "amount": 100}
        for count, status in ((3, 400), (2, 403), (0, 400)):
            body = {"applicationKey": KEY["applicationKey"], "transactions": [line] * count}
            assert (await at.post(f"{V2}/mobile/withdraw/bulk", body)).status_code == status
        assert at.box.ledger.entries() == []


async def test_what_is_not_known_is_not_found() -> None:
    async with till() as at:
        for path in (f"{V2}/verify/nothing", f"{V2}/mobile/widraw/bulk/nothing"):
            assert (await at.http.get(path)).json()["title"] == "Not Found"
        for page in ("/nkapsmart/bank/nothing", "/nkapsmart/crypto/nothing"):
            assert (await at.http.get(page)).status_code == 404
            assert (await at.http.post(page, data={"answer": "authorize", "tokens": "1"})).status_code == 404


async def test_crypto_is_not_verified_without_its_hash() -> None:
    async with till() as at:
        body = {**KEY, "amount": 6000, "payCurrency": "SIM-USDT-TRON", "paymentAddress": "anything"}
        key = (await at.post(f"{V2}/crypto", body)).json()["transactionKey"]
        assert (await at.http.get(f"{V2}/verify/{key}")).status_code == 400
        assert (await at.post(f"{V2}/crypto", {**body, "payCurrency": "?"})).status_code == 400


@pytest.mark.parametrize("typed", ["", "ten", "-1", "0", "NaN", "1e999", "Infinity"])
async def test_a_deposit_that_is_no_amount_is_none(typed: str) -> None:
    async with till() as at:
        body = {**KEY, "amount": 6000, "payCurrency": "SIM-USDT-TRON", "paymentAddress": "anything"}
        page = (await at.post(f"{V2}/crypto", body)).json()["paymentUrl"]
        assert (await at.http.post(page, data={"tokens": typed})).status_code == 400
        assert 'id="hash"' not in (await at.http.get(page)).text


async def test_words_of_a_payment_are_text_on_its_page() -> None:
    async with till() as at:
        body = {**KEY, "amount": 6000, "Description": "<script>alert(1)</script>"}
        page = (await at.post("/api/Transaction/bank", body)).json()["paymentUrl"]
        assert "<script>" not in (await at.http.get(page)).text


async def test_a_stuck_bank_is_waited_for() -> None:
    async with till() as at:
        at.box.faults.order("stuck", "/Transaction/bank")
        page = (await at.post("/api/Transaction/bank", {**KEY, "amount": 6000})).json()["paymentUrl"]
        await at.http.post(page, data={"answer": "authorize"})
        assert "Waiting for the bank" in (await at.http.get(page)).text
        at.box.faults.clear()
        await at.box.tick()
        assert "Paid" in (await at.http.get(page)).text


async def test_a_deposit_and_a_batch_survive_a_restart(tmp_path: Path) -> None:
    body = {**KEY, "amount": 6000, "payCurrency": "SIM-USDT-TRON", "paymentAddress": "anything"}
    async with till(ledger=tmp_path / "ledger.db") as at:
        made = (await at.post(f"{V2}/crypto", body)).json()
        await at.http.post(made["paymentUrl"], data={"tokens": "10"})
        ash = (await at.http.get(made["paymentUrl"])).text.partition('id="hash">')[2].partition("<")[0]
        bulk = {"applicationKey": KEY["applicationKey"], "transactions": [{"phoneNumber": "671000101", "amount": 5}]}
        batch = (await at.post(f"{V2}/mobile/withdraw/bulk", bulk)).json()["bulkOperationId"]
    async with till(ledger=tmp_path / "ledger.db") as at:
        record = (await at.http.get(f"{V2}/verify/{made['transactionKey']}/{ash}")).json()
        assert (record["transactionStatus"], record["ash"]) == ("SUCCESS", ash)
        assert (await at.http.get(f"{V2}/mobile/widraw/bulk/{batch}")).json()["totalCount"] == 1


async def test_money_is_neither_made_nor_lost() -> None:
    async with till({"fee_percent": 2}) as at:
        at.box.phones.wallet("237671000101")
        at.box.world.accounts.open(f"bank/{KEY['email']}/XAF", 100_000)
        before = sum(at.box.world.accounts.all().values())
        await at.post(f"{V2}/mobile", MOBILE)
        at.box.phones.approve("237671000101", "1234")
        page = (await at.post("/api/Transaction/bank", {**KEY, "amount": 6000})).json()["paymentUrl"]
        await at.http.post(page, data={"answer": "authorize"})
        await at.post(f"{V2}/mobile/widraw", {**MOBILE, "operator": 0})
        at.clock.skip(1)
        await at.box.tick()
        assert {entry.state for entry in at.box.ledger.entries()} == {State.SUCCEEDED}
        assert sum(at.box.world.accounts.all().values()) == before
