"""Nkapsmart on the wire: every test speaks HTTP to a scripted server."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from providers import nkapsmart_records as records
from providers.client import Reply
from providers.errors import BadCallback, MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.messages import CallbackRequest, Channel, Kind, Order, Outcome, Report, Step, StepKind, Verb
from providers.money import Money
from providers.nkapsmart import Nkapsmart
from providers.nkapsmart_auth import signature
from providers.sheet import Rail
from tests.providers.samples import KEY, NOW
from tests.providers.samples.nkapsmart import ACCEPTED, BATCH, LOOKUP, ORDER, REFERENCE, TOKEN, V2, batch, record
from tests.providers.wire import Answer, Wire, answer

TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
SIGN_IN = "POST /api/auth/authenticate"
COLLECT, PAYOUT, BULK = f"POST {V2}/mobile", f"POST {V2}/mobile/widraw", f"POST {V2}/mobile/withdraw/bulk"
VERIFY, BATCH_STATUS = f"GET {V2}/verify/{REFERENCE}", f"GET {V2}/mobile/widraw/bulk/{BATCH}"
ACCOUNT = {
    "api_key": "app-0123456789",
    "secret_key": "test-secret-not-real",
    "email": "shop@shop.cm",
    "operators": "MTN=0,ORANGE=1",
}
CRYPTO = {"networks": "TRON=code-t,BSC=code-b", "crypto_currency": "XAF", "wallets": f"TRON={TRON},BSC=payer"}


@dataclass
class Clock:
    at: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.at


@asynccontextmanager
async def account(wire: Wire, now: Clock, **changed: str) -> AsyncIterator[Nkapsmart]:
    settings = Nkapsmart.Settings.model_validate({**ACCOUNT, "base_url": wire.url, **changed})
    shop = Nkapsmart.open(settings, None, now)
    try:
        yield shop
    finally:
        await shop.close()


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
async def shop(wire: Wire, now: Clock) -> AsyncIterator[Nkapsmart]:
    wire.says(SIGN_IN, answer(200, TOKEN))
    async with account(wire, now) as opened:
        yield opened


@pytest.fixture
async def coins(wire: Wire, now: Clock) -> AsyncIterator[Nkapsmart]:
    wire.says(SIGN_IN, answer(200, TOKEN))
    async with account(wire, now, **CRYPTO) as opened:
        yield opened


def date(at: datetime) -> dict[str, str]:
    return {"Date": format_datetime(at, usegmt=True)}


# --- signing in


def test_the_signature_is_that_of_the_vector() -> None:
    assert signature("test-secret-not-real", 1750000000) == "xLBZTJNC9wBAZmboX9nmsVcoupuQlHWSeH9ULwH8qD8="


async def test_one_signs_in_once_with_the_time_and_without_the_secret(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(VERIFY, answer(200, record("PENDING")))
    await asyncio.gather(*(shop.status(LOOKUP) for _ in range(10)))
    [asked] = wire.heard(SIGN_IN)
    at = int(NOW.timestamp())
    signed = signature(ACCOUNT["secret_key"], at)
    assert asked.json == {"apiKey": "app-0123456789", "signature": signed, "timestamp": at}
    assert {asked.headers["authorization"] for asked in wire.heard(VERIFY)} == {"Bearer opaque-1"}
    assert not any(ACCOUNT["secret_key"].encode() in asked.body for asked in wire.asked)


@pytest.mark.parametrize("until", [3600, "3600", None, "soon", "2026-11-21T09:00:00Z", [], 3600.5, -5])
async def test_a_token_is_good_until_it_expires_by_their_clock(
    until: object, wire: Wire, now: Clock, shop: Nkapsmart
) -> None:
    at = int(NOW.timestamp())
    told = at + until if isinstance(until, int) else str(at + 3600) if until == "3600" else until
    wire.says(SIGN_IN, answer(200, {**TOKEN, "expiresAt": told}))
    wire.says(VERIFY, answer(200, record("PENDING")))
    for _ in range(2):
        await shop.status(LOOKUP)
    assert len(wire.heard(SIGN_IN)) == 1
    now.at += timedelta(hours=1)
    await shop.status(LOOKUP)
    assert len(wire.heard(SIGN_IN)) == 2


@pytest.mark.parametrize(("minutes", "side"), [(-7, "ahead of"), (9, "behind")])
async def test_a_clock_that_is_wrong_is_named_when_signing_in_is_refused(
    minutes: int, side: str, wire: Wire, shop: Nkapsmart
) -> None:
    theirs = date(NOW + timedelta(minutes=minutes))
    wire.says(SIGN_IN, answer(401, {"title": "Unauthorized", "status": 401}, theirs))
    with capture_logs() as logs, pytest.raises(Misconfigured) as wrong:
        await shop.payout(ORDER)
    assert f"this machine's clock is {abs(minutes)} minutes {side} Nkapsmart's" in wrong.value.detail
    assert [line["seconds"] for line in logs if line["event"] == "clock_skew"] == [60 * minutes]
    assert wire.heard(PAYOUT) == []


@pytest.mark.parametrize("theirs", [{}, {"Date": "yesterday"}, date(NOW + timedelta(seconds=30))])
async def test_a_clock_that_is_right_is_not_blamed(theirs: dict[str, str], wire: Wire, shop: Nkapsmart) -> None:
    wire.says(SIGN_IN, answer(401, {"detail": "bad key"}, theirs))
    with pytest.raises(Misconfigured, match="bad key"):
        await shop.payout(ORDER)


async def test_a_slow_clock_does_not_shorten_the_life_of_a_token(wire: Wire, now: Clock, shop: Nkapsmart) -> None:
    ahead = NOW + timedelta(minutes=4)
    told = {**TOKEN, "expiresAt": int(ahead.timestamp()) + 600}
    wire.says(SIGN_IN, answer(200, told, date(ahead)))
    wire.says(VERIFY, answer(200, record("PENDING")))
    await shop.status(LOOKUP)
    now.at += timedelta(minutes=9, seconds=1)
    await shop.status(LOOKUP)
    assert len(wire.heard(SIGN_IN)) == 2


@pytest.mark.parametrize("reply", [answer(500), answer(200, {}), answer(200, b"<html>"), answer(429, {})])
async def test_without_a_token_nothing_was_sent(reply: Answer, wire: Wire, shop: Nkapsmart) -> None:
    wire.says(SIGN_IN, reply)
    with pytest.raises(NotSent):
        await shop.payout(ORDER)


# --- orders


async def test_a_mobile_collection_goes_out_as_documented(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(COLLECT, ACCEPTED)
    report = await shop.collect(ORDER)
    assert wire.asked[-1].json == {
        "phoneNumber": "671000111",
        "amount": 500,
        "email": "shop@shop.cm",
        "applicationKey": "app-0123456789",
        "description": "shoes",
        "productName": str(KEY),
    }
    assert report == Report(Outcome.PENDING, reference=REFERENCE, key=str(KEY), word="PENDING")


async def test_a_mobile_payout_goes_out_as_documented(wire: Wire, now: Clock) -> None:
    wire.says(SIGN_IN, answer(200, TOKEN))
    wire.says(PAYOUT, ACCEPTED)
    async with account(wire, now, application_key="another-app", operators="MTN=4,ORANGE=7") as shop:
        await shop.payout(replace(ORDER, operator="ORANGE", extras={"name": "Ada", "email": "ada@home.cm"}))
    assert wire.asked[-1].json == {
        "phoneNumber": "671000111",
        "amount": 500,
        "email": "ada@home.cm",
        "applicationKey": "another-app",
        "description": f"shoes [{KEY}]",
        "recieverName": "Ada",
        "operator": 7,
    }


async def test_a_bank_collection_goes_out_as_documented_and_opens_a_page(wire: Wire, now: Clock) -> None:
    page = "https://pay.nkapsmart.cm/b/1"
    wire.says(SIGN_IN, answer(200, TOKEN))
    wire.says("POST /api/Transaction/bank", answer(200, record("PENDING") | {"paymentUrl": page}))
    async with account(wire, now, return_url="https://shop.cm/back") as returning:
        report = await returning.collect(replace(ORDER, channel=Channel.BANK))
    assert wire.asked[-1].json == {
        "amount": 500,
        "email": "shop@shop.cm",
        "applicationKey": "app-0123456789",
        "productName": str(KEY),
        "phoneNumber": "671000111",
        "Description": "shoes",
        "SuccessUrl": "https://shop.cm/back",
        "CancelUrl": "https://shop.cm/back",
    }
    assert report.step == Step(StepKind.OPEN_PAGE, page)


async def test_a_page_that_is_no_web_page_is_not_handed_out(shop: Nkapsmart, wire: Wire) -> None:
    wire.says("POST /api/Transaction/bank", answer(200, record("PENDING") | {"paymentUrl": "javascript:alert(1)"}))
    assert (await shop.collect(replace(ORDER, channel=Channel.BANK))).step is None


@pytest.mark.parametrize("word", ["SUCCESS", "FAILED"])
async def test_an_end_told_by_a_creating_call_is_asked_again(word: str, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, answer(200, record(word)))
    assert (await shop.payout(ORDER)).outcome is Outcome.PENDING


@pytest.mark.parametrize(
    "body",
    [
        {"transactionKey": REFERENCE},
        {"transactionReference": REFERENCE},
        {"data": {"transactionKey": REFERENCE}},
        {"id": REFERENCE},
        {"transactionKey": 12345},
    ],
)
async def test_a_reference_is_found_wherever_it_is(body: dict[str, object], shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, answer(200, body))
    assert (await shop.payout(ORDER)).reference in {REFERENCE, "12345"}


@pytest.mark.parametrize("key", [None, "", "None", "../x", "a/b", "x" * 101, [], {"a": 1}])
async def test_without_a_reference_a_payout_is_in_doubt(key: object, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, answer(200, {"transactionKey": key}))
    with pytest.raises(MaybeSent):
        await shop.payout(ORDER)
    assert len(wire.heard(PAYOUT)) == 1


@pytest.mark.parametrize("msisdn", ["", "671000111", "33612345678", "2376710001112", "237 671000111"])
async def test_a_number_from_elsewhere_is_refused_before_anything_leaves(
    msisdn: str, shop: Nkapsmart, wire: Wire
) -> None:
    for verb in (shop.collect, shop.payout):
        with pytest.raises(Refused) as refused:
            await verb(replace(ORDER, msisdn=msisdn))
        assert refused.value.reason is Reason.BAD_PHONE
    assert wire.asked == []


async def test_only_francs_are_taken(shop: Nkapsmart, wire: Wire) -> None:
    with pytest.raises(Refused) as refused:
        await shop.payout(replace(ORDER, amount=Money(500, "XOF")))
    assert refused.value.reason is Reason.BAD_AMOUNT
    assert wire.asked == []


async def test_payouts_say_why_they_are_off_and_what_to_set(wire: Wire, now: Clock) -> None:
    async with account(wire, now, operators="") as shop:
        for attempt in (shop.payout(ORDER), shop.bulk_payout([ORDER])):
            with pytest.raises(Misconfigured, match="set NKAPSMART_OPERATORS"):
                await attempt
        assert {rail.kind for rail in shop.rails()} == {Kind.COLLECTION}
    assert wire.asked == []


@pytest.mark.parametrize("operator", ["", "NEXTTEL"])
async def test_a_payout_to_an_operator_without_a_number_does_not_leave(
    operator: str, shop: Nkapsmart, wire: Wire
) -> None:
    with pytest.raises(Refused) as refused:
        await shop.payout(replace(ORDER, operator=operator))
    assert refused.value.reason is Reason.OPERATOR_UNSUPPORTED
    assert wire.asked == []


async def test_channels_it_does_not_have_are_no_orders(shop: Nkapsmart, wire: Wire) -> None:
    for attempt in (
        shop.collect(replace(ORDER, channel=Channel.PAGE)),
        shop.payout(replace(ORDER, channel=Channel.BANK)),
    ):
        with pytest.raises(Misconfigured):
            await attempt
    assert wire.asked == []


def problem(status: int, detail: str = "", **more: object) -> Answer:
    return answer(status, {"type": "about:blank", "title": "Bad Request", "status": status, "detail": detail} | more)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (problem(403, "Insufficient balance"), Reason.BALANCE_TOO_LOW),
        (problem(400, "Solde insuffisant"), Reason.BALANCE_TOO_LOW),
        (problem(400, "Your balance is too low"), Reason.BALANCE_TOO_LOW),
        (problem(400, "Invalid phone number"), Reason.BAD_PHONE),
        (problem(400, "", errors={"PhoneNumber": ["The PhoneNumber field is required."]}), Reason.BAD_PHONE),
        (problem(400, "The amount must be above 100"), Reason.BAD_AMOUNT),
        (problem(400, "Unsupported operator"), Reason.OPERATOR_UNSUPPORTED),
    ],
)
async def test_a_plain_refusal_is_one(reply: Answer, reason: Reason, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, reply)
    with pytest.raises(Refused) as refused:
        await shop.payout(ORDER)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "reply",
    [
        problem(400),
        problem(400, "Something went wrong"),
        problem(400, "The operator did not respond"),
        problem(400, "Could not update the balance"),
        problem(400, "Invalid operator response"),
        problem(404, "Not found"),
        answer(400, b""),
        answer(403, b""),
        problem(409, "Invalid amount"),
        problem(500, "Insufficient balance"),
    ],
)
async def test_what_is_no_plain_refusal_leaves_a_payout_in_doubt(reply: Answer, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, reply)
    with pytest.raises(MaybeSent):
        await shop.payout(ORDER)
    assert len(wire.heard(PAYOUT)) == 1


@pytest.mark.parametrize("reply", [problem(400, "Invalid applicationKey"), problem(403), problem(403, "Forbidden")])
async def test_what_only_the_owner_can_mend_says_so(reply: Answer, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(PAYOUT, reply)
    with pytest.raises(Misconfigured) as wrong:
        await shop.payout(ORDER)
    assert wrong.value.detail


# --- crypto


async def test_crypto_is_off_until_its_codes_are_set(shop: Nkapsmart, wire: Wire) -> None:
    order = replace(ORDER, operator="TRON", channel=Channel.CRYPTO, extras={"address": TRON})
    for attempt in (shop.collect(order), shop.payout(order)):
        with pytest.raises(Misconfigured, match="set NKAPSMART_NETWORKS"):
            await attempt
    assert not [rail for rail in shop.rails() if rail.channel is Channel.CRYPTO]
    assert wire.asked == []


async def test_a_crypto_collection_names_the_shops_wallet_and_where_to_deposit(coins: Nkapsmart, wire: Wire) -> None:
    told = record("PENDING") | {"paymentAddress": TRON, "cryptoPayAmount": 0.833334}
    wire.says(f"POST {V2}/crypto", answer(200, told))
    report = await coins.collect(replace(ORDER, operator="TRON", channel=Channel.CRYPTO))
    assert wire.asked[-1].json == {
        "phoneNumber": "671000111",
        "amount": 500,
        "email": "shop@shop.cm",
        "applicationKey": "app-0123456789",
        "productName": str(KEY),
        "description": "shoes",
        "payCurrency": "code-t",
        "paymentAddress": TRON,
    }
    details = {"network": "TRON", "address": TRON, "amount": "0.833334 USDT"}
    assert report.step == Step(StepKind.DEPOSIT, details=details)


async def test_a_deposit_address_that_is_badly_written_is_not_shown(coins: Nkapsmart, wire: Wire) -> None:
    wire.says(f"POST {V2}/crypto", answer(200, record("PENDING") | {"payeeAddress": TRON[:-1] + "x"}))
    assert (await coins.collect(replace(ORDER, operator="TRON", channel=Channel.CRYPTO))).step is None


async def test_a_crypto_payout_goes_out_as_documented(coins: Nkapsmart, wire: Wire) -> None:
    wire.says(f"POST {V2}/crypto/widraw", answer(200, record("PENDING") | {"ash": "0x" + "ab" * 32}))
    order = replace(ORDER, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
    report = await coins.payout(order)
    assert wire.asked[-1].json == {
        "phoneNumber": "671000111",
        "amount": 500,
        "email": "shop@shop.cm",
        "applicationKey": "app-0123456789",
        "description": f"shoes [{KEY}]",
        "payCurrency": "code-b",
        "payeeAddress": EVM,
    }
    assert report.reference == f"{REFERENCE}/0x{'ab' * 32}"


@pytest.mark.parametrize("address", ["", EVM.lower(), EVM[:-1], TRON, EVM + " "])
async def test_an_address_is_checked_before_anything_leaves(address: str, coins: Nkapsmart, wire: Wire) -> None:
    order = replace(ORDER, operator="BSC", channel=Channel.CRYPTO, extras={"address": address})
    for attempt in (coins.payout(order), coins.collect(order)):
        with pytest.raises(Refused):
            await attempt
    assert wire.asked == []


async def test_a_network_without_a_code_does_not_leave(coins: Nkapsmart, wire: Wire) -> None:
    with pytest.raises(Refused):
        await coins.payout(replace(ORDER, operator="POLYGON", channel=Channel.CRYPTO, extras={"address": EVM}))
    assert wire.asked == []


@given(st.integers(1, 10**13))
async def test_an_amount_of_tokens_is_written_with_all_its_digits(minor: int) -> None:
    wire = Wire()
    await wire.open()
    try:
        wire.says(SIGN_IN, answer(200, TOKEN))
        wire.says(f"POST {V2}/crypto/widraw", ACCEPTED)
        async with account(wire, Clock(), **{**CRYPTO, "crypto_currency": "USDT"}) as coins:
            order = replace(ORDER, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
            await coins.payout(replace(order, amount=Money(minor, "USDT")))
        sent = json.loads(wire.asked[-1].body, parse_float=str, parse_int=str)["amount"]
        assert Money.from_wire(sent, "USDT").minor == minor
    finally:
        await wire.close()


async def test_francs_are_no_tokens(wire: Wire, now: Clock) -> None:
    async with account(wire, now, **{**CRYPTO, "crypto_currency": "USDT"}) as coins:
        order = replace(ORDER, operator="BSC", channel=Channel.CRYPTO, extras={"address": EVM})
        with pytest.raises(Refused) as refused:
            await coins.payout(order)
        assert refused.value.reason is Reason.BAD_AMOUNT
    assert wire.asked == []


# --- looks


async def test_a_lost_order_is_unknown_without_a_call(shop: Nkapsmart, wire: Wire) -> None:
    for kind in (Kind.PAYOUT, Kind.COLLECTION):
        report = await shop.status(replace(LOOKUP, kind=kind, reference=""))
        assert report.outcome is Outcome.UNKNOWN
    assert wire.asked == []


@pytest.mark.parametrize("reference", ["../auth", "a b", "?x=1", "bulk/x", "é" * 3])
async def test_a_reference_that_is_none_is_not_asked_about(reference: str, shop: Nkapsmart, wire: Wire) -> None:
    await shop.status(replace(LOOKUP, reference=reference))
    assert wire.asked == []


async def test_an_answer_about_another_payment_says_nothing(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(VERIFY, answer(200, record("SUCCESS") | {"transactionKey": "ANOTHER"}))
    assert (await shop.status(LOOKUP)).outcome is Outcome.UNKNOWN


async def test_an_answer_about_another_transaction_says_nothing(coins: Nkapsmart, wire: Wire) -> None:
    ash = "ab" * 32
    wire.says(f"{VERIFY}/{ash}", answer(200, record("SUCCESS") | {"ash": "cd" * 32}))
    report = await coins.status(replace(LOOKUP, channel=Channel.CRYPTO, extras={"hash": ash}))
    assert report.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("ash", ["", "ab", "../../auth", "g" * 64])
async def test_crypto_is_not_asked_about_without_a_hash(ash: str, coins: Nkapsmart, wire: Wire) -> None:
    lookup = replace(LOOKUP, channel=Channel.CRYPTO, extras={"hash": ash})
    assert (await coins.status(lookup)).outcome is Outcome.PENDING
    assert (await coins.status(replace(lookup, kind=Kind.PAYOUT))).outcome is Outcome.UNKNOWN
    assert wire.asked == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Transaction timeout", Reason.TIMED_OUT),
        ("Rejected by the customer", Reason.DECLINED),
        ("Solde insuffisant", Reason.PAYER_BALANCE_TOO_LOW),
        ("Receiver not found", Reason.PAYEE_NOT_FOUND),
        ("whatever", Reason.OTHER),
        ("", Reason.OTHER),
    ],
)
async def test_a_failure_says_why(words: str, reason: Reason, shop: Nkapsmart, wire: Wire) -> None:
    wire.says(VERIFY, answer(200, record("FAILED") | {"raison": words}))
    report = await shop.status(LOOKUP)
    assert (report.outcome, report.reason, report.detail) == (Outcome.FAILED, reason, words)


async def test_words_are_read_in_any_case(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(VERIFY, answer(200, record("Success")))
    assert (await shop.status(LOOKUP)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("missing", [answer(404, b""), answer(404, b"<html>"), problem(404, "no such page")])
async def test_a_path_that_wants_a_hash_gets_one_and_is_remembered(
    missing: Answer, shop: Nkapsmart, wire: Wire
) -> None:
    wire.says(VERIFY, missing)
    wire.says(f"{VERIFY}/none", answer(200, record("SUCCESS")))
    for _ in range(3):
        assert (await shop.status(LOOKUP)).outcome is Outcome.SUCCEEDED
    assert (len(wire.heard(VERIFY)), len(wire.heard(f"{VERIFY}/none"))) == (1, 3)


SECRETS = {"passwordHash": "AQAAAAIAAYagAAAA-made-up", "securityStamp": "STAMP-made-up", "fullName": "Owner-made-up"}


def with_the_merchant(word: str) -> dict[str, object]:
    business = {"id": "b-1", "balance": 123456, "user": {"id": "u-1", **SECRETS}}
    contact = {"id": "c-1", "phoneNumber": "671000111", "transactions": [{"id": "h-1", "business": business}]}
    return record(word) | {"transactionContact": contact, "business": business, "user": SECRETS}


async def test_the_merchants_own_record_is_in_no_report_and_no_log(
    shop: Nkapsmart, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        wire.says(VERIFY, answer(200, with_the_merchant("SUCCESS")))
        paid = await shop.status(LOOKUP)
        wire.says(PAYOUT, answer(200, with_the_merchant("PENDING")))
        sent = await shop.payout(ORDER)
        said: list[object] = [paid, sent, logs, caplog.text, vars(shop)]
        for reply in (answer(400, with_the_merchant("FAILED")), answer(500, with_the_merchant("FAILED"))):
            wire.says(PAYOUT, reply)
            with pytest.raises(MaybeSent) as broken:
                await shop.payout(ORDER)
            said.append(broken.value)
    assert paid.outcome is Outcome.SUCCEEDED
    assert [secret for secret in SECRETS.values() if secret in str(said)] == []


def test_what_is_kept_of_a_record_has_no_room_for_the_merchants_own() -> None:
    kept = records.kept(with_the_merchant("SUCCESS"))
    assert set(kept) <= set(records.KEPT)
    assert not any(isinstance(value, dict | list) for value in kept.values())


async def test_the_history_of_a_good_customer_does_not_hide_the_payment(shop: Nkapsmart, wire: Wire) -> None:
    contact = {"transactions": [{"id": f"h-{n}", "business": {"name": "x" * 5000}} for n in range(400)]}
    wire.says(VERIFY, answer(200, record("SUCCESS") | {"transactionContact": contact}))
    assert (await shop.status(LOOKUP)).outcome is Outcome.SUCCEEDED


# --- batches


def orders(count: int) -> list[Order]:
    return [replace(ORDER, key=type(KEY)(int=n + 1), msisdn=f"23767100{n:04d}") for n in range(count)]


def numbered() -> Any:
    made = iter(range(1000))
    return lambda _: answer(200, {"bulkOperationId": f"BK-{next(made)}"})


async def test_a_batch_goes_out_as_documented(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(BULK, answer(200, batch("Pending")))
    [report] = await shop.bulk_payout([replace(ORDER, extras={"name": "Ada"})])
    line = {"phoneNumber": "671000111", "amount": 500, "recieverName": "Ada", "description": f"shoes [{KEY}]"}
    assert wire.asked[-1].json == {"applicationKey": "app-0123456789", "transactions": [line]}
    assert report == Report(Outcome.PENDING, reference=f"bulk/{BATCH}/1/{KEY}")


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
async def test_batches_have_at_most_a_hundred_lines(count: int, sizes: list[int], shop: Nkapsmart, wire: Wire) -> None:
    wire.says(BULK, numbered())
    lines = orders(count)
    reports = await shop.bulk_payout(lines)
    assert [len(asked.json["transactions"]) for asked in wire.heard(BULK)] == sizes
    assert [report.reference.rpartition("/")[2] for report in reports] == [str(line.key) for line in lines]


@pytest.mark.parametrize("wrong", [{"msisdn": "33612345678"}, {"amount": Money(500, "XOF")}])
async def test_a_line_that_cannot_be_said_does_not_take_the_others_with_it(
    wrong: dict[str, Any], shop: Nkapsmart, wire: Wire
) -> None:
    wire.says(BULK, numbered())
    good, bad = orders(2)
    reports = await shop.bulk_payout([good, replace(bad, **wrong)])
    assert [report.outcome for report in reports] == [Outcome.PENDING, Outcome.FAILED]
    assert len(wire.asked[-1].json["transactions"]) == 1


@pytest.mark.parametrize(
    ("second", "outcome"),
    [(answer(500, {}), Outcome.UNKNOWN), (problem(403, "Insufficient balance"), Outcome.FAILED)],
)
async def test_a_batch_that_breaks_is_the_last_and_the_earlier_one_stands(
    second: Answer, outcome: Outcome, shop: Nkapsmart, wire: Wire
) -> None:
    wire.says(BULK, answer(200, {"bulkOperationId": "BK-0"}), second)
    reports = await shop.bulk_payout(orders(250))
    assert [report.outcome for report in reports] == [Outcome.PENDING] * 100 + [outcome] * 100 + [Outcome.FAILED] * 50
    assert len(wire.heard(BULK)) == 2


async def test_when_the_first_batch_is_refused_nothing_was_sent(shop: Nkapsmart, wire: Wire) -> None:
    wire.says(BULK, problem(403, "Insufficient balance"))
    with pytest.raises(Refused):
        await shop.bulk_payout(orders(250))
    assert len(wire.heard(BULK)) == 1


def item(word: object, key: object = KEY, **changed: object) -> dict[str, object]:
    shown = {"phoneNumber": "671000111", "amount": 500, "status": word, "description": f"x [{key}]"}
    return {**shown, "transactionKey": "K", "errorMessage": "", **changed}


def counts(total: object, succeeded: object, failed: object, pending: object) -> dict[str, object]:
    return {"totalCount": total, "successCount": succeeded, "failedCount": failed, "pendingCount": pending}


@pytest.mark.parametrize(
    ("word", "counted", "outcome"),
    [
        ("Success", counts(2, 1, 1, 0), Outcome.SUCCEEDED),
        ("SUCCESS", counts(2, 1, 0, 1), Outcome.SUCCEEDED),
        ("Failed", counts(2, 1, 1, 0), Outcome.FAILED),
        ("Failed", counts(2, 2, 0, 0), Outcome.UNKNOWN),
        ("Failed", counts(2, 1, 0, 1), Outcome.UNKNOWN),
        ("Success", counts(2, 0, 1, 1), Outcome.UNKNOWN),
        ("Success", counts(2, 0, 2, 0), Outcome.UNKNOWN),
        ("Pending", counts(2, 1, 0, 1), Outcome.PENDING),
        ("Pending", counts(2, 2, 0, 0), Outcome.SUCCEEDED),
        ("Done", counts(2, 1, 1, 0), Outcome.UNKNOWN),
        ("Done", counts(2, 2, 0, 0), Outcome.SUCCEEDED),
        ("Failed", counts(None, None, None, None), Outcome.UNKNOWN),
        ("Success", counts("two", [], {}, True), Outcome.UNKNOWN),
        ("Failed", counts(0, 0, 0, 0), Outcome.UNKNOWN),
        ("Success", counts("2", "1", "1", "0"), Outcome.SUCCEEDED),
        (None, counts(2, 1, 1, 0), Outcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("name", ["Pending", "Completed", "Partial", "?"])
async def test_the_counts_decide_and_the_word_of_the_batch_does_not(
    name: str, word: object, counted: dict[str, object], outcome: Outcome, shop: Nkapsmart, wire: Wire
) -> None:
    wire.says(BATCH_STATUS, answer(200, batch() | {"status": name, "transactions": [item(word)]} | counted))
    [report] = await shop.bulk_status(f"bulk/{BATCH}/2/{KEY}")
    assert (report.outcome, report.key, report.reference) == (outcome, str(KEY), f"bulk/{BATCH}/2/{KEY}")


LINE = replace(LOOKUP, kind=Kind.PAYOUT, reference=f"bulk/{BATCH}/2/{KEY}")
OTHER = type(KEY)(int=7)


@pytest.mark.parametrize(
    ("items", "counted", "outcome"),
    [
        ([item("Success"), item("Failed", OTHER)], counts(2, 1, 1, 0), Outcome.SUCCEEDED),
        ([item("Success", OTHER)], counts(2, 2, 0, 0), Outcome.SUCCEEDED),
        ([item("Success", OTHER)], counts(1, 1, 0, 0), Outcome.UNKNOWN),
        ([item("Success", OTHER)], counts(2, 1, 1, 0), Outcome.UNKNOWN),
        ([item("Success", OTHER)], counts(2, 1, 0, 1), Outcome.PENDING),
        ([item("Success", description=""), item("Failed", OTHER)], counts(2, 1, 1, 0), Outcome.SUCCEEDED),
        ([item("Success", description=""), item("Failed", description="")], counts(2, 1, 1, 0), Outcome.UNKNOWN),
        ([item("Success", description="", amount=501), item("Failed", OTHER)], counts(2, 1, 1, 0), Outcome.UNKNOWN),
        ([item("Success", description=""), "?"], counts(2, 1, 1, 0), Outcome.UNKNOWN),
        (None, counts(2, 0, 2, 0), Outcome.FAILED),
        ("none", counts(None, 0, 2, 0), Outcome.UNKNOWN),
    ],
)
async def test_one_line_of_a_batch_is_found_or_stays_unknown(
    items: object, counted: dict[str, object], outcome: Outcome, shop: Nkapsmart, wire: Wire
) -> None:
    wire.says(BATCH_STATUS, answer(200, batch() | {"transactions": items} | counted))
    report = await shop.status(LINE)
    assert report.outcome is outcome
    assert report.reference in {LINE.reference, ""}


async def test_a_batch_is_read_at_most_every_five_seconds(shop: Nkapsmart, wire: Wire, now: Clock) -> None:
    wire.says(BATCH_STATUS, answer(200, batch()))
    await asyncio.gather(*(shop.status(LINE) for _ in range(20)))
    await shop.bulk_status(BATCH)
    assert len(wire.heard(BATCH_STATUS)) == 1
    now.at += timedelta(seconds=5)
    await shop.status(LINE)
    assert len(wire.heard(BATCH_STATUS)) == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_reading_of_a_batch_fails_a_line_by_itself(noise: object) -> None:
    body = {"transactions": [item("Failed"), noise], "totalCount": noise, "successCount": 1, "failedCount": noise}
    read = records.Batch.read(BATCH, body)
    lookup = replace(LINE, reference=f"bulk/{BATCH}/2/{KEY}")
    if not (isinstance(noise, int | str) and str(noise).isdigit() and str(noise) > "0"):
        assert read.line(lookup, 2, str(KEY)).outcome is not Outcome.FAILED


# --- callbacks, settings


def posted(body: object, token: str = "t0ken-in-the-address") -> CallbackRequest:
    return CallbackRequest("POST", {}, {"token": token}, json.dumps(body).encode())


async def test_a_callback_is_a_hint_of_a_payment(wire: Wire, now: Clock) -> None:
    async with account(wire, now, callback_token="t0ken-in-the-address") as shop:
        for body in (record("SUCCESS"), {"event": "charge.completed", "data": with_the_merchant("SUCCESS")}):
            told = shop.parse_callback(posted(body))
            assert (told.reference, told.key, told.word) == (REFERENCE, str(KEY), "SUCCESS")


@pytest.mark.parametrize("given", [{}, {"callback_token": ""}])
async def test_without_a_token_no_callback_is_believed(given: dict[str, str], wire: Wire, now: Clock) -> None:
    async with account(wire, now, **given) as shop:
        for token in ("", "t0ken-in-the-address"):
            with pytest.raises(BadCallback, match="no callback token"):
                shop.parse_callback(posted(record("SUCCESS"), token))


def read(**changed: str) -> Nkapsmart.Settings | None:
    env = {f"NKAPSMART_{name}".upper(): value for name, value in {**ACCOUNT, **changed}.items()}
    return Nkapsmart.Settings.read("nkapsmart", env)


@pytest.mark.parametrize("name", ["api_key", "secret_key", "email"])
def test_a_half_set_account_names_what_is_missing(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"missing: NKAPSMART_{name.upper()}"):
        read(**{name: ""})


def test_the_codes_of_networks_come_with_what_amounts_are_counted_in() -> None:
    with pytest.raises(Misconfigured, match="NKAPSMART_CRYPTO_CURRENCY"):
        read(networks="TRON=code")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("operators", "MTN"),
        ("operators", "MTN=zero"),
        ("operators", "MTN=-1"),
        ("operators", "MTN=0,MTN=1"),
        ("operators", "MTN=0,ORANGE=0"),
        ("operators", "MTN=0,,ORANGE=1"),
        ("networks", "BITCOIN=btc"),
        ("networks", "TRON="),
        ("wallets", "TRON=" + TRON[:-1]),
        ("wallets", "BSC=" + EVM.lower()),
        ("crypto_currency", "EUR"),
        ("email", "nobody"),
    ],
)
def test_a_setting_that_would_send_money_astray_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"NKAPSMART_{name.upper()}"):
        read(**{name: value})


def test_one_wallet_may_serve_two_networks() -> None:
    settings = read(wallets=f"BSC={EVM},ETHEREUM={EVM}")
    assert settings
    assert set(settings.wallets.values()) == {EVM}


def test_names_are_read_in_any_case_and_with_spaces() -> None:
    settings = read(operators=" mtn = 0 , Orange=1 ")
    assert settings
    assert settings.operators == {"MTN": 0, "ORANGE": 1}


async def test_rails_are_what_the_settings_allow(wire: Wire, now: Clock) -> None:
    async with account(wire, now, **{**CRYPTO, "operators": "ORANGE=1"}) as shop:
        assert shop.rails() == [
            Rail(Kind.COLLECTION, "CM", "XAF", "MTN"),
            Rail(Kind.COLLECTION, "CM", "XAF", "ORANGE"),
            Rail(Kind.PAYOUT, "CM", "XAF", "ORANGE"),
            Rail(Kind.COLLECTION, "CM", "XAF", channel=Channel.BANK),
            Rail(Kind.PAYOUT, "CM", "XAF", "TRON", Channel.CRYPTO, extras=("address",), code="code-t"),
            Rail(Kind.COLLECTION, "CM", "XAF", "TRON", Channel.CRYPTO, code="code-t"),
            Rail(Kind.PAYOUT, "CM", "XAF", "BSC", Channel.CRYPTO, extras=("address",), code="code-b"),
            Rail(Kind.COLLECTION, "CM", "XAF", "BSC", Channel.CRYPTO, extras=("address",), code="code-b"),
        ]


def test_the_sheet_says_that_nothing_lost_is_found() -> None:
    assert not Nkapsmart.sheet.finds_lost
    assert Nkapsmart.sheet.pace.closest == timedelta(seconds=5)
    assert not {Verb.BALANCE, Verb.STATEMENT, Verb.REFUND, Verb.LINK} & Nkapsmart.verbs


@pytest.mark.parametrize(
    "words",
    [
        "Unknown error from operator",
        "The operator must confirm this transaction",
        "Operator returned invalid data",
        "Unknown state of transfer of this amount",
    ],
)
def test_words_of_doubt_are_no_refusal_that_another_system_may_take_up(words: str) -> None:
    assert isinstance(records.refusal(Reply(400, {"message": words})), MaybeSent)
