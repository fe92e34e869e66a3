"""KPay from both sides: the gateway against the sandbox, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from providers.catalogue.kpay import COUNTRIES, OPERATORS, SUBMITTED, TEST_NUMBERS
from providers.errors import BadCallback, MaybeSent, NotSent, Reason, Refused
from providers.kpay import KPay
from providers.kpay_replies import REASONS
from providers.messages import (
    Balance,
    CallbackRequest,
    Channel,
    Health,
    Kind,
    LinkOrder,
    Lookup,
    Order,
    Outcome,
    RefundOrder,
    Report,
    Service,
    StepKind,
    TransferOrder,
)
from providers.money import Money
from providers.sandbox import Sandbox, Settings, serve
from tests.providers.sandbox.desk import Clock, Receiver, receiver

PAYS, LIMITED, OPEN = "237653456789", "237653456019", "237653456129"
AMOUNT = Money(5000, "XAF")
BACK = "https://shop.cm/back?cart=3"


@dataclass
class Shop:
    box: Sandbox
    clock: Clock
    kpay: KPay

    async def after(self, seconds: float) -> None:
        self.clock.skip(seconds)
        await self.box.tick()

    async def look(self, order: Order, report: Report, kind: Kind = Kind.COLLECTION) -> Report:
        lookup = Lookup(kind, order.key, order.amount, order.msisdn, self.clock(), report.reference, order.channel)
        return await self.kpay.status(lookup)


@asynccontextmanager
async def shop(**kpay: Any) -> AsyncIterator[Shop]:
    clock = Clock()
    async with serve(Settings.model_validate({"kpay": kpay}), clock=clock) as box:
        known = box.settings.kpay
        settings = KPay.Settings.model_validate(
            {
                "base_url": box.url,
                "api_key": known.api_key,
                "secret_key": known.secret_key,
                "webhook_secret": known.webhook_secret,
                "gateway_secret": known.gateway_secret,
                "return_url": BACK,
            }
        )
        gateway = KPay.open(settings, None, clock)
        try:
            yield Shop(box, clock, gateway)
        finally:
            await gateway.close()


def order(msisdn: str = PAYS, amount: Money = AMOUNT, operator: str = "MTN", **more: Any) -> Order:
    return Order(uuid4(), amount, msisdn, operator, "Shoes", **more)


async def test_a_payment_is_pending_and_then_paid_less_the_commission() -> None:
    async with shop() as at:
        asked = order()
        sent = await at.kpay.collect(asked)
        assert (sent.outcome, sent.word, sent.key, sent.operator) == (Outcome.PENDING, "PENDING", str(asked.key), "MTN")
        await at.after(1)
        paid = await at.look(asked, sent)
        assert (paid.outcome, paid.amount, paid.fee) == (Outcome.SUCCEEDED, AMOUNT, Money(100, "XAF"))
        assert paid.reference == sent.reference
        assert paid.operator_reference == sent.operator_reference != ""


@pytest.mark.parametrize("code", [code for code in TEST_NUMBERS if code != "SLE"])
async def test_each_countrys_numbers_end_as_documented(code: str) -> None:
    country = COUNTRIES[code]
    operator = next(item.name for item in OPERATORS.values() if item.country == country)
    amount = Money.from_wire(1000, country.currencies[0])
    async with shop() as at:
        for kind, numbers in (
            (Kind.COLLECTION, TEST_NUMBERS[code].deposits),
            (Kind.PAYOUT, TEST_NUMBERS[code].payouts),
        ):
            send = at.kpay.collect if kind is Kind.COLLECTION else at.kpay.payout
            for msisdn, failure in numbers.items():
                asked = order(msisdn, amount, operator)
                sent = await send(asked)
                await at.after(1)
                told = await at.look(asked, sent, kind)
                if failure == SUBMITTED:
                    assert told.outcome is Outcome.PENDING
                elif failure:
                    expected = (Outcome.FAILED, REASONS.get(failure, Reason.OTHER))
                    assert (told.outcome, told.reason) == expected, msisdn
                else:
                    assert (told.outcome, told.amount) == (Outcome.SUCCEEDED, amount), msisdn


async def test_a_number_like_any_other_asks_for_its_pin() -> None:
    async with shop() as at:
        asked = order("237671000101")
        sent = await at.kpay.collect(asked)
        [prompt] = at.box.phones.prompts("237671000101")
        assert (prompt.amount, prompt.currency, prompt.operator) == (5000, "XAF", "MTN")
        at.box.phones.approve("237671000101", "1234")
        assert (await at.look(asked, sent)).outcome is Outcome.SUCCEEDED
        declined = await at.kpay.collect(again := order("237671000101"))
        at.box.phones.decline("237671000101")
        assert (await at.look(again, declined)).reason is Reason.DECLINED


async def test_a_cancelled_payment_is_a_payer_who_declined() -> None:
    async with shop(declined_word="CANCELLED") as at:
        sent = await at.kpay.collect(asked := order("237671000101"))
        at.box.phones.decline("237671000101")
        told = await at.look(asked, sent)
        assert (told.outcome, told.word, told.reason) == (Outcome.FAILED, "CANCELLED", Reason.DECLINED)


async def test_a_payout_reaches_its_payee_less_the_commission() -> None:
    async with shop() as at:
        before = at.box.phones.wallet("237671000101")
        sent = await at.kpay.payout(asked := order("237671000101"))
        francs = {item.pocket: item.amount.minor for item in await at.kpay.balance() if item.amount.currency == "XAF"}
        assert francs == {"": 1_500_000, "RESERVED": 5000, "AVAILABLE": 1_495_000}
        await at.after(1)
        paid = await at.look(asked, sent, Kind.PAYOUT)
        assert (paid.outcome, paid.amount, paid.fee) == (Outcome.SUCCEEDED, AMOUNT, Money(250, "XAF"))
        assert at.box.phones.wallet("237671000101") == before + 4750
        assert "You received 4750 XAF" in at.box.phones.messages("237671000101")[-1].text


async def test_an_empty_wallet_refuses_a_payout() -> None:
    async with shop(opening=1000) as at:
        with pytest.raises(Refused) as refused:
            await at.kpay.payout(order())
        assert refused.value.reason is Reason.BALANCE_TOO_LOW


@pytest.mark.parametrize("message_lists", [False, True])
async def test_a_refusal_is_told_in_kpays_words(message_lists: bool) -> None:
    async with shop(message_lists=message_lists, error_extras=message_lists) as at:
        with pytest.raises(Refused, match="minimum amount is 50 XAF"):
            await at.kpay.collect(order(amount=Money(49, "XAF")))


@pytest.mark.parametrize("replay", ["conflict", "first"])
async def test_the_same_key_twice_is_never_a_second_payout(replay: str) -> None:
    async with shop(withdrawal_replay=replay) as at:
        asked = order("237671000101")
        sent = await at.kpay.payout(asked)
        if replay == "first":
            assert (await at.kpay.payout(asked)).reference == sent.reference
        else:
            with pytest.raises(MaybeSent):
                await at.kpay.payout(asked)
        assert len(at.box.ledger.entries("kpay")) == 1


async def test_the_same_key_twice_is_never_a_second_payment() -> None:
    async with shop() as at:
        asked = order("237671000101")
        await at.kpay.collect(asked)
        with pytest.raises(MaybeSent):
            await at.kpay.collect(asked)
        assert len(at.box.phones.prompts("237671000101")) == 1


async def test_a_lost_reply_is_doubt_and_the_webhook_brings_the_id() -> None:
    async with receiver() as hook, shop(callback_url=hook.url) as at:
        at.box.faults.order("drop_reply", "/init", times=1)
        asked = order()
        with pytest.raises(MaybeSent):
            await at.kpay.collect(asked)
        assert (await at.look(asked, Report(Outcome.UNKNOWN))).outcome is Outcome.UNKNOWN
        await at.after(1)
        callback = at.kpay.parse_callback(await heard(hook))
        assert (callback.key, callback.word) == (str(asked.key), "COMPLETED")
        found = await at.look(asked, Report(Outcome.UNKNOWN, callback.reference))
        assert (found.outcome, found.key) == (Outcome.SUCCEEDED, str(asked.key))


async def heard(hook: Receiver) -> CallbackRequest:
    [told] = await hook.heard_times(1)
    return CallbackRequest(told.method, told.headers, told.query, told.body)


async def page(at: Shop, asked: Order, url: str, **form: str) -> dict[str, str]:
    """What the browser is sent back to the shop with."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
        assert "5000 XAF" in (await browser.get(url)).text
        sent = await browser.post(url, data=form)
        assert sent.status_code == 303
        if at.box.phones.prompts("237671000101"):
            assert "asks for the PIN" in (await browser.get(url)).text
            at.box.phones.approve("237671000101", "1234")
        await at.after(1)
        back = sent if form.get("action") == "cancel" else await browser.get(url)
    parts = urlsplit(back.headers["location"])
    assert (parts.netloc, parts.path) == ("shop.cm", "/back")
    return dict(parse_qsl(parts.query, keep_blank_values=True))


