"""CamPay on the wire: every test speaks HTTP to a scripted server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import campay
from providers import campay_replies as replies
from providers.campay import CamPay
from providers.errors import BadCallback, MaybeSent, Misconfigured, NotSent, ProviderError, Reason, Refused
from providers.messages import Balance, CallbackRequest, Kind, LinkOrder, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.sheet import Coverage
from tests.providers.wire import CLOSES, HANGS, IN_VAIN, Answer, Asked, Wire, answer

KEY = UUID("3f0f6a3e-6a52-4b0e-8d57-9f0c2a5b1e77")
REFERENCE = "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c11"
PHONE = "237671000111"
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ORDER = Order(KEY, Money(20, "XAF"), PHONE, "MTN", "shoes")
LOOKUP = Lookup(Kind.COLLECTION, KEY, Money(20, "XAF"), PHONE, NOW - timedelta(minutes=5), REFERENCE)
LOST = replace(LOOKUP, reference="")
TRANSACTION = f"GET /api/transaction/{REFERENCE}/"


@dataclass
class Clock:
    at: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.at


def settings(wire: Wire, **given: str) -> CamPay.Settings:
    return CamPay.Settings.model_validate({"base_url": wire.url, **(given or {"token": "permanent-1"})})


@asynccontextmanager
async def account(wire: Wire, now: Clock, **given: str) -> AsyncIterator[CamPay]:
    opened = CamPay.open(settings(wire, **given), None, now)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
async def shop(wire: Wire, now: Clock) -> AsyncIterator[CamPay]:
    async with account(wire, now) as opened:
        yield opened


@pytest.fixture
async def member(wire: Wire, now: Clock) -> AsyncIterator[CamPay]:
    async with account(wire, now, username="app-1", password="pa55word") as opened:
        yield opened


def record(**changed: object) -> dict[str, object]:
    return {
        "reference": REFERENCE,
        "status": "SUCCESSFUL",
        "amount": "20.00",
        "currency": "XAF",
        "operator": "Orange",
        "code": "D261121D0007QX",
        "operator_reference": "MP261121.0900.L00001",
        "endpoint": "collect",
        "signature": "a.b.c",
        "external_reference": str(KEY),
        "external_user": str(KEY),
        "extra_first_name": "",
        "app_amount": "19.00",
        "phone_number": PHONE,
        "description": "shoes [3f0f6a3e]",
        "reason": "None",
    } | changed


def row(**changed: object) -> dict[str, object]:
    return {
        "datetime": "2026-11-21T07:55:25.670488",
        "code": "D261121D0002AA",
        "operator_tx_code": None,
        "operator": "MTN",
        "phone_number": PHONE,
        "description": "shoes [3f0f6a3e]",
        "external_user": str(KEY),
        "amount": 20.0,
        "charge_amount": 1.0,
        "debit": 0.0,
        "credit": 19.0,
        "status": "SUCCESSFUL",
        "reference_uuid": REFERENCE,
    } | changed


def token(value: str = "temporary-1", expires_in: object = 3600) -> Answer:
    return answer(200, {"token": value, "expires_in": expires_in})


ACCEPTED = answer(200, {"reference": REFERENCE, "ussd_code": "*126#", "operator": "MTN"})


async def test_a_collection_goes_out_as_documented_and_is_pending(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/collect/", ACCEPTED)
    report = await shop.collect(ORDER)
    assert wire.asked[0].json == {
        "amount": "20",
        "currency": "XAF",
        "from": PHONE,
        "description": "shoes [3f0f6a3e]",
        "external_reference": str(KEY),
        "external_user": str(KEY),
    }
    assert wire.asked[0].headers["authorization"] == "Token permanent-1"
    assert report == Report(Outcome.PENDING, reference=REFERENCE, operator="MTN", payer_hint="*126#")


async def test_a_payout_goes_out_as_documented_and_is_pending(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/withdraw/", answer(200, {"reference": REFERENCE, "status": "PENDING"}))
    report = await shop.payout(ORDER)
    assert wire.asked[0].json == {
        "amount": "20",
        "currency": "XAF",
        "to": PHONE,
        "description": "shoes [3f0f6a3e]",
        "external_reference": str(KEY),
        "external_user": str(KEY),
    }
    assert report == Report(Outcome.PENDING, reference=REFERENCE, word="PENDING")


async def test_airtime_goes_out_as_documented_and_is_pending(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/utilities/airtime/transfer/", answer(200, {"reference": REFERENCE, "status": "PENDING"}))
    report = await shop.airtime(ORDER)
    assert wire.asked[0].json == {"amount": "20", "to": PHONE, "external_reference": str(KEY)}
    assert report.outcome is Outcome.PENDING


async def test_a_long_description_keeps_its_tag_and_looks_like_no_markup(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/collect/", ACCEPTED)
    await shop.collect(replace(ORDER, description="<b>" + "x" * 5000))
    await shop.collect(replace(ORDER, description=""))
    first, second = (asked.json["description"] for asked in wire.asked)
    assert first.startswith("(b)xxx")
    assert first.endswith("x [3f0f6a3e]")
    assert len(first) < 140
    assert second == "[3f0f6a3e]"


async def test_another_currency_is_refused_before_anything_is_sent(shop: CamPay, wire: Wire) -> None:
    with pytest.raises(Refused) as caught:
        await shop.collect(replace(ORDER, amount=Money(20, "XOF")))
    assert caught.value.reason is Reason.BAD_AMOUNT
    assert wire.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, {}),
        answer(200, {"reference": None}),
        answer(200, {"reference": "None"}),
        answer(200, {"reference": ["a"]}),
        answer(200, {"reference": "../balance"}),
        answer(500, {"message": "oops"}),
        answer(400, {}),
        answer(400, b"<html>Bad request</html>"),
        answer(409, {"message": "conflict"}),
        CLOSES,
    ],
)
async def test_an_answer_that_says_nothing_clear_leaves_the_money_open(reply: Answer, shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/collect/", reply)
    with pytest.raises(MaybeSent):
        await shop.collect(ORDER)
    assert len(wire.asked) == 1


async def test_a_reply_with_an_unknown_word_is_unknown(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/withdraw/", answer(200, {"reference": REFERENCE, "status": "PROCESSING"}))
    assert (await shop.payout(ORDER)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        ("ER101", "Invalid phone number", Reason.BAD_PHONE),
        ("ER102", "Unsupported carrier", Reason.OPERATOR_UNSUPPORTED),
        ("ER201", "This is a demo system. Maximum amount is 25.00 XAF", Reason.BAD_AMOUNT),
        ("ER301", "Insufficient balance", Reason.BALANCE_TOO_LOW),
        ("ER999", "Something new", Reason.OTHER),
    ],
)
async def test_a_documented_error_code_is_a_refusal_with_its_reason(
    code: str, words: str, reason: Reason, shop: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/withdraw/", answer(400, {"message": words, "error_code": code}))
    with pytest.raises(Refused) as caught:
        await shop.payout(ORDER)
    assert (caught.value.reason, caught.value.code, caught.value.detail) == (reason, code, words)


async def test_a_refusal_does_not_show_the_number_it_speaks_of(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/collect/", answer(400, {"message": f"Invalid phone number {PHONE}", "error_code": "ER101"}))
    with pytest.raises(Refused) as caught:
        await shop.collect(ORDER)
    assert caught.value.detail == "Invalid phone number 23767•••••11"
    assert PHONE not in str(caught.value)


@pytest.mark.parametrize("status", [400, 422, 429])
async def test_the_limit_per_phone_number_means_in_a_minute(status: int, shop: CamPay, wire: Wire) -> None:
    words = "Rate limit per Phone number exceeded. Try again in a minute."
    wire.says("POST /api/collect/", answer(status, {"message": words}))
    with pytest.raises(NotSent) as caught:
        await shop.collect(ORDER)
    assert (caught.value.retry_after, caught.value.reason) == (60.0, Reason.LIMIT_REACHED)


@pytest.mark.parametrize(
    "words",
    ["Duplicate external_reference", "A transaction with this external reference already exists", "UUID not unique"],
)
async def test_a_rejected_duplicate_means_that_the_first_one_was_taken(words: str, shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/collect/", answer(400, {"message": words}))
    with pytest.raises(MaybeSent):
        await shop.collect(ORDER)


@pytest.mark.parametrize("body", [{}, {"message": "API withdrawals are not enabled"}])
async def test_withdrawals_switched_off_are_a_matter_of_settings(
    body: dict[str, str], shop: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/withdraw/", answer(403, body))
    with pytest.raises(Misconfigured, match="withdrawals"):
        await shop.payout(ORDER)


# --- how a payment stands


@pytest.mark.parametrize(("word", "outcome"), campay.STATUS.items())
async def test_every_documented_word_has_its_outcome(word: str, outcome: Outcome, shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, answer(200, record(status=word)))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.word) == (outcome, word)


async def test_a_full_record_becomes_a_full_report(shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, answer(200, record()))
    assert await shop.status(LOOKUP) == Report(
        Outcome.SUCCEEDED,
        reference=REFERENCE,
        key=str(KEY),
        kind=Kind.COLLECTION,
        amount=Money(20, "XAF"),
        fee=Money(1, "XAF"),
        operator="ORANGE",
        operator_reference="MP261121.0900.L00001",
        word="SUCCESSFUL",
    )


async def test_the_older_form_of_a_record_with_numbers_and_nulls_reads_the_same(shop: CamPay, wire: Wire) -> None:
    old = {
        "reference": REFERENCE,
        "status": "SUCCESSFUL",
        "amount": 20,
        "currency": "XAF",
        "operator": "MTN",
        "code": "CP201027T00005",
        "operator_reference": None,
        "external_reference": None,
        "reason": None,
    }
    wire.says(TRANSACTION, answer(200, old))
    assert await shop.status(LOOKUP) == Report(
        Outcome.SUCCEEDED, reference=REFERENCE, amount=Money(20, "XAF"), operator="MTN", word="SUCCESSFUL"
    )


@pytest.mark.parametrize("word", ["REVERSED", "", None, "None", 3, ["FAILED"], {"FAILED": 1}, True])
async def test_a_word_that_is_not_documented_is_unknown(word: object, shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, answer(200, record(status=word)))
    assert (await shop.status(LOOKUP)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "twenty"},
        {"amount": "20.50"},
        {"amount": {"value": 20}},
        {"amount": True},
        {"currency": "EURO"},
        {"reference": ["a"]},
        {"operator": {}},
        {"external_reference": False},
    ],
)
@pytest.mark.parametrize("word", ["SUCCESSFUL", "FAILED"])
async def test_a_field_that_cannot_be_read_is_unknown_and_not_failed(
    word: str, changed: dict[str, object], shop: CamPay, wire: Wire
) -> None:
    wire.says(TRANSACTION, answer(200, record(status=word, **changed)))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.word) == (Outcome.UNKNOWN, word)
    assert report.detail.startswith("unreadable")


@pytest.mark.parametrize(
    "reply",
    [
        answer(404, {"message": "Transaction not found"}),
        answer(400, {"message": "Transaction not found"}),
        answer(200, {"message": "Transaction not found"}),
        answer(200, {}),
    ],
)
async def test_a_reference_that_campay_does_not_know_is_unknown(reply: Answer, shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, reply)
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.reference, report.word) == (Outcome.UNKNOWN, "", "")


@pytest.mark.parametrize("reply", [answer(500), answer(404, b"<html>"), CLOSES, answer(429, {})])
async def test_a_status_that_cannot_be_asked_is_an_error_and_says_nothing_of_the_payment(
    reply: Answer, shop: CamPay, wire: Wire
) -> None:
    wire.says(TRANSACTION, reply)
    with pytest.raises((MaybeSent, NotSent)):
        await shop.status(LOOKUP)


async def test_a_reference_that_is_none_is_not_put_into_an_address(shop: CamPay, wire: Wire) -> None:
    assert (await shop.status(replace(LOOKUP, reference="../../balance"))).outcome is Outcome.UNKNOWN
    assert wire.asked == []


@pytest.mark.parametrize(
    ("words", "reason", "detail"),
    [
        ("timeout", Reason.TIMED_OUT, ""),
        ("PAYEE_NOT_FOUND", Reason.PAYEE_NOT_FOUND, ""),
        ("Initiatee not found", Reason.PAYEE_NOT_FOUND, ""),
        ("failed", Reason.OTHER, ""),
        ("None", Reason.OTHER, ""),
        (None, Reason.OTHER, ""),
        (f"wallet {PHONE} is closed", Reason.OTHER, "wallet 23767•••••11 is closed"),
    ],
)
async def test_a_failure_has_a_reason(words: object, reason: Reason, detail: str, shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, answer(200, record(status="FAILED", reason=words)))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.reason, report.detail) == (Outcome.FAILED, reason, detail)


async def test_a_success_has_no_reason_whatever_the_field_says(shop: CamPay, wire: Wire) -> None:
    wire.says(TRANSACTION, answer(200, record(reason="timeout")))
    assert (await shop.status(LOOKUP)).reason is None


@pytest.mark.parametrize(
    ("amount", "net", "fee"),
    [
        ("20.00", "19.00", Money(1, "XAF")),
        (20, 20, None),
        ("1230.00", "1205.40", None),
        ("20.00", "0.00", None),
        ("20.00", "21.00", None),
        ("20.00", "", None),
        ("20.00", "?", None),
    ],
)
async def test_the_fee_is_what_is_exactly_told(
    amount: object, net: object, fee: Money | None, shop: CamPay, wire: Wire
) -> None:
    wire.says(TRANSACTION, answer(200, record(amount=amount, app_amount=net)))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.fee) == (Outcome.SUCCEEDED, fee)


@pytest.mark.parametrize(
    ("phone", "amount", "read"),
    [
        ("237677777777", "0.00", None),
        ("237699999999", 0, None),
        ("237677777777", "20.00", Money(20, "XAF")),
        (PHONE, "0.00", Money(0, "XAF")),
    ],
)
async def test_only_a_test_number_may_succeed_with_nothing(
    phone: str, amount: object, read: Money | None, shop: CamPay, wire: Wire
) -> None:
    wire.says(TRANSACTION, answer(200, record(phone_number=phone, amount=amount, app_amount="0.00")))
    assert (await shop.status(LOOKUP)).amount == read


async def test_on_the_live_host_a_test_number_that_pays_nothing_has_paid_nothing(now: Clock) -> None:
    body = record(phone_number="237677777777", amount="0.00")
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    live = CamPay.Settings.model_validate({"base_url": "https://www.campay.net", "token": "permanent-1"})
    shop = CamPay.open(live, transport, now)
    assert (await shop.status(LOOKUP)).amount == Money(0, "XAF")
    await shop.close()


async def test_airtime_is_asked_about_where_airtime_is_kept(shop: CamPay, wire: Wire) -> None:
    body = {
        "reference": REFERENCE,
        "external_reference": str(KEY),
        "status": "SUCCESSFUL",
        "amount": 100,
        "currency": "XAF",
        "operator": "ORANGE_CM",
        "code": "CP220804U0649K",
        "type": "AIRTIME",
        "reason": "",
    }
    wire.says(f"GET /api/utilities/transaction/{REFERENCE}/", answer(200, body))
    report = await shop.status(replace(LOOKUP, kind=Kind.AIRTIME))
    assert (report.outcome, report.kind, report.operator) == (Outcome.SUCCEEDED, Kind.AIRTIME, "ORANGE")


@given(
    st.dictionaries(
        st.sampled_from(sorted(record())),
        st.none()
        | st.booleans()
        | st.integers(-(10**40), 10**40)
        | st.decimals(allow_nan=False)
        | st.text(max_size=20)
        | st.sampled_from(["None", "FAILED", "SUCCESSFUL"])
        | st.lists(st.integers(), max_size=2),
    )
)
def test_no_body_breaks_the_reading_and_only_the_word_ends_a_payment(body: dict[str, object]) -> None:
    report = replies.report(body, campay.TEST_NUMBERS)
    if report.outcome is not Outcome.UNKNOWN:
        assert campay.STATUS[str(body["status"]).strip().upper()] is report.outcome


# --- an attempt whose reply was lost


async def test_a_lost_collection_is_found_by_our_key_and_then_read(shop: CamPay, wire: Wire) -> None:
    other = row(external_user="buyer-17", description="hats", reference_uuid="0d9a3c5e-51c7-4a77-8f6b-6c0f8e2a9b10")
    wire.says("POST /api/history/", answer(200, {"data": [other, row()]}))
    wire.says(TRANSACTION, answer(200, record()))
    report = await shop.status(LOST)
    assert wire.asked[0].json == {"start_date": "2026-11-20", "end_date": "2026-11-22"}
    assert (report.outcome, report.reference) == (Outcome.SUCCEEDED, REFERENCE)


async def test_a_lost_payout_without_our_key_is_found_by_tag_amount_and_phone(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/history/", answer(200, {"data": [row(external_user="")]}))
    wire.says(TRANSACTION, answer(200, record(status="FAILED", endpoint="withdraw")))
    report = await shop.status(replace(LOST, kind=Kind.PAYOUT))
    assert (report.outcome, report.kind) == (Outcome.FAILED, Kind.PAYOUT)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 21.0},
        {"phone_number": "237671000112"},
        {"description": "shoes"},
        {"description": "[3f0f6a3e] shoes"},
        {"amount": "?"},
        {"description": ["shoes [3f0f6a3e]"]},
    ],
)
async def test_a_row_that_only_resembles_the_attempt_is_not_taken_for_it(
    changed: dict[str, object], shop: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/history/", answer(200, {"data": [row(external_user="", **changed)]}))
    assert await shop.status(LOST) == Report(Outcome.UNKNOWN)


async def test_two_payments_with_one_key_are_not_guessed_between(shop: CamPay, wire: Wire) -> None:
    second = row(reference_uuid="0d9a3c5e-51c7-4a77-8f6b-6c0f8e2a9b10")
    wire.says("POST /api/history/", answer(200, {"data": [row(), second]}))
    report = await shop.status(LOST)
    assert (report.outcome, report.reference, report.word) == (Outcome.UNKNOWN, "", "")
    assert "more than one" in report.detail
    assert len(wire.asked) == 1


async def test_the_same_payment_twice_in_the_history_is_one_payment(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/history/", answer(200, {"data": [row(), row()]}))
    wire.says(TRANSACTION, answer(200, record()))
    assert (await shop.status(LOST)).outcome is Outcome.SUCCEEDED


async def test_an_attempt_that_is_in_no_history_is_unknown(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/history/", answer(200, {"data": []}))
    assert await shop.status(LOST) == Report(Outcome.UNKNOWN)


async def test_a_busy_shops_history_is_read_whole(shop: CamPay, wire: Wire) -> None:
    others = [row(external_user="", description=f"order {n}" + "." * 200) for n in range(4000)]
    wire.says("POST /api/history/", answer(200, {"data": [*others, row()]}))
    wire.says(TRANSACTION, answer(200, record()))
    assert (await shop.status(LOST)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("reply", [answer(200, {}), answer(200, {"data": None}), answer(400, {"message": "dates"})])
async def test_a_history_that_cannot_be_read_says_nothing_of_the_payment(
    reply: Answer, shop: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/history/", reply)
    with pytest.raises(MaybeSent):
        await shop.status(LOST)


async def test_lost_airtime_cannot_be_searched(shop: CamPay, wire: Wire) -> None:
    assert await shop.status(replace(LOST, kind=Kind.AIRTIME)) == Report(Outcome.UNKNOWN)
    assert wire.asked == []


# --- links, balances, statements

LINK = LinkOrder(KEY, Money(500, "XAF"), "hats")


async def test_a_link_goes_out_with_what_is_known_of_the_payer(shop: CamPay, wire: Wire) -> None:
    url = "https://demo.campay.net/pay/AbC123/"
    wire.says("POST /api/get_payment_link/", answer(200, {"link": url, "reference": REFERENCE}))
    link = await shop.link(replace(LINK, msisdn=PHONE, first_name="Ada", may_pay_more=True))
    assert (link.url, link.reference) == (url, REFERENCE)
    assert wire.asked[0].json == {
        "amount": "500",
        "currency": "XAF",
        "description": f"hats [{str(KEY)[:8]}]",
        "external_reference": str(KEY),
        "redirect_url": wire.url,
        "failure_redirect_url": wire.url,
        "payment_options": "MOMO",
        "payer_can_pay_more": "yes",
        "from": PHONE,
        "first_name": "Ada",
    }


@pytest.mark.parametrize("link", [None, "", "javascript:alert(1)", 5])
async def test_a_link_that_is_none_is_not_handed_out(link: object, shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/get_payment_link/", answer(200, {"link": link}))
    with pytest.raises(MaybeSent):
        await shop.link(LINK)


async def test_a_return_page_that_campay_cannot_reach_is_a_matter_of_settings(shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/get_payment_link/", answer(400, {"message": "Invalid redirect_url"}))
    with pytest.raises(Misconfigured, match="Invalid redirect_url"):
        await shop.link(LINK)


async def test_balances_are_whole_francs_and_never_more_than_there_is(shop: CamPay, wire: Wire) -> None:
    body = b'{"total_balance": 1500.75, "mtn_balance": 900, "orange_balance": "600.75", "currency": "XAF",\
             "utility_balance": 0.0, "utility_commission_balance": null}'
    wire.says("GET /api/balance/", answer(200, body))
    assert await shop.balance() == [
        Balance(Money(1500, "XAF"), ""),
        Balance(Money(900, "XAF"), "MTN"),
        Balance(Money(600, "XAF"), "ORANGE"),
        Balance(Money(0, "XAF"), "UTILITY"),
    ]


@pytest.mark.parametrize("reply", [answer(200, {}), answer(200, {"total_balance": "?"}), answer(404, {"message": "?"})])
async def test_a_balance_that_cannot_be_read_is_not_zero(reply: Answer, shop: CamPay, wire: Wire) -> None:
    wire.says("GET /api/balance/", reply)
    with pytest.raises(MaybeSent):
        await shop.balance()


async def test_a_statement_has_a_line_for_each_finished_payment(shop: CamPay, wire: Wire) -> None:
    rows = [
        row(),
        row(debit=20.2, credit=0.0, charge_amount=0.2, status="FAILED", datetime="2026-11-20T10:00:00Z"),
        row(datetime="yesterday"),
        row(amount=None),
        "not a row",
    ]
    wire.says("POST /api/history/", answer(200, {"data": rows}))
    lines = await shop.statement(date(2026, 11, 20), date(2026, 11, 21))
    assert wire.asked[0].json == {"start_date": "2026-11-20", "end_date": "2026-11-21"}
    assert len(lines) == 2
    assert (lines[0].kind, lines[0].amount, lines[0].fee) == (Kind.COLLECTION, Money(20, "XAF"), Money(1, "XAF"))
    assert (lines[0].payer_note, lines[0].operator_reference, lines[0].at.tzinfo) == (str(KEY), "", UTC)
    assert (lines[1].kind, lines[1].fee, lines[1].outcome) == (Kind.PAYOUT, None, Outcome.FAILED)


# --- the access token


async def test_a_token_is_asked_for_once_and_used_by_everyone(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", token())
    wire.says(TRANSACTION, answer(200, record()))
    await asyncio.gather(*(member.status(LOOKUP) for _ in range(20)))
    assert [asked.json for asked in wire.heard("POST /api/token/")] == [{"username": "app-1", "password": "pa55word"}]
    assert {asked.headers["authorization"] for asked in wire.heard(TRANSACTION)} == {"Token temporary-1"}


@pytest.mark.parametrize("expires_in", [3600, "3600", 3600.0])
async def test_a_token_is_renewed_shortly_before_it_expires(
    expires_in: object, member: CamPay, wire: Wire, now: Clock
) -> None:
    wire.says("POST /api/token/", token("one", expires_in), token("two", expires_in))
    wire.says(TRANSACTION, answer(200, record()))
    for minutes in (0, 58, 2):
        now.at += timedelta(minutes=minutes)
        await member.status(LOOKUP)
    used = [asked.headers["authorization"] for asked in wire.heard(TRANSACTION)]
    assert used == ["Token one", "Token one", "Token two"]


def accepts(value: str) -> Any:
    def judge(asked: Asked) -> Answer:
        return (
            ACCEPTED
            if asked.headers["authorization"] == f"Token {value}"
            else answer(401, {"detail": "Invalid token."})
        )

    return judge


async def test_a_token_that_died_early_is_renewed_once_and_the_payment_repeated_once(
    member: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/token/", token("dead"), token("fresh"))
    wire.says("POST /api/collect/", accepts("fresh"))
    assert (await member.collect(ORDER)).outcome is Outcome.PENDING
    assert len(wire.heard("POST /api/token/")) == 2
    first, second = wire.heard("POST /api/collect/")
    assert first.json == second.json


async def test_callers_that_are_refused_together_share_one_renewal(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", token("dead"), token("fresh"))
    wire.says("POST /api/collect/", accepts("fresh"))
    await asyncio.gather(*(member.collect(ORDER) for _ in range(20)))
    assert len(wire.heard("POST /api/token/")) == 2
    assert len(wire.heard("POST /api/collect/")) <= 40


async def test_a_token_that_is_never_good_is_a_matter_for_a_person(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", token())
    wire.says("POST /api/collect/", accepts("another"))
    with pytest.raises(Misconfigured):
        await member.collect(ORDER)
    assert len(wire.heard("POST /api/collect/")) == 2


@pytest.mark.parametrize(
    "reply",
    [
        answer(400, {"non_field_errors": ["Unable to log in with provided credentials."]}),
        answer(401, {"detail": "no"}),
        answer(403, {"code": "malicious_payload_rejected", "message": "refused"}),
    ],
)
async def test_bad_credentials_are_a_matter_for_a_person(reply: Answer, member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", reply)
    with pytest.raises(Misconfigured):
        await member.collect(ORDER)
    assert wire.heard("POST /api/collect/") == []


@pytest.mark.parametrize(
    "reply",
    [
        answer(500, {"message": "oops"}),
        answer(503, b"<html>"),
        answer(403, b"<html>Attention Required</html>"),
        answer(429, {"message": "slow down"}),
        answer(200, b"<html>"),
        answer(200, {}),
        answer(200, {"token": None}),
        answer(200, {"token": {"a": 1}}),
        answer(302, {}, {"Location": "/login"}),
        Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", then="close"),
        answer(200, b" " * 2**21),
        CLOSES,
    ],
)
async def test_without_a_token_the_money_was_not_sent(reply: Answer, member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", reply)
    with pytest.raises(NotSent):
        await member.collect(ORDER)
    assert wire.heard("POST /api/collect/") == []


async def test_a_token_that_does_not_come_in_time_leaves_the_money_unsent(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", HANGS)
    with pytest.raises(NotSent):
        await member.client.post("/api/collect/", {}, read=IN_VAIN)
    assert wire.heard("POST /api/collect/") == []


async def test_the_renewal_of_a_token_that_does_not_come_in_time_leaves_the_money_unsent(
    member: CamPay, wire: Wire
) -> None:
    wire.says("POST /api/token/", token("dead"), HANGS)
    wire.says("POST /api/collect/", accepts("fresh"))
    with pytest.raises(NotSent):
        await member.client.post("/api/collect/", {}, read=IN_VAIN)
    assert len(wire.heard("POST /api/collect/")) == 1


async def test_a_payment_that_hangs_after_a_renewal_may_have_been_sent(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", token("dead"), token("fresh"))
    wire.says("POST /api/collect/", answer(401, {}), HANGS)
    with pytest.raises(MaybeSent):
        await member.client.post("/api/collect/", {}, read=IN_VAIN)


async def test_callers_that_waited_for_a_token_in_vain_do_not_queue_to_fail_again(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", replace(answer(500), after=0.1))
    results = await asyncio.gather(*(member.collect(ORDER) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(result, NotSent) for result in results)
    assert len(wire.asked) == 1


async def test_after_a_failure_the_next_caller_asks_for_a_token_again(member: CamPay, wire: Wire) -> None:
    wire.says("POST /api/token/", answer(500), token())
    wire.says("POST /api/collect/", ACCEPTED)
    with pytest.raises(NotSent):
        await member.collect(ORDER)
    assert (await member.collect(ORDER)).outcome is Outcome.PENDING


# --- callbacks

WEBHOOK_KEY = "test-webhook-key"
VECTOR = (
    "eyJhbGciOiJIUzI1NiIsImFwcCI6IkRlbW9TaG9wIiwidHlwIjoiSldUIn0."
    "eyJpYXQiOjE3NTAwMDAwMDAsIm5iZiI6MTc1MDAwMDAwMCwiZXhwIjoxNzUwMDAzNjAwLCJzb3VyY2UiOiJDYW1QYXkifQ."
    "Orr22Q5zQ4JWftVtJZljfpR3wwN91cbOrQkdn4jMDwY"
)
SIGNED_AT = datetime.fromtimestamp(1750000000, UTC)


def posted(**changed: object) -> CallbackRequest:
    body = answer(200, record(**({"signature": VECTOR} | changed))).raw.partition(b"\r\n\r\n")[2]
    return CallbackRequest("POST", {}, {}, body)


@pytest.fixture
def listener(now: Clock) -> CamPay:
    now.at = SIGNED_AT
    given = {"base_url": "http://127.0.0.1:1", "token": "permanent-1", "webhook_key": WEBHOOK_KEY}
    return CamPay.open(CamPay.Settings.model_validate(given), httpx.MockTransport(lambda _: httpx.Response(500)), now)


def test_a_signed_callback_is_a_hint(listener: CamPay) -> None:
    callback = listener.parse_callback(posted())
    assert (callback.reference, callback.key, callback.word) == (REFERENCE, str(KEY), "SUCCESSFUL")


def test_a_callback_by_get_reads_the_same(listener: CamPay) -> None:
    query = {"status": "FAILED", "reference": REFERENCE, "external_reference": "None", "signature": VECTOR}
    callback = listener.parse_callback(CallbackRequest("GET", {}, query, b""))
    assert (callback.reference, callback.key, callback.word) == (REFERENCE, "", "FAILED")


@pytest.mark.parametrize("seconds", [-60, 0, 3600, 3660])
def test_a_minute_of_difference_between_clocks_is_allowed(seconds: int, listener: CamPay, now: Clock) -> None:
    now.at = SIGNED_AT + timedelta(seconds=seconds)
    assert listener.parse_callback(posted()).reference == REFERENCE


@pytest.mark.parametrize("seconds", [-61, 3661, 10**7])
def test_a_stale_callback_is_dropped(seconds: int, listener: CamPay, now: Clock) -> None:
    now.at = SIGNED_AT + timedelta(seconds=seconds)
    with pytest.raises(BadCallback, match="stale"):
        listener.parse_callback(posted())


def signed(claims: dict[str, Any], key: str = WEBHOOK_KEY, algorithm: str | None = "HS256") -> str:
    return jwt.encode(claims, key.encode().ljust(64, b"\0") if algorithm else "", algorithm=algorithm)


GOOD = {"iat": 1750000000, "nbf": 1750000000, "exp": 1750003600, "source": "CamPay"}


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "None",
        "a.b.c",
        "a.b",
        VECTOR + "x",
        VECTOR[:-2],
        VECTOR.rpartition(".")[0] + ".",
        signed(GOOD, "another-key"),
        signed(GOOD, "", None),
        signed(GOOD, algorithm="HS512"),
        signed({"iat": 1750000000}),
        signed({"exp": "soon"}),
        signed({"exp": None}),
        ["a.b.c"],
        "é.é.é",
    ],
)
def test_a_forged_callback_is_dropped(signature: object, listener: CamPay) -> None:
    with pytest.raises(BadCallback):
        listener.parse_callback(posted(signature=signature))


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff", b"[" * 100_000, b"null"])
def test_a_callback_that_is_no_object_is_dropped(body: bytes, listener: CamPay) -> None:
    with pytest.raises(BadCallback):
        listener.parse_callback(CallbackRequest("POST", {}, {}, body))


@pytest.mark.parametrize("reference", [None, "", "None", "../x", {"a": 1}])
def test_a_callback_about_nothing_is_dropped(reference: object, listener: CamPay) -> None:
    with pytest.raises(BadCallback):
        listener.parse_callback(posted(reference=reference))


@pytest.mark.parametrize("given", [{}, {"webhook_key": ""}])
def test_without_a_webhook_key_every_callback_is_dropped(given: dict[str, str], now: Clock) -> None:
    now.at = SIGNED_AT
    settings = CamPay.Settings.model_validate({"token": "permanent-1", **given})
    shop = CamPay.open(settings, httpx.MockTransport(lambda _: httpx.Response(500)), now)
    for signature in (VECTOR, signed(GOOD, "")):
        with pytest.raises(BadCallback, match="no webhook key"):
            shop.parse_callback(posted(signature=signature))


def test_an_account_without_keys_does_not_open(now: Clock) -> None:
    with pytest.raises(ProviderError):
        CamPay.open(CamPay.Settings(), None, now)


def test_the_data_sheet_says_what_is_published() -> None:
    assert CamPay.sheet.fees == {Kind.COLLECTION: Decimal("0.02"), Kind.PAYOUT: Decimal("0.01")}
    assert CamPay.sheet.coverage == (Coverage("CM", "XAF", frozenset({"MTN", "ORANGE"})),)
    assert CamPay.sheet.finds_lost


@pytest.mark.parametrize("words", ["Timeout while waiting for the operator", "Transaction status unknown, check later"])
async def test_words_of_doubt_are_no_refusal(words: str, shop: CamPay, wire: Wire) -> None:
    wire.says("POST /api/withdraw/", answer(400, {"message": words}))
    with pytest.raises(MaybeSent):
        await shop.payout(ORDER)
