"""Callbacks: when, how, signed by whom, tried how often."""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from providers.sandbox import Settings
from providers.sandbox.callbacks import Callbacks
from providers.sandbox.campay.tokens import callback_signature
from tests.providers.sandbox.desk import MTN, NOON, Clock, Receiver, desk, receiver, until

FIELDS = {
    "status", "reference", "amount", "currency", "operator", "code", "operator_reference", "signature", "endpoint",
    "external_reference", "external_user", "extra_first_name", "extra_last_name", "extra_email", "phone_number",
}  # fmt: skip
KEY = "sandbox-webhook-key"

pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")


def told(shop: Receiver, **campay: Any) -> Settings:
    return Settings.instant(callback_retry_delay=5, campay={"callback_url": shop.url, **campay})


def verified(token: str, key: str = KEY) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"], options=options)
    return claims


def test_the_signature_is_the_one_that_was_recomputed_from_real_callbacks() -> None:
    assert callback_signature("test-webhook-key", "DemoShop", datetime.fromtimestamp(1750000000, UTC)) == (
        "eyJhbGciOiJIUzI1NiIsImFwcCI6IkRlbW9TaG9wIiwidHlwIjoiSldUIn0."
        "eyJpYXQiOjE3NTAwMDAwMDAsIm5iZiI6MTc1MDAwMDAwMCwiZXhwIjoxNzUwMDAzNjAwLCJzb3VyY2UiOiJDYW1QYXkifQ."
        "Orr22Q5zQ4JWftVtJZljfpR3wwN91cbOrQkdn4jMDwY"
    )


async def test_a_payment_that_ends_is_told_once_by_get_with_fifteen_signed_fields() -> None:
    async with receiver() as shop, desk(told(shop)) as at:
        await at.collect("20", external_reference="one")
        await at.box.tick()
        assert shop.heard == []  # pending is never told
        at.box.phones.approve(MTN, "1234")
        [heard] = await shop.heard_times(1)
        assert heard.method == "GET"
        assert heard.query.pop("shop") == "7"  # the address keeps its own query
        assert set(heard.query) == FIELDS
        assert (heard.query["status"], heard.query["amount"], heard.query["endpoint"]) == (
            "SUCCESSFUL",
            "20.00",
            "collect",
        )
        assert heard.query["extra_email"] == "None"
        second = int(NOON.timestamp())
        assert verified(heard.query["signature"]) == {
            "iat": second, "nbf": second, "exp": second + 3600, "source": "CamPay",
        }  # fmt: skip
        assert jwt.get_unverified_header(heard.query["signature"])["app"] == "GuichetSandbox"


async def test_a_failure_is_told_by_post_as_json_with_the_newer_fields_where_told() -> None:
    async with receiver() as shop, desk(told(shop, callback_method="POST", callback_newer_fields=True)) as at:
        await at.collect("20")
        at.box.phones.decline(MTN)
        [heard] = await shop.heard_times(1)
        body = json.loads(heard.body)
        assert set(body) == FIELDS | {"redirect_url", "failure_redirect_url", "description", "reason"}
        assert (body["status"], body["reason"]) == ("FAILED", "APPROVAL_REJECTED")


async def test_payouts_are_told_and_airtime_is_not() -> None:
    async with receiver() as shop, desk(told(shop)) as at:
        await at.post("/api/utilities/airtime/transfer/", {"amount": "100", "to": MTN})
        await at.withdraw("20")
        await at.box.tick()
        [heard] = await shop.heard_times(1)
        assert heard.query["endpoint"] == "withdraw"


async def test_a_refused_callback_comes_again_until_the_tries_are_used_up() -> None:
    async with receiver() as shop, desk(told(shop)) as at:
        shop.answers = [500, 302, 503]
        await at.paid("20")
        await shop.heard_times(1)
        await settled(at.box.callbacks, 1)
        for times in (2, 3):
            await at.after(5)
            await shop.heard_times(times)
            await settled(at.box.callbacks, times)
        await at.after(60)
        [owed] = at.box.callbacks.all()
        assert (owed.tries, owed.state, owed.answer, len(shop.heard)) == (3, "given_up", "503", 3)


async def settled(callbacks: Callbacks, tries: int) -> None:
    await until(lambda: callbacks.all()[0].tries >= tries)


async def test_a_receiver_that_is_away_does_not_stop_the_payment() -> None:
    settings = Settings.instant(callback_retries=0, campay={"callback_url": "http://127.0.0.1:9/"})
    async with desk(settings) as at:
        assert (await at.paid("20"))["status"] == "SUCCESSFUL"
        await settled(at.box.callbacks, 1)
        assert at.box.callbacks.all()[0].state == "given_up"


@pytest.mark.parametrize(("kind", "times"), [("callbacks_off", 0), ("callbacks_twice", 2)])
async def test_callbacks_can_be_lost_or_doubled(kind: str, times: int) -> None:
    async with receiver() as shop, desk(told(shop)) as at:
        at.box.faults.order(kind, times=1)
        await at.paid("20")
        await at.paid("21")
        await shop.heard_times(times + 1)
        await at.box.tick()
        amounts = [heard.query["amount"] for heard in shop.heard]
        assert (amounts.count("20.00"), amounts.count("21.00")) == (times, 1)


async def test_a_forged_callback_has_a_signature_of_another_key() -> None:
    async with receiver() as shop, desk(told(shop)) as at:
        at.box.faults.order("callbacks_forged", times=1)
        await at.paid("20")
        [heard] = await shop.heard_times(1)
        with pytest.raises(jwt.InvalidSignatureError):
            verified(heard.query["signature"])


async def test_a_late_callback_waits_by_the_clock() -> None:
    clock = Clock()
    async with receiver() as shop, desk(told(shop), clock=clock) as at:
        at.box.faults.order("callbacks_late", seconds=300, times=1)
        await at.paid("20")
        await at.after(299)
        assert shop.heard == []
        await at.after(1)
        await shop.heard_times(1)