async def test_a_hosted_page_is_paid_in_a_browser_and_leads_back_signed() -> None:
    async with shop() as at:
        asked = order("", channel=Channel.PAGE)
        sent = await at.kpay.collect(asked)
        assert sent.outcome is Outcome.PENDING
        assert sent.step is not None
        assert sent.step.kind is StepKind.OPEN_PAGE
        assert (await at.look(asked, sent)).outcome is Outcome.PENDING
        query = await page(at, asked, sent.step.url, provider="MTN_MOMO_CMR", phone="671 00 01 01", action="go")
        assert query.pop("cart") == "3"
        callback = at.kpay.parse_callback(CallbackRequest("GET", {}, query, b""))
        assert (callback.key, callback.word, callback.reference) == (str(asked.key), "COMPLETED", "")
        paid = await at.look(asked, sent)
        assert (paid.outcome, paid.amount, paid.reference) == (Outcome.SUCCEEDED, AMOUNT, sent.reference)


async def test_a_hosted_page_pays_out_to_the_number_its_payee_gives() -> None:
    async with shop() as at:
        asked = order("", channel=Channel.PAGE)
        sent = await at.kpay.payout(asked)
        assert sent.step
        assert sent.fee == Money(250, "XAF")
        query = await page(at, asked, sent.step.url, provider="ORANGE_CMR", phone="691000102", action="go")
        assert query["status"] == "COMPLETED"
        assert (await at.look(asked, sent, Kind.PAYOUT)).outcome is Outcome.SUCCEEDED


