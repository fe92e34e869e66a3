import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from providers import discover
from providers.catalogue.unipesa import SAURIPAY, Flow
from providers.errors import BadCallback, MaybeSent, Misconfigured, ProviderError, Reason, Refused
from providers.messages import Channel, Kind, Lookup, Order, Outcome, Report, StepKind
from providers.money import Money
from providers.sauripay import SauriPay
from providers.sheet import Coverage, Sheet
from providers.unipesa import Unipesa
from providers.unipesa.signature import opened
from tests.providers.samples import KEY, NOW
from tests.providers.samples.sauripay import ENV, LOOKUP, ORDER, SECRET, callback, record, told
from tests.providers.wire import Wire, answer

C2B, B2C, STATUS = (f"POST /pub-0001/{call}" for call in ("payment_c2b", "payment_b2c", "status"))
EVERYWHERE = (
    "CM:MTN=9063,CM:ORANGE=9062,CD:ORANGE=2197,CD:AIRTEL=2198,CD:VODACOM=2196,CI:ORANGE=9197,CI:MTN=2303,KE:MPESA=2390,"
    "TZ:YAS=2109,TZ:BANK=2405,NG:BANK=2311,NG:OPAY=2312,NG:CARD=707,RW:MTN=2352,BJ:MOOV=4711,TG:TOGOCOM=2359"
)
NAMES = {"customer_name": "Ada Obi", "customer_email": "ada@example.test"}


@asynccontextmanager
async def account(url: str = "http://127.0.0.1:9", **changed: str) -> AsyncIterator[SauriPay]:
    env = {f"SAURIPAY_{name}": value for name, value in {**ENV, "BASE_URL": url, **changed}.items()}
    settings = SauriPay.Settings.read("sauripay", env)
    assert settings
    gateway = SauriPay.open(settings, None, lambda: NOW)
    try:
        yield gateway
    finally:
        await gateway.close()


def money(amount: str, currency: str) -> Money:
    return Money.from_decimal(Decimal(amount), currency)


def order(amount: str, currency: str, msisdn: str, operator: str = "", **more: Any) -> Order:
    return Order(KEY, money(amount, currency), msisdn, operator, "shoes", **more)


async def sent(wire: Wire, made: Order, kind: Kind = Kind.COLLECTION, **env: str) -> dict[str, Any]:
    """What travels for an order."""
    wire.says(C2B, answer(200, record("1")))
    wire.says(B2C, answer(200, record("1")))
    async with account(wire.url, PROVIDER_IDS=EVERYWHERE, **env) as gateway:
        await (gateway.collect(made) if kind is Kind.COLLECTION else gateway.payout(made))
    return wire.asked[-1].json


async def outcome(wire: Wire, what: str, reply: object, status: int = 200) -> Report | ProviderError:
    wire.says(what, answer(status, reply))
    async with account(wire.url) as gateway:
        try:
            if what == STATUS:
                return await gateway.status(LOOKUP)
            return await (gateway.collect(ORDER) if what == C2B else gateway.payout(ORDER))
        except ProviderError as error:
            return error


def refused(code: object, status: object = -1) -> dict[str, object]:
    return {"order_id": "", "transaction_id": "", "status": status, "result": {"code": code, "message": "NO"}}


async def test_an_order_travels_with_its_signature_and_nothing_it_does_not_need(wire: Wire) -> None:
    body = await sent(wire, ORDER)
    assert opened(wire.asked[-1].body, SECRET)
    assert body == {
        "amount": "500.00", "country": "CM", "currency": "XAF", "customer_id": ORDER.msisdn, "merchant_id": "m-0001",
        "order_id": str(KEY), "provider_id": 9063, "signature": body["signature"],
    }  # fmt: skip
    body = await sent(wire, ORDER, CALLBACK_URL="https://pay.example.org/callbacks/sauripay")
    assert body["callback_url"] == "https://pay.example.org/callbacks/sauripay"


