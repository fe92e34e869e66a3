"""Collections: what is refused, what is answered, how they end."""

import re
from typing import Any

import pytest

from providers.sandbox import Settings
from providers.sandbox.accounts import wallet
from tests.providers.sandbox.desk import MTN, ORANGE, desk

FIELDS = [
    "reference", "status", "amount", "currency", "operator", "code", "operator_reference", "endpoint", "signature",
    "external_reference", "external_user", "extra_first_name", "extra_last_name", "extra_email", "app_amount",
    "phone_number", "redirect_url", "failure_redirect_url", "description", "reason",
]  # fmt: skip


def campay(**changes: Any) -> Settings:
    return Settings.instant(campay=changes)


async def test_a_collection_answers_with_three_fields_and_asks_on_the_phone() -> None:
    async with desk() as at:
        mtn, orange = await at.collect("20"), await at.collect(20, ORANGE)
        assert mtn.status_code == 200
        assert sorted(mtn.json()) == ["operator", "reference", "ussd_code"]
        assert (mtn.json()["operator"], mtn.json()["ussd_code"]) == ("MTN", "*126#")
        assert (orange.json()["operator"], orange.json()["ussd_code"]) == ("Orange", "#150*50#")
        [prompt] = at.box.phones.prompts(MTN)
        assert (prompt.amount, prompt.asker, prompt.description) == (20, "GuichetSandbox", "Shoes")
        assert prompt.reference == mtn.json()["reference"]


async def test_a_pending_record_has_twenty_fields_and_the_word_none() -> None:
    async with desk() as at:
        record = await at.record(await at.collect("20", external_reference="order-17", external_user="buyer-17"))
        assert list(record) == FIELDS
        assert (record["status"], record["reason"], record["amount"]) == ("PENDING", "None", "20.00")
        assert (record["external_reference"], record["external_user"]) == ("order-17", "buyer-17")
        assert (record["endpoint"], record["operator_reference"], record["extra_email"]) == ("collect", "", "")


async def test_a_pin_moves_the_money_and_two_percent_stay_with_campay() -> None:
    async with desk(campay(demo_limit=0)) as at:
        record = await at.paid("5000", ORANGE)
        assert (record["status"], record["amount"], record["app_amount"]) == ("SUCCESSFUL", "5000.00", "4900.00")
        balance = await at.balance()
        assert (balance["orange_balance"], balance["mtn_balance"]) == (54_900, 50_000)
        assert at.box.phones.wallet(ORANGE) == 95_000
        assert at.box.phones.messages(ORANGE)[-1].text.startswith("You paid 5000 XAF to GuichetSandbox (Shoes).")


@pytest.mark.parametrize(("amount", "net"), [("5", "4.00"), ("10", "9.00"), ("25", "24.00")])
async def test_the_commission_is_one_franc_at_least(amount: str, net: str) -> None:
    async with desk() as at:
        assert (await at.paid(amount))["app_amount"] == net


async def test_codes_and_operator_references_have_the_shapes_that_were_seen() -> None:
    async with desk(Settings.instant()) as at:
        mtn, orange = await at.paid("20"), await at.paid("20", ORANGE)
        out = await at.withdraw("20")
        await at.box.tick()
        assert_matches(mtn["code"], r"D261120D0001[A-Z]{2}")
        assert_matches((await at.record(out))["code"], r"D261120W0003[A-Z]{2}")
        assert_matches(mtn["operator_reference"], r"\d{11}")
        assert_matches(orange["operator_reference"], r"MP261120\.1300\.[A-Z]\d{5}")


def assert_matches(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, text), text


