"""What every gateway owes, whoever writes it. A new one is found by itself and asks for its samples."""

import importlib
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator, Sequence, Set
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from providers import discover
from providers.base import Provider
from providers.errors import BadCallback, MaybeSent, NotSent, ProviderError
from providers.messages import (
    Balance,
    CallbackRequest,
    Channel,
    Kind,
    Link,
    Order,
    Outcome,
    Report,
    Service,
    StatementLine,
    Verb,
)
from providers.money import Money
from providers.sheet import Rail
from tests.providers.samples import KEY, MONEY_MOVES, NOW, samples
from tests.providers.samples.documented import WORDS
from tests.providers.wire import CLOSES, HANGS, IN_VAIN, RESETS, Answer, Wire, answer

GATEWAYS = discover()
ENV_EXAMPLE = Path(__file__).parents[2] / ".env.example"


def made_of(verbs: Set[Verb]) -> list[Any]:
    """Each gateway with each of these verbs that it has; in one order, for all processes that share the work."""
    pairs = [(name, verb) for name, cls in GATEWAYS.items() for verb in Verb if verb in verbs & cls.verbs]
    return [pytest.param(name, verb, id=f"{name}-{verb}") for name, verb in pairs]


CALLS = made_of(set(Verb) - {Verb.PARSE_CALLBACK})
MOVES = made_of(MONEY_MOVES)
every_gateway = pytest.mark.parametrize("name", GATEWAYS)
every_call = pytest.mark.parametrize(("name", "verb"), CALLS)
every_move = pytest.mark.parametrize(("name", "verb"), MOVES)


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@asynccontextmanager
async def opened(name: str, url: str, **changed: str) -> AsyncIterator[Any]:
    env = {f"{name.upper()}_{key}": value for key, value in {**samples(name).env, "BASE_URL": url, **changed}.items()}
    settings = GATEWAYS[name].Settings.read(name, env)
    assert settings
    gateway = GATEWAYS[name].open(settings, None, Clock())
    try:
        yield gateway
    finally:
        await gateway.close()


async def call(gateway: Provider, wire: Wire, verb: Verb) -> object:
    known = samples(gateway.name).calls[verb]
    for what, reply in known.answers.items():
        wire.says(what, reply)
    return await known.make(gateway)


def words(name: str) -> dict[str, Outcome]:
    return dict(importlib.import_module(GATEWAYS[name].__module__).STATUS)


def word_for(name: str, outcome: Outcome) -> str:
    return next(word for word, meaning in words(name).items() if meaning is outcome)


@every_gateway
def test_a_gateway_has_samples_of_every_verb_it_writes_and_of_no_other(name: str) -> None:
    verbs = set(samples(name).calls) | ({Verb.PARSE_CALLBACK} if samples(name).callbacks else set())
    assert verbs == set(GATEWAYS[name].verbs)


@every_gateway
def test_a_gateway_says_where_it_was_read_and_when(name: str) -> None:
    text = importlib.import_module(GATEWAYS[name].__module__).__doc__ or ""
    assert "https://" in text
    assert re.search(r"read on \d{4}-\d\d-\d\d", text)


@every_gateway
def test_a_gateway_has_a_data_sheet_that_can_be_routed_by(name: str) -> None:
    sheet = GATEWAYS[name].sheet
    assert sheet.title
    assert sheet.coverage
    for part in sheet.coverage:
        Money(0, part.currency)
        assert re.fullmatch(r"[A-Z]{2}", part.country)
        assert all(operator == operator.upper() for operator in part.operators)
    assert all(isinstance(fee, Decimal) and 0 <= fee < 1 for fee in sheet.fees.values())


@every_gateway
def test_every_setting_of_a_gateway_is_in_the_example_of_an_environment(name: str) -> None:
    example = ENV_EXAMPLE.read_text()
    names = [f"{name}_{field}".upper() for field in GATEWAYS[name].Settings.model_fields]
    assert [variable for variable in names if not re.search(rf"(?m)^#?\s*{variable}=", example)] == []