@pytest.mark.parametrize(
    ("amount", "currency", "msisdn", "operator", "wired"),
    [
        ("500", "XAF", "237671000111", "MTN", "500.00"),
        ("199.99", "KES", "254700000001", "MPESA", "199.99"),
        ("199.9", "KES", "254700000001", "SAFARICOM", "199.90"),
        ("1500000", "CDF", "243810000001", "VODACOM", "1500000.00"),
        ("1005", "XOF", "2250500000001", "MTN", "1005.00"),
    ],
)
async def test_an_amount_is_written_with_two_decimals(
    amount: str, currency: str, msisdn: str, operator: str, wired: str, wire: Wire
) -> None:
    assert (await sent(wire, order(amount, currency, msisdn, operator)))["amount"] == wired


@pytest.mark.parametrize(
    ("operator", "written"), [("ORANGE", "0810000001"), ("AIRTEL", "810000001"), ("VODACOM", "243810000001")]
)
async def test_each_congolese_operator_writes_numbers_its_own_way(operator: str, written: str, wire: Wire) -> None:
    assert (await sent(wire, order("100", "CDF", "243810000001", operator)))["customer_id"] == written


@pytest.mark.parametrize(
    ("made", "kind", "reason"),
    [
        (order("499", "XAF", "237671000111", "MTN"), Kind.COLLECTION, Reason.BAD_AMOUNT),
        (order("500001", "XAF", "237671000111", "MTN"), Kind.PAYOUT, Reason.LIMIT_REACHED),
        (order("5", "USD", "237671000111", "MTN"), Kind.COLLECTION, Reason.BAD_AMOUNT),
        (order("1001", "XOF", "2250500000001", "MTN"), Kind.COLLECTION, Reason.BAD_AMOUNT),
        (order("100", "KES", "254700000001", "MPESA"), Kind.PAYOUT, Reason.BAD_AMOUNT),
        (order("500", "XAF", "2376710001", "MTN"), Kind.COLLECTION, Reason.BAD_PHONE),
        (order("500", "XAF", "237671000111", "CAMTEL"), Kind.COLLECTION, Reason.OPERATOR_UNSUPPORTED),
        (order("500", "XAF", "237671000111"), Kind.COLLECTION, Reason.OPERATOR_UNSUPPORTED),
        (order("500", "XAF", "33612345678", "MTN"), Kind.COLLECTION, Reason.OPERATOR_UNSUPPORTED),
        (order("500", "NGN", "2348030000001", channel=Channel.PAGE), Kind.PAYOUT, Reason.OPERATOR_UNSUPPORTED),
        (order("1000", "XOF", "2250700000001", "ORANGE"), Kind.COLLECTION, Reason.OTHER),
        (order("1000", "RWF", "250780000001", "MTN", extras={"customer_name": "A"}), Kind.COLLECTION, Reason.OTHER),
    ],
)
async def test_what_would_be_refused_is_not_sent(made: Order, kind: Kind, reason: Reason, wire: Wire) -> None:
    with pytest.raises(Refused) as error:
        await sent(wire, made, kind)
    assert error.value.reason is reason
    assert wire.asked == []


async def test_extras_go_only_where_the_id_wants_them(wire: Wire) -> None:
    given = {**NAMES, "otp": "5647", "bic": "CORUTZTZ", "account_number": "0150000000"}
    assert "extra" not in await sent(wire, replace(ORDER, extras=given))
    body = await sent(wire, order("1000", "XOF", "2250700000001", "ORANGE", extras=given))
    assert body["extra"] == {"otp": "5647"}
    body = await sent(wire, order("1000", "RWF", "250780000001", "MTN", extras=given))
    assert body["extra"] == NAMES
    body = await sent(wire, order("7500", "TZS", "255710000001", channel=Channel.BANK, extras=given), Kind.PAYOUT)
    assert (body["customer_id"], body["extra"]) == ("0150000000", {"customer_name": "Ada Obi", "bic": "CORUTZTZ"})


async def test_a_document_is_passed_on_where_it_may_be_wanted_if_it_is_one(wire: Wire) -> None:
    paper = {**NAMES, "customer_doc_type": "national_id", "customer_doc_number": "AB1"}
    made = order("1000", "TZS", "255710000001", "YAS", extras=paper)
    assert (await sent(wire, made))["extra"] == paper
    with pytest.raises(Refused, match="customer_doc_type"):
        await sent(wire, replace(made, extras={**paper, "customer_doc_type": "library_card"}))


