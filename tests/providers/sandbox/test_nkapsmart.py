"""Our gateway against the sandbox, over HTTP: each verb from one end to the other, and what the wire looks like."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from providers.errors import MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.messages import CallbackRequest, Channel, Kind, Lookup, Order, Outcome, Report, StepKind
from providers.money import Money
from providers.nkapsmart import Nkapsmart
from providers.sandbox import Sandbox, Settings, serve
from providers.sandbox.world import utc_now
from tests.providers.sandbox.desk import MTN, ORANGE, Clock, receiver, until

SPACE = UUID("3f0f6a3e-6a52-4b0e-8d57-9f0c2a5b1e77")
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
BUSINESS = "nkapsmart/BUSINESS/XAF"
ACCOUNT = {
    "API_KEY": "sandbox-application-key",
    "SECRET_KEY": "sandbox-hmac-key",
    "EMAIL": "shop@shop.cm",
    "OPERATORS": "MTN=0,ORANGE=1",
    "NETWORKS": "TRON=SIM-USDT-TRON,BSC=SIM-USDT-BSC",
    "CRYPTO_CURRENCY": "XAF",
    "WALLETS": f"TRON={TRON},BSC=payer",
    "CALLBACK_TOKEN": "t0ken-in-the-address",
}


def order(amount: int = 500, msisdn: str = MTN, operator: str = "MTN", name: str = "one", **more: Any) -> Order:
    return Order(uuid5(SPACE, name), Money(amount, "XAF"), msisdn, operator, "shoes", country="CM", **more)


@dataclass
class Shop:
    box: Sandbox
    clock: Clock
    gateway: Nkapsmart
    http: httpx.AsyncClient

    async def after(self, seconds: float) -> None:
        self.clock.skip(seconds)
        await self.box.tick()

    async def status(self, order: Order, report: Report, kind: Kind = Kind.COLLECTION, **extras: str) -> Report:
        lookup = Lookup(
            kind, order.key, order.amount, order.msisdn, self.clock(), report.reference, order.channel, extras
        )
        return await self.gateway.status(lookup)

    def balance(self) -> int:
        return self.box.world.accounts.balance(BUSINESS)


@asynccontextmanager
async def opened(changed: dict[str, Any] | None = None, **env: str) -> AsyncIterator[Shop]:
    clock = Clock(utc_now())  # a web server's Date is the machine's, and the gateway compares
    settings = Settings.instant(nkapsmart=changed or {})
    async with serve(settings, clock=clock, chance=Random(1)) as box:
        given = {f"NKAPSMART_{name}": value for name, value in {**ACCOUNT, "BASE_URL": box.url, **env}.items()}
        account = Nkapsmart.Settings.read("nkapsmart", given)
        assert account
        gateway = Nkapsmart.open(account, None, clock)
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
                yield Shop(box, clock, gateway, http)
        finally:
            await gateway.close()


# --- mobile


async def test_a_collection_is_paid_on_the_phone() -> None:
    async with opened() as at:
        sent = order()
        report = await at.gateway.collect(sent)
        assert (report.outcome, report.key) == (Outcome.PENDING, str(sent.key))
        assert (await at.status(sent, report)).outcome is Outcome.PENDING
        at.box.phones.approve(MTN, "1234")
        paid = await at.status(sent, report)
        assert (paid.outcome, paid.amount, paid.key) == (Outcome.SUCCEEDED, sent.amount, str(sent.key))
        assert paid.reference == report.reference
        assert at.balance() == 1_000_500


async def test_a_declined_collection_has_failed_and_says_why() -> None:
    async with opened() as at:
        report = await at.gateway.collect(order())
        at.box.phones.decline(MTN)
        ended = await at.status(order(), report)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, Reason.DECLINED)


async def test_a_payout_arrives() -> None:
    async with opened() as at:
        sent = order(300, ORANGE, "ORANGE", extras={"name": "Ada"})
        report = await at.gateway.payout(sent)
        await at.after(1)
        assert (await at.status(sent, report, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        assert at.box.phones.wallet(ORANGE) == 100_300
        assert at.balance() == 999_700


async def test_a_payout_to_another_operators_number_fails_and_the_money_comes_back() -> None:
    async with opened() as at:
        report = await at.gateway.payout(order(300, ORANGE, "MTN"))
        await at.after(1)
        ended = await at.status(order(300, ORANGE), report, Kind.PAYOUT)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, Reason.PAYEE_NOT_FOUND)
        assert at.balance() == 1_000_000


@pytest.mark.parametrize("status", [400, 403])
async def test_a_balance_that_is_too_low_is_a_refusal(status: int) -> None:
    async with opened({"opening": 100, "short_status": status}) as at:
        with pytest.raises(Refused) as refused:
            await at.gateway.payout(order(300))
        assert refused.value.reason is Reason.BALANCE_TOO_LOW
        assert at.balance() == 100


@pytest.mark.parametrize("errors", ["text", "empty"])
async def test_a_refusal_without_words_we_can_read_is_doubt(errors: str) -> None:
    async with opened({"opening": 100, "errors": errors}) as at:
        with pytest.raises(MaybeSent):
            await at.gateway.payout(order(300))


async def test_a_payout_whose_answer_was_lost_cannot_be_found_and_is_not_sent_again() -> None:
    async with opened() as at:
        at.box.faults.order("drop_reply", "/mobile/widraw", times=1)
        with pytest.raises(MaybeSent):
            await at.gateway.payout(order(300))
        at.box.faults.order("drop_request")
        assert await at.status(order(300), Report(Outcome.UNKNOWN), Kind.PAYOUT) == Report(
            Outcome.UNKNOWN, detail="Nkapsmart can't be asked about a payment without its reference"
        )
        assert len(at.box.ledger.entries("nkapsmart")) == 1
        assert not at.gateway.sheet.finds_lost


@pytest.mark.parametrize("shape", ["record", "wrapped", "reference"])
async def test_whatever_a_creating_call_answers_its_payment_can_be_looked_at(shape: str) -> None:
    async with opened({"reply": shape}) as at:
        report = await at.gateway.payout(order(300))
        assert report.outcome is Outcome.PENDING
        await at.after(1)
        assert (await at.status(order(300), report, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        [line] = await at.gateway.bulk_payout([order(300, name="two")])
        await at.after(1)
        assert (await at.status(order(300, name="two"), line, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("asked", ["optional", "required"])
async def test_a_look_works_whether_the_path_must_end_in_a_hash_or_not(asked: str) -> None:
    async with opened({"verify_hash": asked}) as at:
        report = await at.gateway.payout(order(300))
        await at.after(1)
        for _ in range(2):
            assert (await at.status(order(300), report, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED


async def test_a_payment_that_is_not_known_there_is_unknown() -> None:
    async with opened() as at:
        report = await at.status(order(), Report(Outcome.PENDING, "no-such-key"))
        assert report.outcome is Outcome.UNKNOWN


# --- the bank


async def test_a_bank_collection_is_authorized_on_its_page() -> None:
    async with opened(RETURN_URL="https://shop.cm/paid") as at:
        sent = order(50_000, channel=Channel.BANK)
        report = await at.gateway.collect(sent)
        assert report.step
        assert report.step.kind is StepKind.OPEN_PAGE
        page = await at.http.get(report.step.url)
        assert "50000 XAF" in page.text
        pending = await at.status(sent, report)
        assert (pending.outcome, pending.step) == (Outcome.PENDING, report.step)
        done = await at.http.post(report.step.url, data={"answer": "authorize"})
        assert done.status_code == 303
        back = await at.http.get(report.step.url)
        assert (back.status_code, back.headers["location"]) == (302, "https://shop.cm/paid")
        paid = await at.status(sent, report)
        assert (paid.outcome, paid.step) == (Outcome.SUCCEEDED, None)
        assert at.balance() == 1_050_000
        assert at.box.phones.messages(MTN) == []


@pytest.mark.parametrize(("answer", "reason"), [("cancel", Reason.DECLINED), ("short", Reason.PAYER_BALANCE_TOO_LOW)])
async def test_a_bank_collection_can_fail_on_its_page(answer: str, reason: Reason) -> None:
    async with opened() as at:
        sent = order(channel=Channel.BANK, msisdn="33612345678")
        report = await at.gateway.collect(sent)
        assert report.step
        await at.http.post(report.step.url, data={"answer": answer})
        await at.http.post(report.step.url, data={"answer": "authorize"})
        assert "Not paid" in (await at.http.get(report.step.url)).text
        ended = await at.status(sent, report)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, reason)


async def test_a_bank_page_that_nobody_opens_ends_by_itself() -> None:
    async with opened() as at:
        report = await at.gateway.collect(order(channel=Channel.BANK))
        await at.after(900)
        ended = await at.status(order(channel=Channel.BANK), report)
        assert (ended.outcome, ended.reason) == (Outcome.FAILED, Reason.TIMED_OUT)


# --- crypto


async def test_a_deposit_is_sent_on_its_page_and_found_by_its_hash() -> None:
    async with opened() as at:
        sent = order(6_000, operator="TRON", channel=Channel.CRYPTO)
        report = await at.gateway.collect(sent)
        assert report.step
        assert report.step.kind is StepKind.DEPOSIT
        assert dict(report.step.details) == {"network": "TRON", "address": TRON, "amount": "10 USDT"}
        blind = await at.status(sent, report)
        assert (blind.outcome, "hash" in blind.detail) == (Outcome.PENDING, True)
        assert TRON in (await at.http.get(report.step.url)).text
        await at.http.post(report.step.url, data={"tokens": "10"})
        [ash] = re.findall(r'id="hash">(\w+)<', (await at.http.get(report.step.url)).text)
        other = await at.status(sent, report, hash="ab" * 32)
        assert other.outcome is Outcome.PENDING
        paid = await at.status(sent, report, hash=ash)
        assert (paid.outcome, paid.amount, paid.operator_reference) == (Outcome.SUCCEEDED, sent.amount, ash)
        assert at.balance() == 1_006_000


async def test_too_small_a_deposit_pays_nothing() -> None:
    async with opened() as at:
        sent = order(6_000, operator="TRON", channel=Channel.CRYPTO)
        report = await at.gateway.collect(sent)
        assert report.step
        await at.http.post(report.step.url, data={"tokens": "9.999999"})
        text = (await at.http.get(report.step.url)).text
        assert "too little" in text
        [ash] = re.findall(r'id="hash">(\w+)<', text)
        assert (await at.status(sent, report, hash=ash)).outcome is Outcome.PENDING


async def test_a_deposit_that_nobody_sends_ends_by_itself_and_its_page_says_so() -> None:
    async with opened() as at:
        report = await at.gateway.collect(order(6_000, operator="TRON", channel=Channel.CRYPTO))
        assert report.step
        await at.after(at.box.settings.nkapsmart.deposit_timeout)
        assert "Not paid" in (await at.http.get(report.step.url)).text
        await at.http.post(report.step.url, data={"tokens": "10"})
        assert "Not paid" in (await at.http.get(report.step.url)).text


async def test_where_the_payers_address_is_told_the_deposit_goes_to_the_other_one() -> None:
    async with opened({"crypto_address": "sender"}) as at:
        sent = order(6_000, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
        report = await at.gateway.collect(sent)
        assert report.step
        assert report.step.details["address"] == at.box.ledger.entries()[0].extra["payee_address"] != EVM


async def test_the_payers_own_address_is_never_shown_as_the_one_to_pay_to() -> None:
    async with opened() as at:
        sent = order(6_000, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
        assert (await at.gateway.collect(sent)).step is None


async def test_a_crypto_payout_is_looked_at_by_the_hash_that_came_with_it() -> None:
    async with opened() as at:
        sent = order(6_000, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
        report = await at.gateway.payout(sent)
        await at.after(1)
        arrived = await at.status(sent, report, Kind.PAYOUT)
        assert (arrived.outcome, arrived.reference) == (Outcome.SUCCEEDED, report.reference)
        assert at.balance() == 994_000


async def test_tokens_can_be_what_amounts_are_counted_in() -> None:
    async with opened({"crypto_amount": "USDT"}, CRYPTO_CURRENCY="USDT") as at:
        sent = replace(order(operator="TRON", channel=Channel.CRYPTO), amount=Money(12_500_001, "USDT"))
        report = await at.gateway.collect(sent)
        assert report.step
        await at.http.post(report.step.url, data={"tokens": "12.500001"})
        [ash] = re.findall(r'id="hash">(\w+)<', (await at.http.get(report.step.url)).text)
        paid = await at.status(sent, report, hash=ash)
        assert (paid.outcome, paid.amount) == (Outcome.SUCCEEDED, sent.amount)


# --- batches


def batch(lines: int) -> list[Order]:
    """Each tenth goes to a handset that can't be reached."""
    phones = ["237677777770" if n % 10 == 0 else f"23767100{n:04d}" for n in range(lines)]
    return [order(100 + n, phone, name=f"line {n}") for n, phone in enumerate(phones)]


