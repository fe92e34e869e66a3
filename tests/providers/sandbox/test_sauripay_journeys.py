"""The gateway against the sandbox, over HTTP: every flow from the order to its end."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from providers.catalogue.unipesa import SAURIPAY
from providers.errors import BadCallback, MaybeSent, Misconfigured, Reason, Refused
from providers.messages import CallbackRequest, Channel, Kind, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.sandbox import Sandbox, Settings, serve
from providers.sauripay import SauriPay
from providers.sheet import Rail
from tests.providers.sandbox.desk import Clock, receiver, until

IDS = "CM:MTN=9063,CM:ORANGE=9062,KE:MPESA=2390,CI:ORANGE=2304,BF:ORANGE=9209,UG:MTN=2106,EG:VODAFONE=2313,NG:BANK=2311"
KENYA, IVORIAN, BURKINABE, UGANDAN = "254700000001", "2250700000002", "22670000003", "256770000004"
NAMES = {"customer_name": "Ada Obi", "customer_email": "ada@example.test"}


@dataclass
class Shop:
    """The account, the sandbox, and a browser for the payer."""

    gateway: SauriPay
    box: Sandbox
    clock: Clock
    browser: httpx.AsyncClient
    orders: int = 0

    def order(self, amount: str, currency: str, msisdn: str, operator: str = "", **more: Any) -> Order:
        self.orders += 1
        key = uuid5(UUID(int=7), str(self.orders))
        return Order(key, Money.from_decimal(Decimal(amount), currency), msisdn, operator, "shoes", **more)

    async def status(self, order: Order, kind: Kind = Kind.COLLECTION, **extras: str) -> Report:
        return await self.gateway.status(
            Lookup(kind, order.key, order.amount, order.msisdn, self.clock(), str(order.key), order.channel, extras)
        )

    async def later(self, seconds: float) -> None:
        self.clock.skip(seconds)
        await self.box.tick()


@asynccontextmanager
async def shop(ids: str = IDS, env: dict[str, str] | None = None, **settings: Any) -> AsyncIterator[Shop]:
    clock = Clock()
    async with serve(Settings.instant(sauripay=settings), clock=clock, chance=Random(1)) as box:
        ours = box.settings.sauripay
        account = SauriPay.Settings.read(
            "sauripay",
            {
                "SAURIPAY_BASE_URL": box.url,
                "SAURIPAY_PUBLIC_ID": ours.public_id,
                "SAURIPAY_MERCHANT_ID": ours.merchant_id,
                "SAURIPAY_SECRET_KEY": ours.secret_key,
                "SAURIPAY_PROVIDER_IDS": ids,
                "SAURIPAY_RETURN_URL": "https://shop.example/thanks",
                **(env or {}),
            },
        )
        assert account
        gateway = SauriPay.open(account, None, clock)
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
                yield Shop(gateway, box, clock, browser)
        finally:
            await gateway.close()


async def test_a_push_is_paid_with_the_pin_on_the_phone() -> None:
    async with shop() as at:
        order = at.order("100.00", "KES", KENYA, "MPESA")
        first = await at.gateway.collect(order)
        assert (first.outcome, first.word, first.reference) == (Outcome.PENDING, "1", str(order.key))
        assert (await at.status(order)).outcome is Outcome.PENDING
        [prompt] = at.box.phones.prompts(KENYA)
        assert (prompt.amount, prompt.currency) == (100, "KES")
        at.box.phones.approve(KENYA, "1234")
        paid = await at.status(order)
    assert (paid.outcome, paid.key, paid.reference) == (Outcome.SUCCEEDED, str(order.key), str(order.key))
    assert paid.operator_reference.startswith("MP.")


async def test_a_payout_arrives_on_the_phone() -> None:
    async with shop() as at:
        order = at.order("900", "XAF", "237671000101", "MTN")
        assert (await at.gateway.payout(order)).outcome is Outcome.PENDING
        await at.later(1)
        assert (await at.status(order, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        assert at.box.phones.wallet("237671000101") == 100_900


async def test_a_redirect_shows_its_page_in_a_later_status_and_the_payer_confirms_there() -> None:
    async with shop() as at:
        order = at.order("1000", "UGX", UGANDAN, "MTN", extras=NAMES)
        assert (await at.gateway.collect(order)).step is None
        assert (await at.status(order)).step is None
        await at.later(2)
        step = (await at.status(order)).step
        assert step
        assert step.kind == "open_page"
        assert "1000.00 UGX" in (await at.browser.get(step.url)).text
        wrong = await at.browser.post(step.url, data={"code": "0000"})
        assert "Invalid pin" in wrong.text
        [message] = at.box.phones.messages(UGANDAN)
        code = message.text.split()[-1].rstrip(".")
        done = await at.browser.post(step.url, data={"code": code}, follow_redirects=True)
        assert "Paid." in done.text
        assert (await at.status(order)).outcome is Outcome.SUCCEEDED


async def test_an_ivorian_gives_a_code_after_the_order_and_a_wrong_one_is_asked_for_again() -> None:
    async with shop() as at:
        order = at.order("1000", "XOF", IVORIAN, "ORANGE")
        first = await at.gateway.collect(order)
        assert first.step
        assert first.step.kind == "give_code"
        assert (await at.status(order)).step == first.step
        wrong = await at.status(order, otp="0000")
        assert (wrong.outcome, wrong.detail, wrong.step) == (Outcome.PENDING, "INVALID PIN", first.step)
        [message] = at.box.phones.messages(IVORIAN)
        given = await at.status(order, otp=message.text.split()[-1].rstrip("."))
        assert (given.outcome, given.step) == (Outcome.SUCCEEDED, None)


async def test_a_burkinabe_dials_for_a_code_that_goes_with_the_order() -> None:
    async with shop() as at:
        [rail] = [rail for rail in at.gateway.rails() if rail.country == "BF" and rail.kind is Kind.COLLECTION]
        assert rail.extras == ("otp",)
        dialled = rail.dial.format(amount=1000)
        keypad = await at.browser.post(f"{at.box.url}/sauripay/dial", data={"msisdn": BURKINABE, "dial": dialled})
        assert "5647" in keypad.text
        with pytest.raises(Refused):
            await at.gateway.collect(at.order("1000", "XOF", BURKINABE, "ORANGE"))
        with pytest.raises(Refused, match="INVALID PIN"):
            await at.gateway.collect(at.order("1000", "XOF", BURKINABE, "ORANGE", extras={"otp": "0000"}))
        order = at.order("1000", "XOF", BURKINABE, "ORANGE", extras={"otp": "5647"})
        assert (await at.gateway.collect(order)).outcome is Outcome.PENDING
        await at.later(1)
        assert (await at.status(order)).outcome is Outcome.SUCCEEDED


async def test_a_nigerian_pays_into_the_account_that_the_first_answer_names() -> None:
    async with shop() as at:
        order = at.order("150.50", "NGN", "2348030000005", channel=Channel.BANK)
        first = await at.gateway.collect(order)
        assert first.step
        assert first.step.kind == "pay_into"
        assert first.step.details["transfer_amount"] == "150.50 NGN"
        assert (await at.status(order)).step == first.step
        bank, account = f"{at.box.url}/sauripay/bank", first.step.details["account_number"]
        assert (await at.browser.post(bank, data={"account": account, "amount": "150"})).status_code == 400
        assert "Paid." in (await at.browser.post(bank, data={"account": account, "amount": "150.50"})).text
        paid = await at.status(order)
        assert (paid.outcome, paid.step) == (Outcome.SUCCEEDED, None)


async def test_a_nigerian_bank_account_is_paid_by_its_number() -> None:
    asked = {"account_number": "0123456789", "bank_code": "000001", **NAMES}
    async with shop() as at:
        [rail] = [rail for rail in at.gateway.rails() if rail.channel is Channel.BANK and rail.kind is Kind.PAYOUT]
        assert set(rail.extras) == set(asked)
        order = at.order("5000", "NGN", "2348030000005", channel=Channel.BANK, extras=asked)
        assert (await at.gateway.payout(order)).outcome is Outcome.PENDING
        await at.later(1)
        assert (await at.status(order, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        [entry] = at.box.ledger.entries()
        assert entry.extra["customer_id"] == "0123456789"


async def test_an_egyptian_page_is_followed_by_a_prompt_and_a_cancelled_one_ends_the_payment() -> None:
    async with shop() as at:
        for cancel, outcome in ((False, Outcome.SUCCEEDED), (True, Outcome.FAILED)):
            order = at.order("400", "EGP", "201000000006", "VODAFONE", extras=NAMES)
            await at.gateway.collect(order)
            await at.later(2)
            step = (await at.status(order)).step
            assert step
            await at.browser.post(step.url, data={"cancel": "1"} if cancel else {})
            if not cancel:
                assert (await at.status(order)).step is None
                at.box.phones.approve("201000000006", "1234")
            report = await at.status(order)
            assert report.outcome is outcome
            assert (await at.browser.get(step.url)).headers["location"] == "https://shop.example/thanks"
        assert (report.word, report.reason) == ("4", Reason.DECLINED)


async def test_the_simulator_never_ends() -> None:
    async with shop("CM:MTN=14", {"SAURIPAY_CALLBACK_URL": "http://127.0.0.1:9/told"}) as at:
        order = at.order("900", "XAF", "237671000101", "MTN")
        assert (await at.gateway.collect(order)).outcome is Outcome.PENDING
        await at.later(86_400 * 30)
        assert (await at.status(order)).outcome is Outcome.PENDING
        assert at.box.callbacks.all() == []


async def test_an_asked_for_confirmation_ends_in_doubt() -> None:
    async with shop(confirm_type=1) as at:
        order = at.order("900", "XAF", "237671000101", "MTN")
        first = await at.gateway.payout(order)
        assert (first.outcome, first.reason, first.reference) == (Outcome.UNKNOWN, Reason.NEEDS_PERSON, str(order.key))
        assert "confirm_type 1" in first.detail
        later = await at.status(order, Kind.PAYOUT)
        assert (later.outcome, later.detail) == (Outcome.UNKNOWN, first.detail)


@pytest.mark.parametrize("confirm_type_always", [True, False])
async def test_a_lost_reply_is_found_again_and_a_repeat_pays_once(*, confirm_type_always: bool) -> None:
    async with shop(confirm_type_always=confirm_type_always) as at:
        order = at.order("900", "XAF", "237671000101", "MTN")
        at.box.faults.order("drop_reply", "payment_b2c", times=1)
        with pytest.raises(MaybeSent):
            await at.gateway.payout(order)
        await at.later(1)
        assert (await at.status(order, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        assert (await at.gateway.payout(order)).outcome is Outcome.PENDING  # the first answer, word for word
        assert len(at.box.ledger.entries()) == 1


async def test_an_order_that_never_came_is_unknown_and_leaves_no_trace() -> None:
    async with shop() as at:
        order = at.order("900", "XAF", "237671000101", "MTN")
        at.box.faults.order("drop_request", "payment_b2c", times=1)
        with pytest.raises(MaybeSent):
            await at.gateway.payout(order)
        report = await at.status(order, Kind.PAYOUT)
    assert (report.outcome, report.reference, report.word) == (Outcome.UNKNOWN, "", "-1")
    assert report.detail == "PARENT OPERATION NOT FOUND"


async def test_a_payout_without_funds_fails_in_the_status_word() -> None:
    async with shop(opening=100) as at:
        report = await at.gateway.payout(at.order("900", "XAF", "237671000101", "MTN"))
    assert (report.outcome, report.word, report.detail) == (Outcome.FAILED, "3", "MERCHANT BALANCE IS TOO LOW")


@pytest.mark.parametrize("bad_signature", ["json", "html"])
async def test_a_wrong_key_leaves_an_order_in_doubt_and_is_named_by_the_check(bad_signature: str) -> None:
    async with shop(env={"SAURIPAY_SECRET_KEY": "another-key-0001"}, bad_signature=bad_signature) as at:
        with pytest.raises(MaybeSent):
            await at.gateway.payout(at.order("900", "XAF", "237671000101", "MTN"))
        with pytest.raises((Misconfigured, MaybeSent) if bad_signature == "html" else Misconfigured):
            await at.gateway.check()


@pytest.mark.parametrize("status", [200, 404])
async def test_a_wrong_merchant_was_never_served(status: int) -> None:
    wrong = {"SAURIPAY_PUBLIC_ID": "another", "SAURIPAY_MERCHANT_ID": "another"}
    async with shop(env=wrong, unknown_public_id_status=status) as at:
        with pytest.raises(Misconfigured, match="10105"):
            await at.gateway.payout(at.order("900", "XAF", "237671000101", "MTN"))
        with pytest.raises(Misconfigured, match="10105"):
            await at.gateway.check()
    async with shop() as at:
        assert await at.gateway.check() == ""


async def test_an_operator_that_is_down_leaves_doubt_that_the_status_ends() -> None:
    async with shop(down_ids=[9063], refusing_ids=[9062]) as at:
        down = at.order("900", "XAF", "237671000101", "MTN")
        with pytest.raises(MaybeSent, match="10301"):
            await at.gateway.payout(down)
        report = await at.status(down, Kind.PAYOUT)
        assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.UNREACHABLE)
        refused = at.order("900", "XAF", "237691000102", "ORANGE")
        assert (await at.gateway.payout(refused)).outcome is Outcome.PENDING
        report = await at.status(refused, Kind.PAYOUT)
        assert (report.outcome, report.detail) == (Outcome.FAILED, "An unexpected error occurred")


async def test_a_callback_is_signed_and_names_the_order_that_ended() -> None:
    async with receiver() as told, shop(env={"SAURIPAY_CALLBACK_URL": told.url}) as at:
        at.box.faults.order("callbacks_forged", "payment_b2c", times=1)
        await at.gateway.payout(at.order("900", "XAF", "237671000101", "MTN"))
        await at.later(1)
        forged = (await told.heard_times(1))[0]
        with pytest.raises(BadCallback):
            at.gateway.parse_callback(CallbackRequest("POST", {}, {}, forged.body))
        await at.gateway.payout(second := at.order("950", "XAF", "237671000101", "MTN"))
        await at.later(1)
        await until(lambda: any(str(second.key).encode() in heard.body for heard in told.heard))
        callback = at.gateway.parse_callback(CallbackRequest("POST", {}, {}, told.heard[-1].body))
        assert (callback.key, callback.word) == (str(second.key), "2")


def _every_id() -> str:
    """Each id under its country; the simulator, which has none, in Kenya's."""
    return ",".join(
        f"{listing.country or 'KE'}:{listing.operator or 'SIMULATOR'}={number}"
        for listing in SAURIPAY.listings
        for number in listing.ids
    )


