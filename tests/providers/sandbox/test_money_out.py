"""Payouts, airtime, the balance and the statement."""

from typing import Any

import pytest

from providers.sandbox import Settings
from tests.providers.sandbox.desk import MTN, ORANGE, Desk, desk


async def airtime(at: Desk, amount: object = "100", phone: str = MTN, **more: Any) -> Any:
    return await at.post("/api/utilities/airtime/transfer/", {"amount": amount, "to": phone, **more})


async def test_a_payout_leaves_at_once_and_arrives_with_a_message() -> None:
    async with desk() as at:
        reply = await at.withdraw("300")
        assert sorted(reply.json()) == ["reference", "status"]
        assert reply.json()["status"] == "PENDING"
        assert (await at.balance())["mtn_balance"] == 49_700
        assert at.box.phones.wallet(MTN) == 100_000
        await at.after(1)
        record = await at.record(reply)
        assert (record["status"], record["endpoint"], record["amount"]) == ("SUCCESSFUL", "withdraw", "300.00")
        [message] = at.box.phones.messages(MTN)
        assert message.text == "You received 300 XAF from GuichetSandbox (Wages). New balance: 100300 XAF."


async def test_a_payout_draws_on_its_own_carriers_money_only() -> None:
    async with desk(Settings.instant(campay={"opening_mtn": 50})) as at:
        reply = await at.withdraw("51")
        assert (reply.status_code, reply.json()["error_code"]) == (400, "ER301")
        assert at.box.ledger.entries() == []
        assert (await at.withdraw("51", ORANGE)).status_code == 200
        assert (await at.withdraw("50")).status_code == 200


async def test_a_payout_that_fails_brings_its_money_back() -> None:
    async with desk() as at:
        reply = await at.withdraw("300", "237677777770")
        assert (await at.balance())["mtn_balance"] == 49_700
        await at.after(1)
        record = await at.record(reply)
        assert (record["status"], record["reason"]) == ("FAILED", "PAYEE_NOT_FOUND")
        assert (await at.balance())["mtn_balance"] == 50_000
        assert at.box.phones.messages("237677777770") == []


async def test_payouts_can_be_switched_off() -> None:
    async with desk(Settings.instant(campay={"withdrawals": False})) as at:
        reply = await at.withdraw("300")
        assert (reply.status_code, list(reply.json())) == (403, ["message"])


@pytest.mark.parametrize(
    ("amount", "phone", "code"), [("1.5", MTN, "ER201"), ("1", "237111111111", "ER101"), ("1", "237661000101", "ER102")]
)
async def test_payouts_are_checked_like_collections(amount: str, phone: str, code: str) -> None:
    async with desk() as at:
        assert (await at.withdraw(amount, phone)).json()["error_code"] == code


async def test_a_payout_with_the_same_reference_is_sent_once() -> None:
    async with desk() as at:
        first, again = [await at.withdraw("300", external_reference="one") for _ in range(2)]
        assert first.json() == again.json()
        assert (await at.balance())["mtn_balance"] == 49_700


async def test_the_balance_mixes_integers_and_fractions() -> None:
    async with desk() as at:
        assert await at.balance() == {
            "total_balance": 100_000.0,
            "mtn_balance": 50_000,
            "orange_balance": 50_000,
            "currency": "XAF",
            "utility_balance": 10_000.0,
            "utility_commission_balance": 0.0,
        }
        text = (await at.http.get("/api/balance/")).text
        assert '"total_balance":100000.0' in text
        assert '"mtn_balance":50000,' in text


async def test_airtime_draws_on_the_airtime_money_and_has_its_own_status() -> None:
    async with desk() as at:
        reply = await airtime(at, external_reference="top-up")
        await at.after(1)
        path = f"/api/utilities/transaction/{reply.json()['reference']}/"
        status = (await at.http.get(path)).json()
        assert status.pop("code").startswith("D261120U")
        assert status == {
            "reference": reply.json()["reference"],
            "external_reference": "top-up",
            "status": "SUCCESSFUL",
            "amount": 100,
            "currency": "XAF",
            "operator": "MTN_CM",
            "type": "AIRTIME",
            "reason": "",
        }
        assert (await at.balance())["utility_balance"] == 9_900.0
        assert (await at.http.get(path.replace("utilities/", ""))).status_code == 404
        assert at.box.phones.messages(MTN)[-1].text == "You received 100 XAF of airtime from GuichetSandbox."


@pytest.mark.parametrize("amount", ["99", "101"])
async def test_the_demo_sells_airtime_of_one_hundred_francs_only(amount: str) -> None:
    async with desk() as at:
        assert (await airtime(at, amount)).json()["error_code"] == "ER201"


async def test_airtime_ends_with_its_money() -> None:
    async with desk(Settings.instant(campay={"opening_airtime": 150})) as at:
        assert [(await airtime(at)).status_code for _ in range(2)] == [200, 400]


async def history(at: Desk, start: str = "2026-11-20", end: str = "2026-11-20") -> list[dict[str, Any]]:
    reply = await at.post("/api/history/", {"start_date": start, "end_date": end})
    rows: list[dict[str, Any]] = reply.raise_for_status().json()["data"]
    return rows


async def test_the_statement_has_numbers_naive_times_and_no_reference_of_ours() -> None:
    async with desk() as at:
        record = await at.paid("20", external_reference="one", external_user="buyer-17")
        [row] = await history(at)
        assert row == {
            "datetime": "2026-11-20T13:00:00.000000",
            "code": record["code"],
            "operator_tx_code": record["operator_reference"],
            "operator": "MTN",
            "phone_number": MTN,
            "description": "Shoes",
            "external_user": "buyer-17",
            "amount": 20.0,
            "charge_amount": 1.0,
            "debit": 0.0,
            "credit": 19.0,
            "status": "SUCCESSFUL",
            "reference_uuid": record["reference"],
        }


async def test_the_statement_shows_failed_payments_and_no_pending_ones() -> None:
    async with desk() as at:
        await at.collect("20")
        failed = await at.collect("20", ORANGE)
        at.box.phones.decline(ORANGE)
        [row] = await history(at)
        assert (row["reference_uuid"], row["status"]) == (failed.json()["reference"], "FAILED")
        assert (row["charge_amount"], row["credit"]) == (1.0, 19.0)


async def test_the_statement_is_of_whole_days_and_newest_first() -> None:
    async with desk(Settings.instant()) as at:
        await at.paid("10")
        await at.after(24 * 3600)
        await at.withdraw("11")
        await at.box.tick()
        assert [row["amount"] for row in await history(at, "2026-11-20", "2026-11-21")] == [11.0, 10.0]
        assert [row["debit"] for row in await history(at, "2026-11-21", "2026-11-21")] == [11.0]
        at.box.settings.campay.history_newest_first = False
        assert [row["amount"] for row in await history(at, "2026-11-20", "2026-11-21")] == [10.0, 11.0]


@pytest.mark.parametrize("body", [{}, {"start_date": "2026-11-20"}, {"start_date": "20/11/2026", "end_date": "x"}])
async def test_the_statement_wants_two_dates(body: dict[str, str]) -> None:
    async with desk() as at:
        assert (await at.post("/api/history/", body)).status_code == 400