async def test_a_hosted_page_that_is_cancelled_failed_and_says_so_on_the_way_back() -> None:
    async with shop() as at:
        asked = order("", channel=Channel.PAGE)
        sent = await at.kpay.collect(asked)
        assert sent.step
        query = await page(at, asked, sent.step.url, action="cancel")
        assert at.kpay.parse_callback(CallbackRequest("GET", {}, query, b"")).word == "CANCELLED"
        assert (await at.look(asked, sent)).outcome is Outcome.FAILED


async def test_a_page_that_is_left_is_told_of_and_frees_its_key() -> None:
    async with receiver() as hook, shop(callback_url=hook.url) as at:
        sent = await at.kpay.payout(asked := order("", channel=Channel.PAGE))
        assert sent.step
        before = at.box.world.accounts.shown()
        await page(at, asked, sent.step.url, action="cancel")
        request = await heard(hook)
        assert request.headers["x-kpay-event"] == "payout.cancelled"
        assert at.kpay.parse_callback(request).reference == sent.reference
        told = await at.look(asked, sent, Kind.PAYOUT)
        assert (told.outcome, told.word, told.reason) == (Outcome.FAILED, "CANCELLED", Reason.DECLINED)
        assert at.box.world.accounts.shown() == before
        assert at.box.phones.known() == []
        await at.kpay.payout(asked)