def _payer(rail: Rail) -> str:
    """A number of the country, as long as its format wants it."""
    code, pattern = SAURIPAY.countries[rail.country].code, SAURIPAY.by_id[int(rail.code)].phone
    lengths = (length for length in range(8, 11) if re.fullmatch(pattern, code + "7" * length))
    return code + "7" * next(lengths, 9)


async def test_each_of_the_110_ids_takes_its_least_amount_with_what_its_rail_asks_for() -> None:
    answers = {
        "otp": "5647", "account_number": "0123456789", "bank_code": "000001", "bic": "CORUTZTZ", **NAMES,
    }  # fmt: skip
    moved = Counter[Kind]()
    async with shop(_every_id()) as at:
        for rail in at.gateway.rails():
            amount = rail.minimum or Money.from_decimal(Decimal(100), rail.currency)
            extras = {name: answers[name] for name in rail.extras}
            order = at.order(
                amount.plain, rail.currency, _payer(rail), rail.operator, channel=rail.channel, country=rail.country,
                extras=extras,
            )  # fmt: skip
            one = SauriPay.Settings.model_validate({**at.gateway.settings.model_dump(), "provider_ids": _alone(rail)})
            gateway = SauriPay(one, at.gateway.client, at.clock)
            report = await (gateway.collect if rail.kind is Kind.COLLECTION else gateway.payout)(order)
            assert report.outcome is Outcome.PENDING, rail
            moved[rail.kind] += 1
    assert moved == {Kind.COLLECTION: 110, Kind.PAYOUT: 108}


def _alone(rail: Rail) -> str:
    return f"{rail.country}:{rail.operator}={rail.code}"