@every_call
async def test_every_verb_works_over_the_wire(name: str, verb: Verb, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        result = await call(gateway, wire, verb)
    assert wire.asked
    assert isinstance(result, Report | Link | Decimal | dict | str | list)
    for item in result if isinstance(result, list) else []:
        assert isinstance(item, Report | Balance | Service | StatementLine)
    assert not list(floats(result))


def floats(value: object) -> Iterator[float]:
    match value:
        case float():
            yield value
        case list() | tuple():
            for item in value:
                yield from floats(item)
        case dict():
            yield from floats(list(value.values()))
        case Report() | Balance() | StatementLine() | Link():
            yield from floats([getattr(value, part.name) for part in fields(value)])


@every_move
async def test_an_amount_arrives_exactly(name: str, verb: Verb, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        await call(gateway, wire, verb)
    known = samples(name)
    sent = [asked for asked in wire.asked if f"{asked.method} {asked.path}" in known.calls[verb].answers]
    if not known.calls[verb].carries_amount:
        assert "amount" not in sent[-1].json
        return
    amount = known.sent_amount(sent[-1])
    assert not isinstance(amount, float)
    assert Money.from_wire(amount, known.amount.currency) == known.amount


IN_PLAY = ("XAF", "XOF", "KES", "CDF", "USDT")
PAYERS = {"CM": "237671000111", "KE": "254700000001", "CD": "243810000001", "SN": "221770000001", "CI": "2250500000001"}
WIDE = {
    "sauripay": {"PROVIDER_IDS": "CM:MTN=9063,KE:MPESA=2390,CD:VODACOM=2196,CI:MTN=2303"},
    "nkapsmart": {"NETWORKS": "TRON=tron", "CRYPTO_CURRENCY": "USDT"},
}


def in_play() -> list[tuple[str, Rail]]:
    """One rail for each system, direction and currency of those that people pay with."""
    found: dict[tuple[str, Kind, str], Rail] = {}
    for name, cls in GATEWAYS.items():
        env = {f"{name.upper()}_{key}": value for key, value in {**samples(name).env, **WIDE.get(name, {})}.items()}
        settings = cls.Settings.read(name, {**env, f"{name.upper()}_BASE_URL": "http://127.0.0.1:9"})
        assert settings
        for rail in cls.open(settings, httpx.MockTransport(lambda _: httpx.Response(500)), Clock()).rails():
            payable = rail.country in PAYERS and rail.kind in {Kind.COLLECTION, Kind.PAYOUT}
            if payable and rail.currency in IN_PLAY and rail.channel in {Channel.MOBILE, Channel.CRYPTO}:
                found.setdefault((name, rail.kind, rail.currency), rail)
    return [(name, rail) for (name, _, _), rail in found.items()]


RAILS = in_play()


def test_some_system_moves_each_currency_that_people_pay_with() -> None:
    assert {rail.currency for _, rail in RAILS} == set(IN_PLAY)


@pytest.mark.parametrize(
    ("name", "rail"), [pytest.param(name, rail, id=f"{name}-{rail.kind}-{rail.currency}") for name, rail in RAILS]
)
@pytest.mark.parametrize("minor", [500, 12_345, 99_999, 123_456_789])
async def test_an_amount_of_any_currency_arrives_to_the_last_digit(
    name: str, rail: Rail, minor: int, wire: Wire
) -> None:
    unit = (rail.multiple or Money(1, rail.currency)).minor
    least, most = (rail.minimum or Money(1, rail.currency)).minor, (rail.maximum or Money(10**9, rail.currency)).minor
    amount = Money(min(max(minor, least), most) // unit * unit, rail.currency)
    extras = dict.fromkeys(rail.extras, "TAx64Y6RZnS9R57RyLGpRSGaVG6N5QAm94")
    order = Order(KEY, amount, PAYERS[rail.country], rail.operator, "shoes", rail.country, rail.channel, extras)
    verb = Verb.COLLECT if rail.kind is Kind.COLLECTION else Verb.PAYOUT
    known = samples(name)
    async with opened(name, wire.url, **WIDE.get(name, {})) as gateway:
        wire.anything = list(known.calls[verb].answers.values())[-1]
        for path, reply in list(known.calls[verb].answers.items())[:-1]:
            wire.says(path, reply)
        with suppress(MaybeSent):  # of the reply, which is about another payment
            await (gateway.collect(order) if verb is Verb.COLLECT else gateway.payout(order))
    sent = known.sent_amount(wire.asked[-1])
    assert re.search(rb'"amount": ?"?' + re.escape(amount.plain.encode()) + rb'(\.0+)?"?[,}]', wire.asked[-1].body)
    assert Money.from_wire(Decimal(str(sent)), rail.currency) == amount


@every_move
async def test_money_that_gets_no_answer_may_have_been_sent(name: str, verb: Verb, wire: Wire) -> None:
    last = list(samples(name).calls[verb].answers)[-1]
    async with opened(name, wire.url) as gateway:
        gateway.client.read = IN_VAIN
        with pytest.raises(MaybeSent):
            await call_with(gateway, wire, verb, last, HANGS)
    assert len(wire.heard(last)) == 1


@every_move
@pytest.mark.parametrize("broken", [CLOSES, RESETS], ids=["closed", "reset"])
async def test_money_whose_connection_breaks_may_have_been_sent(
    name: str, verb: Verb, broken: Answer, wire: Wire
) -> None:
    last = list(samples(name).calls[verb].answers)[-1]
    async with opened(name, wire.url) as gateway:
        with pytest.raises(MaybeSent):
            await call_with(gateway, wire, verb, last, broken)
    assert len(wire.heard(last)) == 1


@every_move
@pytest.mark.parametrize("odd", [None, "None", "", 7, 7.5, True, [], {}, [{}], "x" * 5000])
async def test_an_odd_field_in_the_answer_to_money_never_fails_it(
    name: str, verb: Verb, odd: object, wire: Wire
) -> None:
    last, good = list(samples(name).calls[verb].answers.items())[-1]
    whole = json.loads(good.raw.partition(b"\r\n\r\n")[2])
    async with opened(name, wire.url) as gateway:
        for part in whole:
            try:
                result = await call_with(gateway, wire, verb, last, answer(200, whole | {part: odd}))
            except MaybeSent:
                continue
            for report in result if isinstance(result, list) else [result]:
                assert isinstance(report, Report)
                assert report.outcome is not Outcome.FAILED, part


@every_move
@pytest.mark.parametrize("content", [b"", b"<html>Just a moment...</html>", b"[]", b"{}", b'{"status": "FAILED"'])
async def test_money_whose_answer_cannot_be_read_may_have_been_sent(
    name: str, verb: Verb, content: bytes, wire: Wire
) -> None:
    last = list(samples(name).calls[verb].answers)[-1]
    async with opened(name, wire.url) as gateway:
        with pytest.raises(MaybeSent):
            await call_with(gateway, wire, verb, last, answer(200, content))


async def call_with(gateway: Provider, wire: Wire, verb: Verb, what: str, reply: Any) -> object:
    known = samples(gateway.name).calls[verb]
    for path, good in known.answers.items():
        wire.says(path, reply if path == what else good)
    return await known.make(gateway)


@every_call
async def test_a_system_that_is_not_there_was_sent_nothing(name: str, verb: Verb, wire: Wire) -> None:
    await wire.close()
    async with opened(name, wire.url) as gateway:
        with pytest.raises(NotSent):
            await samples(name).calls[verb].make(gateway)


@every_call
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503])
@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"message": "no"}'])
async def test_no_status_line_breaks_a_verb(name: str, verb: Verb, status: int, content: bytes, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        for path in samples(name).calls[verb].answers:
            wire.says(path, answer(status, content))
        try:
            result = await samples(name).calls[verb].make(gateway)
        except ProviderError:
            return
    assert isinstance(result, Report)
    assert result.outcome is Outcome.UNKNOWN


LOOKS = made_of({Verb.STATUS, Verb.BULK_STATUS})
BROKEN = {
    "closed": CLOSES,
    "reset": RESETS,
    "hangs": HANGS,
    "500": answer(500),
    "empty": answer(200, b""),
    "html": answer(200, b"<html>"),
    "list": answer(200, b"[]"),
    "nothing": answer(200, b"{}"),
    "cut": answer(200, b'{"status": "FAILED"'),
}


@pytest.mark.parametrize(("name", "verb"), LOOKS)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_look_that_breaks_says_nothing_of_the_payment(
    name: str, verb: Verb, broken: Answer, wire: Wire
) -> None:
    last = list(samples(name).calls[verb].answers)[-1]
    async with opened(name, wire.url) as gateway:
        gateway.client.read = IN_VAIN
        try:
            result = await call_with(gateway, wire, verb, last, broken)
        except (MaybeSent, NotSent):
            return
    for report in result if isinstance(result, list) else [result]:
        assert isinstance(report, Report)
        assert report.outcome is Outcome.UNKNOWN


@every_call
@pytest.mark.parametrize("status", [400, 401, 422, 500])
async def test_an_answer_that_repeats_our_secrets_puts_them_in_no_log_and_shows_no_number(
    name: str, verb: Verb, status: int, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known, shown = samples(name), ""
    async with opened(name, wire.url) as gateway:
        secrets = gateway.settings.secrets()
        words = f"invalid number {known.msisdn}, key {' '.join(secrets)}"
        last = list(known.calls[verb].answers)[-1]
        with capture_logs() as logs:
            try:
                await call_with(gateway, wire, verb, last, answer(status, {"message": words, "detail": words}))
            except ProviderError as error:
                shown = f"{error} {error.detail}"
    said = f"{logs} {caplog.text}"
    assert [secret for secret in secrets if secret in said] == []
    assert known.msisdn not in f"{said} {shown}"


async def status(gateway: Provider, wire: Wire, body: dict[str, object]) -> Report:
    report = await call_with(gateway, wire, Verb.STATUS, samples(gateway.name).on_status, answer(200, body))
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize(("name", "word"), [(name, word) for name in GATEWAYS for word in words(name)])
async def test_every_documented_word_has_its_outcome(name: str, word: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        report = await status(gateway, wire, samples(name).record(word))
    assert report.outcome is words(name)[word]
    assert report.word == word


@pytest.mark.parametrize("name", WORDS)
def test_every_word_of_a_systems_own_page_is_in_its_table_and_no_other(name: str) -> None:
    assert set(words(name)) == WORDS[name]


@every_gateway
def test_the_documented_words_include_a_success_and_a_failure(name: str) -> None:
    assert {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PENDING} <= set(words(name).values())


@every_gateway
@pytest.mark.parametrize("word", ["FAILING", "success?", "", "None", "0x0", "-"])
async def test_a_word_nobody_documented_is_unknown(name: str, word: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        assert (await status(gateway, wire, samples(name).record(word))).outcome is Outcome.UNKNOWN


@every_gateway
@pytest.mark.parametrize("odd", [None, "None", "", 7, 7.5, True, [], {}, [{}], "x" * 5000])
async def test_a_record_with_an_odd_field_never_fails_a_payment(name: str, odd: object, wire: Wire) -> None:
    whole = samples(name).record(word_for(name, Outcome.SUCCEEDED))
    async with opened(name, wire.url) as gateway:
        for part in whole:
            try:
                report = await status(gateway, wire, whole | {part: odd})
            except MaybeSent:
                continue
            assert report.outcome in {Outcome.SUCCEEDED, Outcome.UNKNOWN}, part


@every_gateway
async def test_numbers_for_strings_and_strings_for_numbers_read_the_same(name: str, wire: Wire) -> None:
    whole = samples(name).record(next(iter(words(name))))
    async with opened(name, wire.url) as gateway:
        expected = await status(gateway, wire, whole)
        for part, value in whole.items():
            if (other := exchanged(value)) is not None and other != value:
                assert await status(gateway, wire, whole | {part: other}) == expected, part


def exchanged(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,14}(\.\d+)?", value):
        return json.loads(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


@every_call
async def test_a_log_holds_no_secret_and_no_phone_number(
    name: str, verb: Verb, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = samples(name)
    async with opened(name, wire.url) as gateway:
        with capture_logs() as logs:
            await call(gateway, wire, verb)
        secrets = gateway.settings.secrets()
    said = f"{logs} {caplog.text}"
    assert name in said
    assert [secret for secret in secrets if secret in said] == []
    assert known.msisdn not in said


CALLBACKS = [name for name, cls in GATEWAYS.items() if Verb.PARSE_CALLBACK in cls.verbs]


def genuine(name: str, word: str = "") -> Sequence[CallbackRequest]:
    known = samples(name).callbacks
    assert known, "a gateway that parses callbacks has samples of them"
    return known(word or word_for(name, Outcome.SUCCEEDED))


@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_genuine_callback_names_a_payment(name: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        told = [gateway.parse_callback(request) for request in genuine(name)]
    assert told
    assert all(callback.reference or callback.key for callback in told)


@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_replayed_callback_reads_as_the_one_that_was_kept(name: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        for request in genuine(name):
            first = gateway.parse_callback(request)
            gateway.now.at += timedelta(seconds=50)
            assert gateway.parse_callback(request) == first
            gateway.now.at -= timedelta(seconds=50)


@pytest.mark.parametrize(("name", "word"), [(name, word) for name in CALLBACKS for word in words(name)])
async def test_a_callback_carries_the_outcome_of_its_word(name: str, word: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        told = [gateway.parse_callback(request) for request in genuine(name, word)]
    assert {(callback.word, callback.outcome) for callback in told} == {(word, words(name)[word])}


@pytest.mark.parametrize("name", CALLBACKS)
@pytest.mark.parametrize("word", ["FAILING", "success?", "None", "7", "x" * 5000])
async def test_a_callback_with_a_word_nobody_documented_says_nothing(name: str, word: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        for request in genuine(name, word):
            try:
                callback = gateway.parse_callback(request)
            except BadCallback:  # a system that always says a word
                continue
            assert callback.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_forged_callback_is_refused(name: str, wire: Wire) -> None:
    assert samples(name).forged
    async with opened(name, wire.url) as gateway:
        for forged in samples(name).forged:
            with pytest.raises(BadCallback):
                gateway.parse_callback(forged)


@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_callback_for_another_merchants_account_is_refused(name: str, wire: Wire) -> None:
    others = {key: f"{value}-of-another-shop" for key, value in samples(name).env.items() if is_secret(name, key)}
    assert others
    async with opened(name, wire.url, **others) as gateway:
        for request in genuine(name):
            with pytest.raises(BadCallback):
                gateway.parse_callback(request)


def is_secret(name: str, key: str) -> bool:
    return "SecretStr" in str(GATEWAYS[name].Settings.model_fields[key.lower()].annotation)


@pytest.mark.parametrize("name", [name for name in CALLBACKS if samples(name).stale])
async def test_a_stale_callback_is_refused(name: str, wire: Wire) -> None:
    async with opened(name, wire.url) as gateway:
        gateway.now.at = samples(name).stale
        for request in genuine(name):
            with pytest.raises(BadCallback):
                gateway.parse_callback(request)