@pytest.mark.parametrize(
    ("reply", "status", "collected", "paid_out"),
    [
        (refused(10401), 200, Refused, Refused),
        (refused(10105), 200, Misconfigured, Misconfigured),
        (refused(10105), 404, Misconfigured, Misconfigured),
        (refused(10201), 200, MaybeSent, MaybeSent),
        (refused(10301), 200, MaybeSent, MaybeSent),
        (refused(10301, 3), 200, MaybeSent, MaybeSent),
        (refused(19004), 200, MaybeSent, MaybeSent),
        (refused(1), 200, MaybeSent, MaybeSent),
        (refused(10401, 1), 200, MaybeSent, MaybeSent),
        (refused(10105, 2), 200, MaybeSent, MaybeSent),
        (refused(None), 200, MaybeSent, MaybeSent),
        (record("1") | {"order_id": "another"}, 200, MaybeSent, MaybeSent),
        (record("1") | {"result": "OK"}, 200, MaybeSent, MaybeSent),
    ],
)
async def test_only_two_codes_are_known_to_come_before_an_order_exists(
    reply: dict[str, object], status: int, collected: type, paid_out: type, wire: Wire
) -> None:
    assert type(await outcome(wire, C2B, reply, status)) is collected
    assert type(await outcome(wire, B2C, reply, status)) is paid_out


async def test_a_wrong_code_that_went_with_an_order_ends_it(wire: Wire) -> None:
    wire.says(C2B, answer(200, refused(1)))
    async with account(wire.url, PROVIDER_IDS=EVERYWHERE) as gateway:
        with pytest.raises(Refused):
            await gateway.collect(order("1000", "XOF", "2250700000001", "ORANGE", extras={"otp": "1"}))


@pytest.mark.parametrize("word", ["5", "6", "7", "22", "-2"])
async def test_a_number_without_a_meaning_is_unknown(word: str, wire: Wire) -> None:
    for what in (C2B, B2C, STATUS):
        report = await outcome(wire, what, record(word))
        assert isinstance(report, Report)
        assert (report.outcome, report.reference) == (Outcome.UNKNOWN, str(KEY))


async def test_a_status_counts_whatever_code_stands_beside_it(wire: Wire) -> None:
    report = await outcome(wire, STATUS, record("3") | {"result": {"code": 10301, "message": "REQUEST SENDING ERROR"}})
    assert isinstance(report, Report)
    assert (report.outcome, report.reason, report.detail) == (
        Outcome.FAILED, Reason.UNREACHABLE, "REQUEST SENDING ERROR",
    )  # fmt: skip
    report = await outcome(wire, STATUS, record("2") | {"result": {"code": 10201, "message": "?"}})
    assert isinstance(report, Report)
    assert report.outcome is Outcome.SUCCEEDED


async def test_a_failure_is_told_in_the_operators_words(wire: Wire) -> None:
    report = await outcome(wire, STATUS, record("3") | {"provider_result": {"code": 77, "message": "Low balance"}})
    assert isinstance(report, Report)
    assert (report.reason, report.detail) == (Reason.OTHER, "Low balance")


async def test_the_reference_is_our_own_and_does_not_change_with_theirs(wire: Wire) -> None:
    first = await outcome(wire, C2B, record("1") | {"transaction_id": "", "transaction_ref": ""})
    later = await outcome(wire, STATUS, record("2") | {"transaction_id": "999"})
    assert isinstance(first, Report)
    assert isinstance(later, Report)
    assert first.reference == later.reference == str(KEY)
    assert (first.operator_reference, later.operator_reference) == ("", "MP.33234.342.CP33")


@pytest.mark.parametrize("value", [1, "1", True, "otp", [1], 1.5])
async def test_a_confirmation_nobody_documents_ends_in_doubt(value: object, wire: Wire) -> None:
    for word in ("1", "0", "2"):
        report = await outcome(wire, B2C, record(word) | {"confirm_type": value})
        assert isinstance(report, Report)
        assert (report.outcome, report.reason) == (Outcome.UNKNOWN, Reason.NEEDS_PERSON)
        assert "confirm_type" in report.detail
    report = await outcome(wire, STATUS, record("2") | {"confirm_type": value})
    assert isinstance(report, Report)
    assert report.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("value", [0, "0", None, "", 0.0])