async def test_250_lines_go_out_in_three_batches_and_each_has_its_own_end() -> None:
    async with opened() as at:
        orders = batch(250)
        sent = await at.gateway.bulk_payout(orders)
        references = {report.reference.split("/")[1] for report in sent}
        assert len(references) == 3
        assert {report.outcome for report in sent} == {Outcome.PENDING}
        await at.after(6)
        told = [report for reference in references for report in await at.gateway.bulk_status(reference)]
        ends = {report.key: report for report in told}
        for n, line in enumerate(orders):
            end = ends[str(line.key)]
            assert end.outcome is (Outcome.FAILED if n % 10 == 0 else Outcome.SUCCEEDED)
            assert (end.amount, end.reference) == (line.amount, sent[n].reference)
        one = await at.status(orders[10], sent[10], Kind.PAYOUT)
        assert (one.outcome, one.reason) == (Outcome.FAILED, Reason.PAYEE_NOT_FOUND)


async def test_the_word_of_a_batch_decides_nothing() -> None:
    async with opened({"bulk_with_failures": "Partial"}) as at:
        orders = batch(11)[9:]
        sent = await at.gateway.bulk_payout(orders)
        await at.after(6)
        ends = [report.outcome for report in await at.gateway.bulk_status(sent[0].reference)]
        assert ends == [Outcome.SUCCEEDED, Outcome.FAILED]