async def test_a_hosted_page_whose_time_is_over_stays_in_doubt() -> None:
    async with shop() as at:
        asked = order("", channel=Channel.PAGE)
        sent = await at.kpay.collect(asked)
        await at.after(3600)
        told = await at.look(asked, sent)
        assert (told.outcome, told.word) == (Outcome.UNKNOWN, "EXPIRED")


async def test_an_application_of_one_mode_refuses_the_other() -> None:
    async with shop(mode="USSD") as at:
        with pytest.raises(Refused, match="set to USSD"):
            await at.kpay.collect(order("", channel=Channel.PAGE))


async def test_a_link_is_a_hosted_page() -> None:
    async with shop() as at:
        link = await at.kpay.link(LinkOrder(uuid4(), AMOUNT, "Shoes"))
        async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
            gone = await browser.post(link.url, data={"action": "cancel"})
        assert gone.headers["location"].startswith("https://shop.cm/back?cart=3&status=CANCELLED&")
        assert link.reference.startswith("pay_")


async def test_a_refund_goes_back_whole_and_once() -> None:
    async with shop() as at:
        sent = await at.kpay.collect(asked := order())
        await at.after(1)
        wanted = RefundOrder(uuid4(), sent.reference, AMOUNT, "too small")
        refund = await at.kpay.refund(wanted)
        assert (refund.outcome, refund.amount) == (Outcome.PENDING, AMOUNT)
        lookup = Lookup(Kind.REFUND, wanted.key, AMOUNT, asked.msisdn, at.clock(), refund.reference)
        assert (await at.kpay.status(lookup)).outcome is Outcome.PENDING
        assert (await at.kpay.refund(wanted)).reference == refund.reference
        with pytest.raises(Refused, match="A refund exists already"):
            await at.kpay.refund(replace(wanted, key=uuid4()))
        await at.after(1)
        assert (await at.kpay.status(lookup)).outcome is Outcome.SUCCEEDED
        paid = await at.look(asked, sent)
        assert (paid.outcome, paid.word, paid.detail) == (
            Outcome.UNKNOWN,
            "REFUNDED",
            "paid, and given back since",
        )


async def test_a_part_of_a_payment_is_not_refunded_as_the_whole() -> None:
    async with shop() as at:
        sent = await at.kpay.collect(order())
        await at.after(1)
        with pytest.raises(Refused, match="5000 XAF"):
            await at.kpay.refund(RefundOrder(uuid4(), sent.reference, Money(100, "XAF"), ""))
        assert len(at.box.ledger.entries("kpay")) == 1


async def test_a_transfer_is_done_when_it_is_answered() -> None:
    async with shop() as at:
        report = await at.kpay.transfer(TransferOrder(uuid4(), Money(20_000, "XAF"), "CM", "GA", "stock"))
        assert (report.outcome, report.amount, report.detail) == (Outcome.SUCCEEDED, Money(20_000, "XAF"), "20000 XAF")
        changed = await at.kpay.transfer(TransferOrder(uuid4(), Money(100_000, "XAF"), "CM", "SN", ""))
        assert changed.detail == "101530 XOF"
        shown = at.box.world.accounts.shown()
        assert (shown["kpay/CMR/XAF"], shown["kpay/GAB/XAF"], shown["kpay/SEN/XOF"]) == (380_000, 520_000, 601_530)
        again = TransferOrder(UUID(report.key), Money(20_000, "XAF"), "CM", "GA", "stock")
        with pytest.raises(MaybeSent):
            await at.kpay.transfer(again)
        with pytest.raises(Refused) as refused:
            await at.kpay.transfer(TransferOrder(uuid4(), Money(900_000, "XAF"), "CM", "GA", ""))
        assert refused.value.reason is Reason.BALANCE_TOO_LOW