async def test_no_confirmation_is_no_doubt(value: object, wire: Wire) -> None:
    report = await outcome(wire, B2C, record("1") | {"confirm_type": value})
    assert isinstance(report, Report)
    assert report.outcome is Outcome.PENDING


@pytest.mark.parametrize("extra", [None, [], "x", {"customer_redirect": "javascript:alert(1)"}, {"account_number": ""}])
async def test_an_extra_that_leads_nowhere_is_no_step(extra: object, wire: Wire) -> None:
    report = await outcome(wire, STATUS, record("1") | {"extra": extra})
    assert isinstance(report, Report)
    assert (report.outcome, report.step) == (Outcome.PENDING, None)


async def test_a_link_and_an_account_are_steps_of_the_payer(wire: Wire) -> None:
    report = await outcome(wire, STATUS, record("1") | {"extra": {"customer_redirect": "https://pay.example/1"}})
    assert isinstance(report, Report)
    assert report.step
    assert (report.step.kind, report.step.url) == (StepKind.OPEN_PAGE, "https://pay.example/1")
    bank = {"transfer_amount": 500, "account_name": "T", "account_number": "4000000000", "bank_name": "B"}
    report = await outcome(wire, STATUS, record("1") | {"extra": bank})
    assert isinstance(report, Report)
    assert report.step
    assert list(report.step.details.values()) == ["B", "4000000000", "T", "500 XAF"]


@pytest.mark.parametrize("word", ["-1", "2", "3", "4", "7"])
async def test_nobody_is_sent_to_a_page_of_a_payment_that_is_over_or_in_doubt(word: str, wire: Wire) -> None:
    report = await outcome(wire, STATUS, record(word) | {"extra": {"customer_redirect": "https://pay.example/1"}})
    assert isinstance(report, Report)
    assert report.step is None


async def test_a_code_is_handed_in_only_where_an_id_takes_it_with_the_look_up(wire: Wire) -> None:
    wire.says(STATUS, answer(200, record("1")))
    lookup = Lookup(
        Kind.COLLECTION, KEY, money("1000", "XOF"), "2250700000001", NOW - timedelta(minutes=1), extras={"otp": "7374"}
    )
    async with account(wire.url, PROVIDER_IDS="CI:ORANGE=2304,CI:MTN=2303") as gateway:
        report = await gateway.status(lookup)
        assert report.step is None
        assert wire.asked[-1].json["customer_id"] == "2250700000001"
        assert wire.asked[-1].json["extra"] == {"otp": "7374"}
        await gateway.status(replace(lookup, kind=Kind.PAYOUT))
        assert "extra" not in wire.asked[-1].json
        # Of two ids the look-up does not know which; the reply to the order has asked for the code already.
        assert (await gateway.status(replace(lookup, extras={}))).step is None
    async with account(wire.url, PROVIDER_IDS="CI:ORANGE=9197") as gateway:
        await gateway.status(lookup)
    assert "extra" not in wire.asked[-1].json


def test_the_catalogue_has_every_listed_id_once() -> None:
    ids = Counter(number for listing in SAURIPAY.listings for number in listing.ids)
    assert len(ids) == 110
    assert set(ids.values()) == {1}
    assert len(SAURIPAY.countries) == 19
    assert SAURIPAY.by_id[14].flow is Flow.NEVER_ENDS
    assert [SAURIPAY.by_id[number].country for number in (9227, 2353, 2361, 2313)] == ["GM", "ZA", "SL", "EG"]
    assert all(listing.operator and listing.source for listing in SAURIPAY.listings if listing.country)


def test_every_published_limit_is_money_and_every_format_fits_its_own_country() -> None:
    for listing in SAURIPAY.listings:
        for side in (listing.c2b, listing.b2c):
            if side and listing.country and side.minimum:
                least = Money.from_decimal(side.minimum, SAURIPAY.countries[listing.country].currency)
                assert least.minor > 0
                assert side.maximum is None or side.minimum < side.maximum
    codes = [country.code for country in SAURIPAY.countries.values()]
    assert not [one for one in codes for other in codes if one != other and one.startswith(other)]