@pytest.mark.parametrize(
    ("amount", "phone", "code", "message"),
    [
        ("20", "671000101", "ER101", "Invalid phone number"),
        ("20", "+237671000101", "ER101", "Invalid phone number"),
        ("20", "237171000101", "ER101", "Invalid phone number"),
        ("20", ["237671000101"], "ER101", "Invalid phone number"),
        ("20", "237661000101", "ER102", "Only MTN and Orange numbers are served"),
        ("20", "237685000101", "ER102", "Only MTN and Orange numbers are served"),
        ("20", "237222000101", "ER102", "Only MTN and Orange numbers are served"),
        ("5.00", MTN, "ER201", ""),
        (5.0, MTN, "ER201", ""),
        ("5,5", MTN, "ER201", ""),
        ("0", MTN, "ER201", ""),
        (-5, MTN, "ER201", ""),
        (True, MTN, "ER201", ""),
        (10**30, MTN, "ER201", ""),
        ("1", MTN, "ER201", "Minimum amount for MTN is 2.00"),
        ("9", ORANGE, "ER201", "Minimum amount for Orange is 10.00"),
        ("26", MTN, "ER201", "This is a demo system. Maximum amount is 25.00 XAF"),
    ],
)
async def test_a_wrong_phone_or_amount_is_refused_by_its_code(
    amount: object, phone: object, code: str, message: str
) -> None:
    async with desk() as at:
        reply = await at.collect(amount, phone)
        assert (reply.status_code, reply.json()["error_code"]) == (400, code)
        assert reply.json()["message"] == message or not message
        assert at.box.ledger.entries() == []


async def test_a_number_may_come_as_a_json_number_and_a_plus_only_where_told() -> None:
    async with desk(campay(accept_plus=True)) as at:
        assert (await at.collect("20", int(MTN))).status_code == 200
        assert (await at.collect("20", f"+{MTN}")).status_code == 200
        assert len(at.box.phones.prompts(MTN)) == 2