async def test_a_transfer_asks_for_a_new_token_before_the_old_one_is_over() -> None:
    async with shop() as at:
        heard: list[str] = []
        at.kpay.client.http.event_hooks = {"request": [_note(heard)]}
        for minutes in (0, 28, 1.5):
            at.clock.skip(minutes * 60)
            await at.kpay.transfer(TransferOrder(uuid4(), Money(100, "XAF"), "CM", "GA", ""))
        asked = [path.rpartition("/")[2] for path in heard]
        assert asked.count("transfer") == 3
        assert len(at.box.world.store.rows("SELECT * FROM kpay_transfers")) == 3


def _note(heard: list[str]) -> Any:
    async def note(request: httpx.Request) -> None:
        heard.append(request.url.path)

    return note


async def test_balances_are_told_by_currency() -> None:
    async with shop(opening=700) as at:
        told = await at.kpay.balance()
        assert Balance(Money(70_000, "KES"), "AVAILABLE") in told
        assert Balance(Money(2100, "XAF")) in told


async def test_rates_services_operators_and_the_account_itself_are_told() -> None:
    closed = {"MTN_MOMO_CMR": {"PAYOUT": "CLOSED"}, "ORANGE_CMR": {"DEPOSIT": "DELAYED"}}
    async with shop(services=closed) as at:
        assert await at.kpay.rate("XAF", "XOF") == Decimal("1.0153")
        assert await at.kpay.rate("XAF", "XAF") == 1
        assert set(await at.kpay.availability("CM")) == {
            Service("MTN", Kind.COLLECTION, Health.UP),
            Service("MTN", Kind.PAYOUT, Health.CLOSED),
            Service("ORANGE", Kind.COLLECTION, Health.SLOW),
            Service("ORANGE", Kind.PAYOUT, Health.UP),
        }
        assert await at.kpay.availability("NG") == []
        assert await at.kpay.identify(PAYS) == "MTN"
        assert await at.kpay.identify("254703456789") == "MPESA"
        with pytest.raises(Refused):
            await at.kpay.identify("237671000101")
        assert await at.kpay.check() == "Guichet Sandbox, TEST"


async def test_an_operator_that_is_down_leaves_doubt() -> None:
    async with shop(services={"MTN_MOMO_CMR": {"DEPOSIT": "CLOSED"}}) as at:
        with pytest.raises(MaybeSent):
            await at.kpay.collect(order())


@pytest.mark.parametrize(("kind", "event"), [(Kind.COLLECTION, "payment.failed"), (Kind.PAYOUT, "payout.failed")])
async def test_webhooks_are_signed_and_name_the_payment(kind: Kind, event: str) -> None:
    async with receiver() as hook, shop(callback_url=hook.url) as at:
        failing = "237653456019" if kind is Kind.COLLECTION else "237653456089"
        asked = order(failing)
        sent = await (at.kpay.collect if kind is Kind.COLLECTION else at.kpay.payout)(asked)
        await at.after(1)
        request = await heard(hook)
        assert request.headers["x-kpay-event"] == event
        callback = at.kpay.parse_callback(request)
        assert (callback.reference, callback.key, callback.word) == (sent.reference, str(asked.key), "FAILED")


async def test_too_many_calls_are_turned_away_and_wait_for_the_time_named() -> None:
    async with shop(requests_per_minute=3) as at:
        for _ in range(3):
            await at.kpay.rate("XAF", "XOF")
        with pytest.raises(NotSent) as turned:
            await at.kpay.collect(order("237671000101"))
        assert turned.value.retry_after
        assert 0 < turned.value.retry_after <= 60
        at.clock.skip(60)
        with pytest.raises(NotSent):  # held back on our side: the sandbox would answer again
            await at.kpay.collect(order("237671000101"))
        assert at.box.phones.prompts("237671000101") == []