async def test_rails_are_the_ids_handed_out_with_what_is_known_of_each() -> None:
    async with account(PROVIDER_IDS=EVERYWHERE) as gateway:
        rails = {(rail.code, rail.kind): rail for rail in gateway.rails()}
    kenya = rails["2390", Kind.PAYOUT]
    assert (kenya.country, kenya.currency, kenya.operator) == ("KE", "KES", "SAFARICOM")
    assert (kenya.minimum, kenya.maximum) == (money("250", "KES"), money("8500", "KES"))
    assert rails["2303", Kind.COLLECTION].multiple == money("5", "XOF")
    assert rails["2303", Kind.PAYOUT].extras == ("customer_name",)
    assert rails["9197", Kind.COLLECTION].extras == ("otp",)
    assert (rails["2311", Kind.COLLECTION].channel, rails["2311", Kind.COLLECTION].operator) == (Channel.BANK, "")
    assert ("707", Kind.PAYOUT) not in rails
    # Benin's Moov is listed without an id, so any id of it has its limits.
    assert rails["4711", Kind.COLLECTION].maximum == money("1000000", "XOF")


async def test_limits_and_extras_can_be_agreed_for_an_id(wire: Wire) -> None:
    agreed = {
        "LIMITS": "2390=1-150000, 2390:b2c=50-/10,9063:c2b=-,2303:c2b=1-,2303:b2c=1-/1",
        "EXTRAS": "2390:c2b=customer_name,2303:b2c=",
    }
    async with account(PROVIDER_IDS=EVERYWHERE, **agreed) as gateway:
        rails = {(rail.code, rail.kind): rail for rail in gateway.rails()}
    assert rails["2390", Kind.COLLECTION].maximum == money("150000", "KES")
    assert rails["2390", Kind.COLLECTION].extras == ("customer_name",)
    payout = rails["2390", Kind.PAYOUT]
    assert (payout.minimum, payout.maximum, payout.multiple) == (money("50", "KES"), None, money("10", "KES"))
    assert rails["2303", Kind.PAYOUT].extras == ()
    assert rails["2303", Kind.COLLECTION].multiple == money("5", "XOF")
    assert rails["2303", Kind.PAYOUT].multiple == money("1", "XOF")
    assert rails["9063", Kind.COLLECTION].minimum is None
    assert rails["9063", Kind.PAYOUT].minimum == money("500", "XAF")


async def test_of_two_ids_of_an_operator_the_first_that_takes_the_amount_is_used(wire: Wire) -> None:
    wire.says(C2B, answer(200, record("1")))
    ids = {"PROVIDER_IDS": "KE:MPESA=2390,KE:MPESA=2392", "LIMITS": "2392:c2b=10001-250000"}
    async with account(wire.url, **ids) as gateway:
        for amount, number in (("10000", 2390), ("10001", 2392)):
            await gateway.collect(order(amount, "KES", "254700000001", "MPESA"))
            assert wire.asked[-1].json["provider_id"] == number


async def test_a_wallet_of_no_operator_takes_every_number_that_no_other_id_takes(wire: Wire) -> None:
    wire.says(C2B, answer(200, record("1")))
    async with account(wire.url, PROVIDER_IDS="CI:=2306,CI:MTN=2303") as gateway:
        assert [rail.operator for rail in gateway.rails()] == ["", "", "MTN", "MTN"]
        for operator, number in (("MTN", 2303), ("MOOV", 2306), ("WAVE", 2306)):
            await gateway.collect(order("1000", "XOF", "2250100000001", operator))
            assert wire.asked[-1].json["provider_id"] == number