@pytest.mark.parametrize("missing", ["amount", "from", "description"])
async def test_a_missing_field_is_refused_without_a_code(missing: str) -> None:
    async with desk() as at:
        body = {"amount": "20", "from": MTN, "description": "Shoes"}
        for wrong in ({**body, missing: ""}, {name: value for name, value in body.items() if name != missing}):
            reply = await at.post("/api/collect/", wrong)
            assert (reply.status_code, list(reply.json())) == (400, ["message"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"amount": "\\ud800"}', b"\xff"])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    async with desk() as at:
        assert (await at.http.post("/api/collect/", content=body)).status_code == 400


async def test_another_currency_is_refused_and_none_means_francs() -> None:
    async with desk() as at:
        assert (await at.collect("20", currency="EUR")).status_code == 400
        assert (await at.record(await at.collect("20")))["currency"] == "XAF"


async def test_an_address_for_callbacks_in_the_request_is_ignored() -> None:
    async with desk() as at:
        await at.paid("20", webhook_url="http://127.0.0.1:9/", callback_url="http://127.0.0.1:9/")
        assert at.box.callbacks.all() == []


async def test_declining_fails_the_payment_and_moves_nothing() -> None:
    async with desk() as at:
        reply = await at.collect("20")
        at.box.phones.decline(MTN)
        record = await at.record(reply)
        assert (record["status"], record["reason"]) == ("FAILED", "APPROVAL_REJECTED")
        assert (at.box.phones.wallet(MTN), (await at.balance())["mtn_balance"]) == (100_000, 50_000)


async def test_paying_more_than_the_wallet_holds_fails_and_says_why() -> None:
    async with desk() as at:
        at.box.ledger.accounts.put(wallet(MTN, "XAF"), 19)
        record = await at.paid("20")
        assert (record["status"], record["reason"]) == ("FAILED", "NOT_ENOUGH_FUNDS")
        assert at.box.phones.wallet(MTN) == 19
        assert "insufficient funds" in at.box.phones.messages(MTN)[-1].text


async def test_silence_fails_the_payment_at_its_time_and_not_before() -> None:
    async with desk() as at:
        reply = await at.collect("20")
        await at.after(119)
        assert (await at.record(reply))["status"] == "PENDING"
        await at.after(1)
        record = await at.record(reply)
        assert (record["status"], record["reason"]) == ("FAILED", "timeout")
        assert at.box.phones.prompts(MTN) == []


async def test_the_time_for_an_answer_is_a_setting() -> None:
    async with desk(Settings(prompt_timeout=5)) as at:
        reply = await at.collect("20")
        await at.after(5)
        assert (await at.record(reply))["reason"] == "timeout"


async def test_a_good_test_number_pends_and_then_succeeds_with_zero_amounts() -> None:
    async with desk() as at:
        reply = await at.collect("20", "237677777777")
        assert (await at.record(reply))["amount"] == "20.00"
        await at.after(1)
        record = await at.record(reply)
        assert (record["status"], record["amount"], record["app_amount"]) == ("SUCCESSFUL", "0.00", "0.00")
        assert record["operator_reference"] == ""
        assert (await at.balance())["mtn_balance"] == 50_000


@pytest.mark.parametrize("phone", ["237677777770", "237699999990"])
@pytest.mark.parametrize("mode", ["auto", "ask"])
async def test_a_bad_test_number_fails_by_itself_in_both_modes(phone: str, mode: str) -> None:
    async with desk(Settings.instant(test_numbers=mode)) as at:
        reply = await at.collect("20", phone)
        assert at.box.phones.prompts(phone) == []
        await at.box.tick()
        assert (await at.record(reply))["status"] == "FAILED"


@pytest.mark.parametrize("phone", ["237677777777", "237699999999"])
async def test_a_good_test_number_that_is_told_to_ask_is_a_phone_like_any_other(phone: str) -> None:
    async with desk(Settings.instant(test_numbers="ask")) as at:
        reply = await at.collect("20", phone)
        await at.box.tick()
        assert (await at.record(reply))["status"] == "PENDING"
        at.box.phones.approve(phone, "1234")
        record = await at.record(reply)
        assert (record["status"], record["amount"]) == ("SUCCESSFUL", "20.00")


async def test_test_numbers_show_what_was_asked_where_told() -> None:
    async with desk(campay(show_test_amounts=True)) as at:
        reply = await at.collect("20", "237677777777")
        await at.box.tick()
        assert (await at.record(reply))["amount"] == "20.00"
        assert (await at.balance())["mtn_balance"] == 50_019


async def test_the_same_reference_brings_the_first_answer_even_after_the_end() -> None:
    async with desk() as at:
        first = await at.collect("20", external_reference="one")
        at.box.phones.approve(MTN, "1234")
        again = await at.collect("21", external_reference="one")
        assert again.json() == first.json()
        assert len(at.box.ledger.entries()) == 1


async def test_the_same_reference_is_refused_where_told() -> None:
    async with desk(campay(duplicates="reject")) as at:
        await at.collect("20", external_reference="one")
        reply = await at.collect("20", external_reference="one")
        assert reply.status_code == 400
        assert "external_reference" in reply.json()["message"]
        assert (await at.withdraw("20", external_reference="one")).status_code == 200  # another endpoint, another scope
        assert len(at.box.ledger.entries()) == 2


async def test_an_empty_reference_is_none() -> None:
    async with desk(campay(duplicates="reject")) as at:
        first, second = await at.collect("20", external_reference=""), await at.collect("20", external_reference="")
        assert first.json()["reference"] != second.json()["reference"]


async def test_a_refused_request_does_not_use_up_its_reference() -> None:
    async with desk(campay(duplicates="reject")) as at:
        assert (await at.collect("26", external_reference="one")).status_code == 400
        assert (await at.collect("25", external_reference="one")).status_code == 200


async def test_one_phone_is_asked_only_so_often_in_a_minute_where_told() -> None:
    async with desk(campay(collects_per_minute=2)) as at:
        assert [(await at.collect("20")).status_code for _ in range(3)] == [200, 200, 429]
        assert (await at.collect("20", ORANGE)).status_code == 200
        await at.after(61)
        assert (await at.collect("20")).status_code == 200


async def test_no_money_is_made_or_lost() -> None:
    async with desk(Settings.instant(campay={"demo_limit": 0, "withdraw_fee_percent": 1})) as at:
        at.box.phones.wallet(MTN)
        before = sum(at.box.ledger.accounts.all().values())
        await at.paid("500")
        await at.withdraw("700")
        await at.withdraw("100", "237677777770")
        await at.box.tick()
        assert sum(at.box.ledger.accounts.all().values()) == before + 100_000  # the other payee's wallet opened