async def test_lines_that_are_not_listed_end_with_the_counts_or_not_at_all() -> None:
    async with opened({"bulk_lists": "first"}) as at:
        good = batch(4)[1:]
        sent = await at.gateway.bulk_payout(good)
        mixed = [order(100, MTN, name="m1"), order(100, "237677777770", name="m2")]
        doubtful = await at.gateway.bulk_payout(mixed)
        await at.after(6)
        assert (await at.status(good[2], sent[2], Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        assert (await at.status(mixed[0], doubtful[0], Kind.PAYOUT)).outcome is Outcome.SUCCEEDED
        assert (await at.status(mixed[1], doubtful[1], Kind.PAYOUT)).outcome is Outcome.UNKNOWN


async def test_lines_without_their_descriptions_are_known_by_phone_and_amount() -> None:
    async with opened({"bulk_descriptions": False}) as at:
        orders = batch(3)
        sent = await at.gateway.bulk_payout(orders)
        await at.after(6)
        outcomes = [(await at.status(line, told, Kind.PAYOUT)).outcome for line, told in zip(orders, sent, strict=True)]
        assert outcomes == [Outcome.FAILED, Outcome.SUCCEEDED, Outcome.SUCCEEDED]


async def test_a_batch_is_read_once_in_five_seconds_whoever_asks() -> None:
    async with opened() as at:
        at.box.settings.payout_delay = 1
        orders = batch(3)
        sent = await at.gateway.bulk_payout(orders)
        at.box.faults.order("status", "/widraw/bulk/", status=500, after_work=True, times=1)
        with pytest.raises(MaybeSent):
            await at.status(orders[0], sent[0], Kind.PAYOUT)
        assert (await at.status(orders[0], sent[0], Kind.PAYOUT)).outcome is Outcome.PENDING
        await at.after(4)
        assert (await at.status(orders[1], sent[1], Kind.PAYOUT)).outcome is Outcome.PENDING
        await at.after(1)
        assert (await at.status(orders[1], sent[1], Kind.PAYOUT)).outcome is Outcome.SUCCEEDED


async def test_when_a_batch_breaks_the_earlier_ones_stand_and_the_later_ones_never_left() -> None:
    async with opened() as at:
        await at.gateway.payout(order(100, name="signs in"))
        at.box.faults.order("drop_reply", "/withdraw/bulk", times=1)
        orders = batch(250)
        reports = await at.gateway.bulk_payout(orders)
        assert {report.outcome for report in reports[:100]} == {Outcome.UNKNOWN}
        assert {(report.outcome, report.reason) for report in reports[100:]} == {(Outcome.FAILED, Reason.UNREACHABLE)}
        assert len(at.box.ledger.entries("nkapsmart")) == 101


async def test_a_batch_that_the_balance_does_not_cover_moves_nothing() -> None:
    async with opened({"opening": 250}) as at:
        with pytest.raises(Refused):
            await at.gateway.bulk_payout([order(100, name=str(n)) for n in range(3)])
        assert at.balance() == 250


# --- signing in


@pytest.mark.parametrize(("minutes", "side"), [(-7, "behind"), (7, "ahead of")])
async def test_a_wrong_clock_is_named(minutes: int, side: str) -> None:
    async with opened() as at:
        late = Clock(at.clock.now)
        late.skip(60 * minutes)
        gateway = Nkapsmart.open(at.gateway.settings, None, late)
        try:
            with pytest.raises(Misconfigured, match=f"clock is 7 minutes {side} Nkapsmart's"):
                await gateway.payout(order())
        finally:
            await gateway.close()
        assert at.box.ledger.entries("nkapsmart") == []


async def test_a_token_that_died_is_renewed() -> None:
    async with opened({"token_life": 1800}) as at:
        await at.gateway.payout(order(name="one"))
        await at.after(1799)
        await at.gateway.payout(order(name="two"))
        assert len(at.box.ledger.entries("nkapsmart")) == 2


async def test_a_wrong_secret_is_a_matter_of_settings() -> None:
    async with opened(SECRET_KEY="another-hmac-key") as at:
        with pytest.raises(Misconfigured, match="Invalid signature"):
            await at.gateway.payout(order())


async def test_a_sandbox_that_was_not_reached_was_sent_nothing() -> None:
    async with opened() as at:
        at.box.faults.order("drop_request", "/authenticate", times=1)
        with pytest.raises(NotSent):
            await at.gateway.payout(order())
        assert at.box.ledger.entries("nkapsmart") == []


async def test_the_keys_can_be_checked_without_moving_anything() -> None:
    async with opened() as at:
        assert await at.gateway.check() == ""
    async with opened(SECRET_KEY="another-hmac-key") as at:
        with pytest.raises(Misconfigured):
            await at.gateway.check()


# --- callbacks


async def test_a_charge_that_is_paid_is_told_and_a_forged_word_of_it_is_dropped() -> None:
    async with receiver() as shop:
        url = shop.url.partition("?")[0] + "?token=t0ken-in-the-address"
        async with opened({"callback_url": url}) as at:
            report = await at.gateway.collect(order())
            at.box.phones.approve(MTN, "1234")
            await at.box.tick()
            [heard] = await shop.heard_times(1)
            told = at.gateway.parse_callback(CallbackRequest(heard.method, {}, heard.query, heard.body))
            assert (told.reference, told.key, told.word) == (report.reference, str(order().key), "SUCCESS")
            assert json.loads(heard.body)["event"] == "charge.completed"
            at.box.faults.order("callbacks_forged", times=1)
            await at.gateway.collect(order(name="two"))
            at.box.phones.approve(MTN, "1234")
            await until(lambda: len(shop.heard) == 2)
            assert "token" not in shop.heard[1].query


async def test_a_failure_is_not_told() -> None:
    async with receiver() as shop, opened({"callback_url": shop.url}) as at:
        await at.gateway.collect(order())
        at.box.phones.decline(MTN)
        await at.box.tick()
        assert at.box.callbacks.all() == []


# --- the merchant's own record


async def test_the_merchants_own_record_gets_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with opened({"account_record": True}) as at:
        report = await at.gateway.collect(order())
        at.box.phones.approve(MTN, "1234")
        paid = await at.status(order(), report)
        at.box.faults.order("malformed", "/verify/", times=1)
        with pytest.raises(MaybeSent) as broken:
            await at.status(order(), report)
        said = f"{report} {paid} {broken.value} {caplog.text}"
        assert paid.outcome is Outcome.SUCCEEDED
        assert "made-up" not in said
        assert at.box.settings.nkapsmart.user_id not in said