@pytest.mark.parametrize("name", ["BASE_URL", "PUBLIC_ID", "MERCHANT_ID", "SECRET_KEY", "PROVIDER_IDS"])
async def test_a_half_set_account_names_what_is_missing(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"SAURIPAY_{name}"):
        async with account(**{name: ""}):
            pass


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROVIDER_IDS", "9063"),
        ("PROVIDER_IDS", "CM:MTN=2303"),
        ("PROVIDER_IDS", "FR:MTN=77"),
        ("PROVIDER_IDS", ","),
        ("PROVIDER_IDS", "EG:ORANGE=2314"),
        ("LIMITS", "9063=100"),
        ("LIMITS", "9063=100.50-"),
        ("LIMITS", "9063=1-/0"),
        ("EXTRAS", "9063=otp"),
        ("CALLBACK_URL", "pay.example.org"),
        ("PUBLIC_ID", "a/b"),
    ],
)
async def test_a_setting_that_makes_no_sense_stops_the_account(name: str, value: str) -> None:
    with pytest.raises(Misconfigured):
        async with account(**{name: value}):
            pass


@pytest.mark.parametrize("field", ["merchant_id", "customer_id", "amount", "result", "transaction_id", "provider_id"])
async def test_a_callback_needs_only_its_order_its_status_and_its_signature(field: str) -> None:
    async with account() as gateway:
        changed: dict[str, Any] = {field: None, "currency": "XAF"}
        heard = gateway.parse_callback(callback(**changed))
        assert (heard.key, heard.reference, heard.word) == (str(KEY), str(KEY), "2")


@pytest.mark.parametrize("changed", [{"order_id": ""}, {"order_id": "a b"}, {"order_id": ["x"]}, {"status": None}])
async def test_a_signed_callback_that_names_no_payment_is_dropped(changed: dict[str, Any]) -> None:
    async with account() as gateway:
        with pytest.raises(BadCallback):
            gateway.parse_callback(callback(**changed))


async def test_a_callback_is_verified_in_the_order_in_which_it_came() -> None:
    body = json.loads(callback().body)
    async with account() as gateway:
        with pytest.raises(BadCallback):
            gateway.parse_callback(told(json.dumps(dict(sorted(body.items()))).encode()))


class Zenith(Unipesa):
    name = "zenith"
    catalogue = SAURIPAY
    sheet = Sheet(title="Zenith", coverage=(Coverage("CM", "XAF", frozenset({"MTN"})),))


async def test_another_brand_is_a_name_and_a_catalogue(wire: Wire) -> None:
    wire.says(B2C, answer(200, record("1")))
    env = {f"ZENITH_{name}": value for name, value in {**ENV, "BASE_URL": wire.url}.items()}
    settings = Zenith.Settings.read("zenith", env)
    assert settings
    brand = Zenith.open(settings, None, lambda: NOW)
    try:
        assert (await brand.payout(ORDER)).outcome is Outcome.PENDING
        assert brand.verbs == SauriPay.verbs
    finally:
        await brand.close()
    assert "sauripay" in discover()
    assert "unipesa" not in discover()


@pytest.mark.parametrize(
    ("told", "amount"),
    [(500, "500"), (500.0, "500"), ("500.00", "500"), (900.5, "900.5"), (0.1, "0.1"), (1e3, "1000"), (None, None)],
)
async def test_a_callback_tells_the_amount_that_no_answer_tells(told: object, amount: str | None) -> None:
    async with account() as gateway:
        heard = gateway.parse_callback(callback(amount=told))
    assert heard.amount == (Decimal(amount) if amount else None)
    assert not isinstance(heard.amount, float)
    assert heard.currency == ""


@pytest.mark.parametrize(
    ("told", "kind"), [(17, Kind.COLLECTION), ("17", Kind.COLLECTION), (16, Kind.PAYOUT), (15, None), (None, None)]
)
async def test_a_callback_tells_the_direction_of_money(told: object, kind: Kind | None) -> None:
    async with account() as gateway:
        assert gateway.parse_callback(callback(operation_type=told)).kind is kind


async def test_a_currency_is_told_only_where_the_callback_has_one() -> None:
    async with account() as gateway:
        assert gateway.parse_callback(callback(currency="XAF")).currency == "XAF"


@pytest.mark.parametrize("amount", ["5,00", "much", -500, [500], True, "1e3", "٥٠٠"])
async def test_a_callback_whose_amount_cannot_be_read_is_dropped(amount: object) -> None:
    async with account() as gateway:
        with pytest.raises(BadCallback):
            gateway.parse_callback(callback(amount=amount))
