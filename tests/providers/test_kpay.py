"""KPay on the wire: every test speaks HTTP to a scripted server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import kpay_replies as replies
from providers.budget import Budget, Rank
from providers.catalogue.kpay import COUNTRIES, OPERATORS, TEST_NUMBERS
from providers.client import Client, Reply
from providers.errors import BadCallback, MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.kpay import LIMITS, KPay
from providers.messages import (
    REFUND_OF,
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
    Service,
    TransferOrder,
)
from providers.money import Money
from tests.providers.samples import KEY
from tests.providers.samples.kpay import (
    AMOUNT,
    AVAILABLE,
    LOOKUP,
    ME,
    ORDER,
    PAYMENT,
    REFUNDED,
    SAMPLES,
    SESSION,
    TOKEN,
    TRANSFERRED,
    accepted,
    record,
    returned,
    told,
    webhook,
)
from tests.providers.wire import HANGS, IN_VAIN, Wire, answer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
INIT, WITHDRAW = "POST /api/v1/payments/init", "POST /api/v1/payments/withdraw"
LOOK = f"GET /api/v1/payments/{PAYMENT}"
TRANSFER = "POST /api/wallets/transfer"
MOVE = TransferOrder(KEY, AMOUNT, "CM", "SN", "stock")


@dataclass
class Clock:
    at: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.at


@asynccontextmanager
async def account(wire: Wire, now: Clock, **changed: str) -> AsyncIterator[KPay]:
    keys = {name.lower(): value for name, value in SAMPLES.env.items()}
    opened = KPay.open(KPay.Settings.model_validate({"base_url": wire.url, **keys, **changed}), None, now)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
async def shop(wire: Wire, now: Clock) -> AsyncIterator[KPay]:
    async with account(wire, now) as opened:
        yield opened


async def test_a_payment_goes_out_as_documented(shop: KPay, wire: Wire) -> None:
    wire.says(INIT, answer(201, accepted()))
    report = await shop.collect(ORDER)
    [asked] = wire.asked
    assert asked.json == {
        "amount": 5000,
        "provider": "MTN_MOMO_CMR",
        "phoneNumber": "237653456789",
        "externalId": str(KEY),
        "description": "shoes",
    }
    assert asked.headers["x-api-key"] == SAMPLES.env["API_KEY"]
    assert asked.headers["x-secret-key"] == SAMPLES.env["SECRET_KEY"]
    assert (report.outcome, report.reference, report.key) == (Outcome.PENDING, PAYMENT, str(KEY))


@pytest.mark.parametrize(
    ("msisdn", "operator", "amount", "code", "number"),
    [
        ("237653456789", "Orange", Money(5000, "XAF"), "ORANGE_CMR", b"5000"),
        ("254703456789", "SAFARICOM", Money(125050, "KES"), "MPESA_KEN", b"1250.50"),
        ("254703456789", "", Money(125000, "KES"), "MPESA_KEN", b"1250.00"),
        ("243813456789", "VODACOM", Money(280000, "CDF"), "VODACOM_MPESA_COD", b"2800.00"),
        ("221763456789", "YAS", Money(100, "XOF"), "FREE_SEN", b"100"),
        ("23276123456", "ORANGE", Money(10**15 + 1, "SLE"), "ORANGE_SLE", b"10000000000000.01"),
    ],
)
async def test_an_amount_is_written_digit_by_digit_to_the_right_operator(
    shop: KPay, wire: Wire, msisdn: str, operator: str, amount: Money, code: str, number: bytes
) -> None:
    wire.says(INIT, answer(201, accepted()))
    await shop.collect(Order(KEY, amount, msisdn, operator, ""))
    [asked] = wire.asked
    assert asked.body.startswith(b'{"amount": ' + number + b", ")
    assert asked.json["provider"] == code
    assert "description" not in asked.json


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (replace(ORDER, operator="CAMTEL"), Reason.OPERATOR_UNSUPPORTED),
        (replace(ORDER, operator=""), Reason.OPERATOR_UNSUPPORTED),
        (replace(ORDER, country="NG"), Reason.OPERATOR_UNSUPPORTED),
        (replace(ORDER, country="", msisdn="2348012345678"), Reason.OPERATOR_UNSUPPORTED),
        (replace(ORDER, amount=Money(5000, "XOF")), Reason.BAD_AMOUNT),
        (Order(KEY, Money(1000, "USD"), "243813456789", "VODACOM", ""), Reason.BAD_AMOUNT),
        (replace(ORDER, channel=Channel.BANK), Reason.NOT_ALLOWED),
    ],
)
async def test_what_kpay_cannot_be_told_is_refused_before_anything_leaves(
    shop: KPay, wire: Wire, order: Order, reason: Reason
) -> None:
    for verb in (shop.collect, shop.payout):
        with pytest.raises(Refused) as refused:
            await verb(order)
        assert refused.value.reason is reason
    assert wire.asked == []


@pytest.mark.parametrize("what", [INIT, WITHDRAW])
async def test_a_page_is_asked_for_without_phone_or_operator(shop: KPay, wire: Wire, what: str) -> None:
    wire.says(what, answer(201, SESSION))
    order = replace(ORDER, channel=Channel.PAGE)
    report = await (shop.collect if what == INIT else shop.payout)(order)
    assert wire.asked[0].json == {
        "amount": 5000,
        "returnUrl": wire.url,
        "externalId": str(KEY),
        "description": "shoes",
    }
    assert report.step
    assert report.step.url == SESSION["gatewayUrl"]


async def test_a_page_without_an_address_is_no_step(shop: KPay, wire: Wire) -> None:
    wire.says(INIT, answer(201, {**SESSION, "gatewayUrl": "javascript:alert(1)"}))
    report = await shop.collect(replace(ORDER, channel=Channel.PAGE))
    assert (report.step, report.reference) == (None, PAYMENT)
    with pytest.raises(MaybeSent):
        await shop.link(LinkOrder(KEY, AMOUNT, ""))


async def test_a_page_takes_no_more_than_its_amount(shop: KPay, wire: Wire) -> None:
    with pytest.raises(Refused):
        await shop.link(LinkOrder(KEY, AMOUNT, "", may_pay_more=True))
    assert wire.asked == []


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (422, "Solde insuffisant", Reason.BALANCE_TOO_LOW),
        (400, "Le montant minimum est de 100 XAF", Reason.OTHER),
        (400, ["amount must be a number", "provider is required"], Reason.OTHER),
        (404, "Wallet not found", Reason.OTHER),
    ],
)
async def test_a_documented_refusal_moved_nothing(
    shop: KPay, wire: Wire, status: int, message: object, reason: Reason
) -> None:
    wire.says(WITHDRAW, answer(status, {"statusCode": status, "message": message, "error": "Bad Request"}))
    with pytest.raises(Refused) as refused:
        await shop.payout(ORDER)
    assert refused.value.reason is reason
    assert refused.value.detail == ("; ".join(message) if isinstance(message, list) else message)


@pytest.mark.parametrize(
    ("status", "message"),
    [(409, "Transaction active"), (400, "externalId already used"), (405, "No"), (400, None), (418, "?"), (504, "x")],
)
async def test_anything_else_leaves_doubt(shop: KPay, wire: Wire, status: int, message: object) -> None:
    wire.says(WITHDRAW, answer(status, {"statusCode": status, "message": message}))
    with pytest.raises(MaybeSent):
        await shop.payout(ORDER)


async def test_keys_that_are_refused_are_a_persons_to_mend(shop: KPay, wire: Wire) -> None:
    wire.says(INIT, answer(401, {"statusCode": 401, "message": "Invalid API credentials", "error": "Unauthorized"}))
    with pytest.raises(Misconfigured, match="Invalid API credentials"):
        await shop.collect(ORDER)


@pytest.mark.parametrize(
    ("changed", "reason", "detail"),
    [
        ({"failureReason": "PAYER_LIMIT_REACHED"}, Reason.LIMIT_REACHED, ""),
        ({"failureReason": "insufficient_balance"}, Reason.PAYER_BALANCE_TOO_LOW, ""),
        ({"failureReason": None, "failureCode": "PAYER_NOT_FOUND"}, Reason.PAYEE_NOT_FOUND, ""),
        ({"failureReason": "UNSPECIFIED_FAILURE"}, Reason.OTHER, "UNSPECIFIED_FAILURE"),
        ({"failureReason": "Carte refusée par la banque"}, Reason.OTHER, "Carte refusée par la banque"),
        ({"failureReason": None}, Reason.OTHER, ""),
    ],
)
async def test_a_failure_says_why(
    shop: KPay, wire: Wire, changed: dict[str, object], reason: Reason, detail: str
) -> None:
    wire.says(LOOK, answer(200, {**record("FAILED"), **changed}))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.reason, report.detail) == (Outcome.FAILED, reason, detail)


@pytest.mark.parametrize("word", ["EXPIRED", "SUBMITTED", "failed?", ""])
async def test_a_word_that_kpay_does_not_document_ends_nothing(shop: KPay, wire: Wire, word: str) -> None:
    wire.says(INIT, answer(201, accepted(status=word)))
    report = await shop.collect(ORDER)
    assert (report.outcome, report.reference) == (Outcome.UNKNOWN, PAYMENT)


async def test_a_fee_with_a_fraction_of_a_franc_is_left_out(shop: KPay, wire: Wire) -> None:
    body = json.dumps({**record("COMPLETED"), "feeAmount": 1.5}).encode()
    wire.says(LOOK, answer(200, body))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.fee, report.amount) == (Outcome.SUCCEEDED, None, AMOUNT)


@pytest.mark.parametrize(
    "lookup",
    [
        replace(LOOKUP, reference=""),
        replace(LOOKUP, reference="../withdraw/x"),
        replace(LOOKUP, kind=Kind.TRANSFER),
        replace(LOOKUP, kind=Kind.REFUND, reference=""),
    ],
)
async def test_what_cannot_be_asked_about_is_unknown_and_not_asked(shop: KPay, wire: Wire, lookup: Lookup) -> None:
    assert (await shop.status(lookup)).outcome is Outcome.UNKNOWN
    assert wire.asked == []


async def test_a_payment_that_kpay_does_not_know_is_unknown(shop: KPay, wire: Wire) -> None:
    wire.says(LOOK, answer(404, {"statusCode": 404, "message": "Payment not found"}))
    assert (await shop.status(LOOKUP)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("REFUNDED", Outcome.SUCCEEDED),
        ("COMPLETED", Outcome.PENDING),
        ("FAILED", Outcome.UNKNOWN),
        ("PENDING", Outcome.UNKNOWN),
        ("?", Outcome.UNKNOWN),
    ],
)
async def test_only_a_refunded_payment_ends_its_refund(shop: KPay, wire: Wire, word: str, outcome: Outcome) -> None:
    wire.says(LOOK, answer(200, record(word)))
    report = await shop.status(replace(LOOKUP, kind=Kind.REFUND, reference=f"some-refund:{PAYMENT}"))
    assert (report.outcome, report.reference, report.key) == (outcome, f"some-refund:{PAYMENT}", "")


@pytest.mark.parametrize("reference", ["", "the-refunds-own-id"])
async def test_a_refund_whose_answer_was_lost_is_found_at_its_payment(shop: KPay, wire: Wire, reference: str) -> None:
    wire.says(LOOK, answer(200, record("REFUNDED")))
    lookup = replace(LOOKUP, kind=Kind.REFUND, reference=reference, extras={REFUND_OF: PAYMENT})
    assert (await shop.status(lookup)).outcome is Outcome.SUCCEEDED


async def test_a_refund_that_kpay_never_spoke_of_is_in_doubt_while_its_payment_stands(shop: KPay, wire: Wire) -> None:
    wire.says(LOOK, answer(200, record("COMPLETED")))
    lookup = replace(LOOKUP, kind=Kind.REFUND, reference="", extras={REFUND_OF: PAYMENT})
    assert (await shop.status(lookup)).outcome is Outcome.UNKNOWN


async def test_a_refund_whose_payment_cannot_be_looked_at_was_not_sent(shop: KPay, wire: Wire) -> None:
    wire.says(LOOK, answer(502, b"<html>"))
    with pytest.raises(NotSent):
        await shop.refund(RefundOrder(KEY, PAYMENT, AMOUNT, ""))
    assert wire.heard(f"POST /api/v1/payments/{PAYMENT}/refund") == []


async def test_a_refund_names_its_reason_and_key(shop: KPay, wire: Wire) -> None:
    wire.says(LOOK, answer(200, record("COMPLETED")))
    wire.says(f"POST /api/v1/payments/{PAYMENT}/refund", answer(201, REFUNDED))
    report = await shop.refund(RefundOrder(KEY, PAYMENT, AMOUNT, "x" * 300))
    assert wire.asked[-1].json == {"externalId": str(KEY), "reason": "x" * 255}
    assert (report.outcome, report.reference) == (Outcome.PENDING, f"{REFUNDED['id']}:{PAYMENT}")


def transfers(wire: Wire, *replies: Any) -> None:
    wire.says("GET /api/v1/payments/me", answer(200, ME))
    wire.says("POST /api/v1/payments/token", TOKEN)
    wire.says(TRANSFER, *(replies or (answer(201, TRANSFERRED),)))


async def test_a_transfer_goes_out_with_a_token_and_without_the_keys(shop: KPay, wire: Wire) -> None:
    transfers(wire)
    report = await shop.transfer(MOVE)
    asked = wire.asked[-1]
    assert asked.json == {
        "applicationId": ME["application"]["id"],  # type: ignore[index]
        "sourceCountry": "CMR",
        "destinationCountry": "SEN",
        "amount": 5000,
        "description": "stock",
        "externalId": str(KEY),
    }
    assert asked.headers["authorization"] == "Bearer bearer-1"
    assert "x-api-key" not in asked.headers
    assert (report.outcome, report.amount, report.detail) == (Outcome.SUCCEEDED, AMOUNT, "5076 XOF")
    assert report.operator_reference == "TRF-OUT-9QX2"


async def test_a_token_is_kept_for_less_than_its_thirty_minutes(shop: KPay, wire: Wire, now: Clock) -> None:
    transfers(wire)
    for minutes, tokens in ((0, 1), (28.5, 1), (0.6, 2)):
        now.at += timedelta(minutes=minutes)
        await shop.transfer(MOVE)
        assert len(wire.heard("POST /api/v1/payments/token")) == tokens
    assert len(wire.heard("GET /api/v1/payments/me")) == 1


async def test_a_token_that_died_early_is_renewed_once(shop: KPay, wire: Wire) -> None:
    refused = answer(401, {"statusCode": 401, "message": "Unauthorized"})
    transfers(wire, refused, answer(201, TRANSFERRED))
    assert (await shop.transfer(MOVE)).outcome is Outcome.SUCCEEDED
    assert len(wire.heard(TRANSFER)) == 2


@pytest.mark.parametrize("what", ["GET /api/v1/payments/me", "POST /api/v1/payments/token"])
async def test_a_transfer_that_never_got_as_far_was_not_sent(shop: KPay, wire: Wire, what: str) -> None:
    transfers(wire)
    wire.says(what, HANGS)
    shop.client.read = IN_VAIN
    with pytest.raises(NotSent):
        await shop.transfer(MOVE)
    assert wire.heard(TRANSFER) == []


async def test_a_transfer_that_comes_with_a_word_is_what_the_word_says(shop: KPay, wire: Wire) -> None:
    transfers(wire, answer(201, {**TRANSFERRED, "status": "PENDING"}), answer(201, {**TRANSFERRED, "status": "HELD"}))
    assert (await shop.transfer(MOVE)).outcome is Outcome.PENDING
    assert (await shop.transfer(MOVE)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("order", [replace(MOVE, target="NG"), replace(MOVE, source="SN", target="CM")])
async def test_a_transfer_between_wallets_that_cannot_be_is_refused(
    shop: KPay, wire: Wire, order: TransferOrder
) -> None:
    with pytest.raises(Refused):
        await shop.transfer(order)
    assert wire.asked == []


async def test_balances_add_up_by_currency_and_are_never_rounded_up(shop: KPay, wire: Wire) -> None:
    rows = [
        {"currency": "XAF", "balance": 1000.75, "reservedBalance": 0, "availableBalance": "1000.75"},
        {"currency": "XAF", "balance": 50, "reservedBalance": 20, "availableBalance": 30},
        {"currency": "KES", "balance": 12.345, "reservedBalance": None},
        {"currency": "???", "balance": 1},
        "noise",
    ]
    wire.says("GET /api/v1/payments/balance", answer(200, rows))
    assert await shop.balance() == [
        Balance(Money(1050, "XAF")),
        Balance(Money(20, "XAF"), "RESERVED"),
        Balance(Money(1030, "XAF"), "AVAILABLE"),
        Balance(Money(1234, "KES")),
    ]


@pytest.mark.parametrize("body", [{"currency": "XAF", "balance": 1}, [{"currency": "XAF"}], "nothing"])
async def test_a_balance_that_is_not_there_is_not_zero(shop: KPay, wire: Wire, body: object) -> None:
    wire.says("GET /api/v1/payments/balance", answer(200, body))
    with pytest.raises(MaybeSent):
        await shop.balance()


@pytest.mark.parametrize("rate", [0, -1, None, "x", 10**12, True])
async def test_a_rate_that_is_none_is_not_told(shop: KPay, wire: Wire, rate: object) -> None:
    wire.says(
        "GET /api/v1/payments/exchange-rate?from=XAF&to=XOF", answer(200, {"from": "XAF", "to": "XOF", "rate": rate})
    )
    with pytest.raises(MaybeSent):
        await shop.rate("XAF", "XOF")


async def test_a_rate_is_exact(shop: KPay, wire: Wire) -> None:
    wire.says(
        "GET /api/v1/payments/exchange-rate?from=XAF&to=XOF", answer(200, b'{"from":"XAF","to":"XOF","rate":1.0153}')
    )
    assert await shop.rate("XAF", "XOF") == Decimal("1.0153")


async def test_services_are_told_by_operator_and_direction(shop: KPay, wire: Wire) -> None:
    wire.says("GET /api/v1/payments/availability", answer(200, AVAILABLE))
    assert await shop.availability("CM") == [
        Service("MTN", Kind.COLLECTION, Health.UP),
        Service("MTN", Kind.PAYOUT, Health.CLOSED),
        Service("ORANGE", Kind.COLLECTION, Health.SLOW),
    ]
    assert await shop.availability("GH") == []


async def test_an_operator_beyond_the_catalogue_is_told_by_its_code(shop: KPay, wire: Wire) -> None:
    guess = {"country": "GHA", "provider": "MTN_MOMO_GHA", "phoneNumber": "233240000001"}
    wire.says("POST /api/v1/payments/predict-provider", answer(201, guess))
    assert await shop.identify("233240000001") == "MTN_MOMO_GHA"


async def test_a_call_turned_away_holds_back_the_next_ones(shop: KPay, wire: Wire) -> None:
    wire.says(LOOK, answer(429, {"statusCode": 429, "message": "Too many"}, {"Retry-After": "40"}))
    with pytest.raises(NotSent):
        await shop.status(LOOKUP)
    with pytest.raises(NotSent) as held:
        await shop.collect(ORDER)
    assert 35 < (held.value.retry_after or 0) <= 40
    assert wire.heard(INIT) == []


@given(
    st.dictionaries(
        st.sampled_from([*record("")]), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
    )
)
def test_no_body_breaks_the_reading_and_only_the_word_ends_a_payment(changed: dict[str, Any]) -> None:
    body = {**record("COMPLETED"), **changed}
    report = replies.reported(body)
    if report.outcome is not Outcome.UNKNOWN:
        assert report.outcome is replies.STATUS[str(body["status"]).strip().upper()]


class Noted(Budget):
    """Lets every call go, and keeps what it was told of it."""

    async def spend(self, *pots: str, rank: Rank, age: float = 0.0) -> None:
        noted.append((pots, rank, age))


noted: list[tuple[tuple[str, ...], Rank, float]] = []


async def test_every_call_draws_on_the_budget_by_what_it_is_for(wire: Wire, now: Clock) -> None:
    keys = {name.lower(): value for name, value in SAMPLES.env.items()}
    known = KPay.Settings.model_validate({"base_url": wire.url, **keys})
    shop = KPay(known, Client("kpay", wire.url), now, Noted(LIMITS))
    page = replace(ORDER, channel=Channel.PAGE)
    transfers(wire)
    for what, reply in {INIT: SESSION, WITHDRAW: SESSION, LOOK: record("COMPLETED")}.items():
        wire.says(what, answer(200, reply))
    wire.says(f"POST /api/v1/payments/{PAYMENT}/refund", answer(201, REFUNDED))
    wire.says("GET /api/v1/payments/balance", answer(200, []))
    once, money = ("all",), Rank.MONEY
    for call, expected in (
        (shop.collect(ORDER), [(once, money, 0.0)]),
        (shop.payout(page), [(("all", "sessions"), money, 0.0)]),
        (shop.status(LOOKUP), [(once, Rank.LOOK, 300.0)]),
        (shop.status(replace(LOOKUP, channel=Channel.PAGE)), [(("all", "session_looks"), Rank.LOOK, 300.0)]),
        (shop.refund(RefundOrder(KEY, PAYMENT, AMOUNT, "")), [(once, money, 0.0)] * 2),
        (shop.transfer(MOVE), [(once, money, 0.0)] * 2),
        (shop.balance(), [(once, Rank.QUESTION, 0.0)]),
    ):
        noted.clear()
        await call
        assert noted == expected
    await shop.close()


VECTOR = (
    b'{"event":"payment.completed","paymentId":"pay_demo1","reference":"KPAY-DEMO-1","status":"COMPLETED","amount":1500,'
    b'"phoneNumber":"237653456789","externalId":"CMD-7","metadata":{"cart":"7"},"completedAt":"2026-10-01T08:00:05.000Z",'
    b'"failedAt":null,"failureReason":null,"timestamp":"2026-10-01T08:00:06.000Z"}'
)
VECTOR_SIGNATURE = "9ad6063342dedb8de1a71d6ce0d8e70dcd4d1cf9ebdead6ffe308581547f85d1"
RETURN_SIGNATURE = "0f7e10b0414bc7c9437679df09389b327b4214c98c9ca6788609778dcbf47acc"


async def test_the_webhook_vector_passes(wire: Wire, now: Clock) -> None:
    now.at = datetime(2026, 10, 1, 8, 0, 7, tzinfo=UTC)
    async with account(wire, now, webhook_secret="demo-webhook-secret") as shop:
        request = CallbackRequest("POST", {"x-kpay-signature": VECTOR_SIGNATURE}, {}, VECTOR)
        callback = shop.parse_callback(request)
        assert (callback.reference, callback.key, callback.word) == ("pay_demo1", "CMD-7", "COMPLETED")
        with pytest.raises(BadCallback):  # the raw body is signed, not what it means
            shop.parse_callback(replace(request, body=json.dumps(json.loads(VECTOR)).encode()))


async def test_the_return_vector_passes(wire: Wire, now: Clock) -> None:
    now.at = datetime.fromtimestamp(1790841606, UTC) + timedelta(minutes=9)
    query = {"status": "COMPLETED", "reference": "KPAY-DEMO-1", "externalId": "CMD-7", "ts": "1790841606000"}
    request = CallbackRequest("GET", {}, {**query, "sig": RETURN_SIGNATURE}, b"")
    async with account(wire, now, gateway_secret="demo-gateway-secret") as shop:
        assert shop.parse_callback(request).key == "CMD-7"
        now.at += timedelta(minutes=2)
        with pytest.raises(BadCallback):
            shop.parse_callback(request)


@pytest.mark.parametrize("ts", ["", "soon", "17908416060000", "-179084160600", "1790841606"])
async def test_a_return_without_a_readable_time_is_refused(shop: KPay, ts: str) -> None:
    with pytest.raises(BadCallback):
        shop.parse_callback(returned(ts=ts))


async def test_no_secret_is_no_verification_passed(wire: Wire, now: Clock) -> None:
    async with account(wire, now, webhook_secret="", gateway_secret="") as shop:
        for forged in (told(webhook(), ""), returned("")):
            with pytest.raises(BadCallback):
                shop.parse_callback(forged)


@pytest.mark.parametrize("timestamp", ["", "now", "2026-11-21T07:59:59.000", "2026-11-21T09:00:00.000Z", 5])
async def test_a_webhook_of_another_time_is_refused(shop: KPay, timestamp: object) -> None:
    with pytest.raises(BadCallback):
        shop.parse_callback(told(webhook(timestamp=timestamp)))


@pytest.mark.parametrize(
    ("env", "missing"),
    [({"KPAY_API_KEY": "kpay_test_1"}, "KPAY_SECRET_KEY"), ({"KPAY_WEBHOOK_SECRET": "abc"}, "KPAY_API_KEY")],
)
def test_a_half_set_account_names_what_it_lacks(env: dict[str, str], missing: str) -> None:
    with pytest.raises(Misconfigured, match=missing):
        KPay.Settings.read("kpay", env)


def test_the_catalogue_is_whole() -> None:
    assert (len(OPERATORS), len(COUNTRIES), len(TEST_NUMBERS)) == (23, 12, 12)
    assert sum(len(numbers.deposits) + len(numbers.payouts) for numbers in TEST_NUMBERS.values()) == 108
    for code, numbers in TEST_NUMBERS.items():
        assert all(msisdn.startswith(COUNTRIES[code].dial) for msisdn in (*numbers.deposits, *numbers.payouts))


def test_every_operator_has_a_rail_each_way_and_pages_have_theirs(shop: KPay) -> None:
    rails = shop.rails()
    assert len(rails) == 2 * 23 + 3 + 10
    assert {rail.code for rail in rails} == {*OPERATORS, "GATEWAY", "WALLET"}
    payout = next(rail for rail in rails if rail.kind is Kind.PAYOUT and rail.code == "MTN_MOMO_CMR")
    assert (payout.minimum, payout.maximum) == (Money(100, "XAF"), Money(500_000, "XAF"))
    kenya = next(rail for rail in rails if rail.code == "MPESA_KEN")
    assert (kenya.operator, kenya.currency, kenya.multiple) == ("MPESA", "KES", Money(100, "KES"))


@pytest.mark.parametrize(
    "words", ["externalId already used", "operation in progress", "Provider timeout, status unknown"]
)
def test_words_of_doubt_are_no_refusal(words: str) -> None:
    for status in (400, 422):
        with pytest.raises(MaybeSent):
            replies.well(Reply(status, {"message": words}))
