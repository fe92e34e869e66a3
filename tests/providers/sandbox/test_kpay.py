"""KPay's side of the wire: the samples of its pages field by field, and what it refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from providers.sandbox import Settings, serve
from tests.providers.sandbox.desk import Clock, Desk

PAYS = "237653456789"
DEPOSIT = {"amount": 5000, "provider": "MTN_MOMO_CMR", "phoneNumber": PAYS, "externalId": "CMD-1"}
PAGE = {"amount": 5000, "externalId": "WD-ORD-001", "returnUrl": "https://shop.example/return"}
ROOT = "/api/v1/payments"


@asynccontextmanager
async def kpay(**settings: Any) -> AsyncIterator[Desk]:
    clock = Clock()
    async with serve(Settings.model_validate({"kpay": settings}), clock=clock) as box:
        known = box.settings.kpay
        headers = {"X-API-Key": known.api_key, "X-Secret-Key": known.secret_key}
        async with httpx.AsyncClient(base_url=box.url, headers=headers, trust_env=False, timeout=30) as http:
            yield Desk(box, clock, http)


async def sent(at: Desk, path: str, body: Any) -> dict[str, Any]:
    answer = await at.post(f"{ROOT}/{path}", body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def seen(at: Desk, path: str) -> Any:
    answer = await at.http.get(f"{ROOT}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_withdrawal_answers_as_its_sample_does() -> None:
    async with kpay() as at:
        told = await sent(at, "withdraw", {**DEPOSIT, "externalId": "WD-ORDER-98765"})
        assert list(told) == [
            "id", "reference", "providerReference", "status", "amount", "netAmount", "feeAmount", "currency",
            "externalId", "provider", "country", "phoneNumber", "isTest", "message",
        ]  # fmt: skip
        plain = {name: told[name] for name in told if name not in {"id", "reference", "providerReference", "message"}}
        assert plain == {
            "status": "PENDING", "amount": 5000, "netAmount": 4750, "feeAmount": 250, "currency": "XAF",
            "externalId": "WD-ORDER-98765", "provider": "MTN_MOMO_CMR", "country": "CMR", "phoneNumber": PAYS,
            "isTest": True,
        }  # fmt: skip
        assert told["id"].startswith("wdr_")
        assert told["reference"].startswith("KPAY-WD-20261120-")


async def test_a_withdrawal_is_recorded_as_its_sample_is() -> None:
    async with kpay() as at:
        asked = {**DEPOSIT, "description": "Commission", "metadata": {"payoutCycle": "2026-05", "n": 1.5}}
        told = await sent(at, "withdraw", asked)
        await at.after(105)
        record = await seen(at, f"withdraw/{told['id']}")
        assert list(record) == [
            "id", "reference", "providerReference", "status", "amount", "netAmount", "feeAmount", "currency",
            "externalId", "provider", "country", "phoneNumber", "isTest", "description", "metadata", "createdAt",
            "completedAt", "failedAt", "failureReason",
        ]  # fmt: skip
        assert (record["status"], record["failedAt"], record["failureReason"]) == ("COMPLETED", None, None)
        assert (record["createdAt"], record["completedAt"]) == ("2026-11-20T12:00:00.000Z", "2026-11-20T12:01:45.000Z")
        assert record["metadata"] == {"payoutCycle": "2026-05", "n": 1.5}
        assert (await at.http.get(f"{ROOT}/{told['id']}")).status_code == 404


async def test_a_deposit_answers_without_its_commission_and_records_it() -> None:
    async with kpay() as at:
        told = await sent(at, "init", DEPOSIT)
        assert "feeAmount" not in told
        record = await seen(at, told["id"])
        assert (record["feeAmount"], record["netAmount"]) == (100, 4900)


@pytest.mark.parametrize(("path", "commission"), [("init", []), ("withdraw", ["netAmount", "feeAmount"])])
async def test_a_page_answers_as_its_sample_does(path: str, commission: list[str]) -> None:
    async with kpay() as at:
        told = await sent(at, path, PAGE)
        assert list(told) == [
            "id", "reference", "externalId", "status", "mode", "amount", *commission, "currency", "gatewayUrl",
            "expiresAt", "isTest", "message",
        ]  # fmt: skip
        assert (told["mode"], told["expiresAt"]) == ("GATEWAY", "2026-11-20T12:30:00.000Z")
        assert told["gatewayUrl"].startswith(f"{at.box.url}/gateway/gw_")
        record = await seen(at, f"withdraw/{told['id']}" if path == "withdraw" else told["id"])
        assert (record["status"], record["provider"], record["phoneNumber"]) == ("PENDING", None, None)


async def test_the_utilities_answer_as_their_samples_do() -> None:
    async with kpay() as at:
        me = await seen(at, "me")
        assert (list(me), list(me["application"])) == (["application", "company", "environment"], ["id", "name"])
        assert me["environment"] == "TEST"
        token = await sent(at, "token", {})
        assert (list(token), token["expiresIn"]) == (["accessToken", "expiresIn", "environment"], "30m")
        assert await seen(at, "exchange-rate?from=XAF&to=XOF") == {"from": "XAF", "to": "XOF", "rate": 1.0153}
        guess = await sent(at, "predict-provider", {"phoneNumber": f"+{PAYS}"})
        assert guess == {"country": "CMR", "provider": "MTN_MOMO_CMR", "phoneNumber": PAYS}
        rows = await seen(at, "availability")
        assert [row["country"] for row in rows if row["country"] in {"CMR", "GHA"}] == ["CMR", "GHA"]
        assert rows[0]["providers"][0]["operationTypes"] == [
            {"operationType": "DEPOSIT", "status": "OPERATIONAL"},
            {"operationType": "PAYOUT", "status": "OPERATIONAL"},
        ]
        [francs] = [row for row in await seen(at, "balance") if row["currency"] == "XAF"]
        assert list(francs) == ["currency", "balance", "reservedBalance", "availableBalance"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"externalId": None}, 400),
        ({"amount": "5000"}, 400),
        ({"amount": 0}, 400),
        ({"amount": 5000.5}, 400),
        ({"amount": 1e300}, 400),
        ({"amount": True}, 400),
        ({"provider": "ORANGE_GAB"}, 400),
        ({"phoneNumber": "+237653456789"}, 400),
        ({"phoneNumber": "254703456789"}, 400),
        ({"returnUrl": "https://shop.example"}, 400),
        ({"metadata": "x"}, 400),
        ({"description": 7}, 400),
    ],
)
async def test_what_is_not_as_documented_is_refused_in_the_envelope(changed: dict[str, Any], status: int) -> None:
    async with kpay() as at:
        answer = await at.post(f"{ROOT}/init", {**DEPOSIT, **changed})
        assert answer.status_code == status
        assert list(answer.json()) == ["statusCode", "message", "error"]
        assert at.box.ledger.entries() == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'"x"', b'{"amount": NaN}', b'{"externalId": "\\ud800"}'])
async def test_a_body_that_is_no_order_is_refused(content: bytes) -> None:
    async with kpay() as at:
        assert (await at.http.post(f"{ROOT}/init", content=content)).status_code == 400


@pytest.mark.parametrize("headers", [{"X-API-Key": ""}, {"X-Secret-Key": "wrong"}, {"X-API-Key": "kpay_live_1"}])
async def test_keys_that_do_not_fit_are_401(headers: dict[str, str]) -> None:
    async with kpay() as at:
        assert (await at.http.get(f"{ROOT}/me", headers=headers)).status_code == 401


async def test_an_external_id_is_free_again_after_a_failure_only() -> None:
    async with kpay() as at:
        await sent(at, "init", {**DEPOSIT, "phoneNumber": "237653456019"})
        assert (await at.post(f"{ROOT}/init", DEPOSIT)).status_code == 409
        await at.after(1)
        await sent(at, "init", DEPOSIT)
        await at.after(1)
        assert (await at.post(f"{ROOT}/init", DEPOSIT)).status_code == 409


async def test_a_transfer_wants_a_token_that_lives() -> None:
    async with kpay() as at:
        token = (await sent(at, "token", {}))["accessToken"]
        body = {"applicationId": (await seen(at, "me"))["application"]["id"], "sourceCountry": "CMR"}
        bearer = {"Authorization": f"Bearer {token}"}

        async def status(headers: dict[str, str], **changed: Any) -> int:
            full = {**body, "destinationCountry": "GAB", "amount": 20000, **changed}
            return (await at.post("/api/wallets/transfer", full, headers=headers)).status_code

        assert await status({}) == 401
        assert await status(bearer) == 201
        assert await status(bearer, destinationCountry="CMR") == 400
        assert await status(bearer, destinationCountry="ZMB") == 404
        assert await status(bearer, applicationId="another") == 403
        assert await status(bearer, amount=99) == 400
        assert await status(bearer, amount=9_000_000) == 422
        at.clock.skip(1800)
        assert await status(bearer) == 401


async def test_the_limits_of_a_minute_hold_and_are_forgiven() -> None:
    async with kpay(sessions_per_minute=2) as at:
        answers = [await at.post(f"{ROOT}/init", {**PAGE, "externalId": str(number)}) for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert answers[-1].headers["retry-after"] == "60"
        at.clock.skip(60)
        assert (await at.post(f"{ROOT}/init", PAGE)).status_code == 201


async def test_a_refund_is_refused_where_it_is_documented_to_be() -> None:
    async with kpay() as at:
        told = await sent(at, "init", DEPOSIT)
        refund = f"{ROOT}/{told['id']}/refund"
        assert (await at.post(refund, {})).status_code == 400
        await at.after(1)
        assert (await at.post(f"{ROOT}/pay_0/refund", {})).status_code == 404
        made = await at.post(refund, {"externalId": "R-1"})
        assert list(made.json()) == [
            "id", "status", "amount", "currency", "originalPaymentId", "originalPaymentStatus", "message",
        ]  # fmt: skip
        assert (await at.post(refund, {"externalId": "R-1"})).json()["id"] == made.json()["id"]
        assert (await at.post(refund, {"externalId": "R-2"})).status_code == 400


async def test_the_refund_window_is_seven_days() -> None:
    async with kpay() as at:
        told = await sent(at, "init", DEPOSIT)
        await at.after(1)
        at.clock.skip(7 * 86_400 + 1)
        assert (await at.post(f"{ROOT}/{told['id']}/refund", {})).status_code == 400


async def test_a_page_refuses_a_wrong_number_and_keeps_asking() -> None:
    async with kpay() as at:
        url = (await sent(at, "init", {**PAGE, "description": "Shoes & <socks>"}))["gatewayUrl"]
        page = await at.http.get(url)
        assert "Shoes &amp; &lt;socks&gt;" in page.text
        wrong = await at.http.post(url, data={"provider": "MTN_MOMO_CMR", "phone": "12"})
        assert (wrong.status_code, "no mobile number" in wrong.text) == (400, True)
        assert (await at.http.get(f"{at.box.url}/gateway/gw_none")).status_code == 404


async def test_two_taps_on_a_page_are_one_payment() -> None:
    async with kpay() as at:
        url = (await sent(at, "init", PAGE))["gatewayUrl"]
        for _ in range(2):
            answer = await at.http.post(url, data={"provider": "MTN_MOMO_CMR", "phone": "671000101"})
            assert answer.status_code == 303
        assert len(at.box.phones.prompts("237671000101")) == 1


async def test_the_way_back_keeps_the_query_it_had() -> None:
    async with kpay(cancel_signed=False) as at:
        asked = {**PAGE, "returnUrl": "https://shop.example/back?cart=3", "cancelUrl": "https://shop.example/no"}
        url = (await sent(at, "init", asked))["gatewayUrl"]
        bare = await at.http.post(url, data={"action": "cancel"})
        assert bare.headers["location"] == "https://shop.example/no"
        url = (await sent(at, "init", {**asked, "externalId": "2"}))["gatewayUrl"]
        await at.http.post(url, data={"provider": "MTN_MOMO_CMR", "phone": PAYS})
        await at.after(1)
        query = parse_qsl(urlsplit((await at.http.get(url)).headers["location"]).query)
        assert [name for name, _ in query] == ["cart", "status", "reference", "externalId", "ts", "sig"]


async def test_a_wallet_shows_what_is_reserved_for_a_refund_once_or_twice() -> None:
    for twice, free in ((False, 1_499_900), (True, 1_494_900)):
        async with kpay(refund_counts_twice=twice) as at:
            told = await sent(at, "init", DEPOSIT)
            await at.after(1)
            await at.post(f"{ROOT}/{told['id']}/refund", {})
            [francs] = [row for row in await seen(at, "balance") if row["currency"] == "XAF"]
            assert (francs["availableBalance"], francs["reservedBalance"]) == (free, 5000)


async def test_parts_of_a_shilling_are_exact_on_the_wire() -> None:
    async with kpay() as at:
        asked = {"amount": 12.5, "provider": "MPESA_KEN", "phoneNumber": "254703456789", "externalId": "K-1"}
        told = await sent(at, "init", asked)
        assert (told["amount"], told["currency"], told["country"]) == (12.5, "KES", "KEN")
        assert (await seen(at, told["id"]))["feeAmount"] == 0.25
        [entry] = at.box.ledger.entries()
        assert entry.amount == 13