@pytest.mark.parametrize(("answers", "posts"), [([500, 502, 503], 3), ([500], 2), ([400], 1)])
async def test_a_webhook_that_is_not_taken_is_tried_again_but_not_after_a_refusal(
    answers: list[int], posts: int
) -> None:
    async with receiver() as hook, shop(callback_url=hook.url) as at:
        hook.answers = answers
        await at.kpay.collect(order())
        for _ in range(6):
            await at.after(4)
            await at.box.tick()
        [owed] = at.box.callbacks.all()
        assert (owed.tries, len(hook.heard)) == (posts, posts)
        assert owed.state == ("delivered" if posts == 2 else "given_up")


async def test_a_forged_webhook_is_not_believed() -> None:
    async with receiver() as hook, shop(callback_url=hook.url) as at:
        at.box.faults.order("callbacks_forged")
        await at.kpay.collect(order())
        await at.after(1)
        with pytest.raises(BadCallback):
            at.kpay.parse_callback(await heard(hook))


@pytest.mark.parametrize("fault", ["drop_reply", "html", "malformed", "truncated", "empty", "status"])
async def test_a_payout_whose_answer_broke_is_in_doubt_and_was_made_once(fault: str) -> None:
    async with shop() as at:
        at.box.faults.order(
            fault, "/withdraw", times=1, **({"after_work": True} if fault in {"html", "status"} else {})
        )
        asked = order("237671000101")
        with pytest.raises(MaybeSent):
            await at.kpay.payout(asked)
        with pytest.raises(MaybeSent):
            await at.kpay.payout(asked)
        assert len(at.box.ledger.entries("kpay")) == 1


async def test_what_is_stuck_stays_open_until_the_fault_is_cleared() -> None:
    async with shop() as at:
        at.box.faults.order("stuck", "/init", times=1)
        sent = await at.kpay.collect(asked := order())
        await at.after(10)
        assert (await at.look(asked, sent)).outcome is Outcome.PENDING
        at.box.faults.clear()
        await at.after(1)
        assert (await at.look(asked, sent)).outcome is Outcome.SUCCEEDED


async def test_money_is_neither_made_nor_lost() -> None:
    async with shop() as at:
        await at.kpay.rate("XAF", "XOF")
        at.box.phones.wallet("237671000101")
        before = sum(at.box.world.accounts.all().values())
        await at.kpay.payout(order("237671000101"))
        await at.kpay.collect(order("237671000101"))
        at.box.phones.approve("237671000101", "1234")
        await at.kpay.transfer(TransferOrder(uuid4(), Money(5000, "XAF"), "CM", "GA", ""))
        await at.after(1)
        assert sum(at.box.world.accounts.all().values()) == before


async def test_a_crowd_of_looks_never_runs_into_the_limit_and_leaves_money_its_room() -> None:
    async with shop() as at:
        sent = await at.kpay.collect(asked := order())
        looks = await asyncio.gather(*(at.look(asked, sent) for _ in range(130)), return_exceptions=True)
        turned = [look for look in looks if isinstance(look, NotSent)]
        assert sum(isinstance(look, Report) for look in looks) == 80
        assert {look.code for look in turned} == {"rate limit"}  # ours; the sandbox would say 429
        assert (await at.kpay.payout(order())).outcome is Outcome.PENDING


async def test_a_page_outlives_a_restart(tmp_path: Path) -> None:
    headers = {"X-API-Key": Settings().kpay.api_key, "X-Secret-Key": Settings().kpay.secret_key}
    body = {"amount": 5000, "externalId": "1", "returnUrl": "https://shop.cm/back"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        async with serve(ledger=tmp_path / "box.db") as box:
            told = (await http.post(f"{box.url}/api/v1/payments/init", json=body)).json()
        async with serve(ledger=tmp_path / "box.db") as box:
            assert (await http.get(f"{box.url}/api/v1/payments/{told['id']}")).json()["status"] == "PENDING"
            page = await http.get(box.url + urlsplit(told["gatewayUrl"]).path)
            assert "5000 XAF" in page.text
