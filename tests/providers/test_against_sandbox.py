"""Every verb of every gateway, called over HTTP at the sandbox's own system, as the contract's wire can't play it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from providers import discover
from providers.base import Provider
from providers.messages import Kind, LinkOrder, Lookup, Order, Outcome, RefundOrder, Report, TransferOrder, Verb
from providers.money import Money
from providers.sandbox import Sandbox, Settings, serve

PHONE = "237671000101"
AMOUNT = Money(500, "XAF")
GATEWAYS = {name: cls for name, cls in discover().items() if hasattr(Settings(), name)}


def account(name: str, box: Sandbox) -> dict[str, str]:
    ours = getattr(box.settings, name)
    return {
        "campay": lambda: {"TOKEN": ours.token, "RETURN_URL": "https://shop.example/back"},
        "kpay": lambda: {"API_KEY": ours.api_key, "SECRET_KEY": ours.secret_key},
        "nkapsmart": lambda: {
            "API_KEY": ours.api_key,
            "SECRET_KEY": ours.secret_key,
            "EMAIL": "shop@shop.cm",
            "OPERATORS": "MTN=0,ORANGE=1",
        },
        "sauripay": lambda: {
            "PUBLIC_ID": ours.public_id,
            "MERCHANT_ID": ours.merchant_id,
            "SECRET_KEY": ours.secret_key,
            "PROVIDER_IDS": "CM:MTN=9063,CM:ORANGE=9062",
        },
    }[name]()


@dataclass
class Counter:
    box: Sandbox
    gateway: Provider

    async def stands(self, kind: Kind, order: Order, report: Report) -> Report:
        await self.box.tick()
        lookup = Lookup(kind, order.key, order.amount, order.msisdn, self.gateway.now(), report.reference)
        return await self.gateway.status(lookup)

    async def paid(self, order: Order) -> Report:
        report = await self.gateway.collect(order)
        assert report.outcome is Outcome.PENDING
        self.box.phones.approve(order.msisdn, "1234")
        done = await self.stands(Kind.COLLECTION, order, report)
        assert (done.outcome, done.amount in {order.amount, None}) == (Outcome.SUCCEEDED, True)
        return report


@asynccontextmanager
async def counter(name: str) -> AsyncIterator[Counter]:
    now = datetime.now(UTC).replace(microsecond=0)  # a web server's Date is the machine's, and Nkapsmart's is compared
    async with serve(Settings.instant(campay={"demo_limit": 0}), clock=lambda: now, chance=Random(1)) as box:
        env = {f"{name.upper()}_{key}": value for key, value in {**account(name, box), "BASE_URL": box.url}.items()}
        settings = GATEWAYS[name].Settings.read(name, env)
        assert settings
        gateway = GATEWAYS[name].open(settings, None, lambda: now)
        try:
            yield Counter(box, gateway)
        finally:
            await gateway.close()


def order(number: int = 1, amount: Money = AMOUNT) -> Order:
    return Order(UUID(int=number, version=4), amount, PHONE, "MTN", "shoes", "CM")


async def collect(at: Counter) -> None:
    await at.paid(order())


async def payout(at: Counter) -> None:
    report = await at.gateway.payout(order())
    assert (await at.stands(Kind.PAYOUT, order(), report)).outcome is Outcome.SUCCEEDED


async def airtime(at: Counter) -> None:
    hundred = order(amount=Money(100, "XAF"))
    report = await at.gateway.airtime(hundred)
    assert (await at.stands(Kind.AIRTIME, hundred, report)).outcome is Outcome.SUCCEEDED


async def bulk(at: Counter) -> None:
    orders = [order(1), order(2)]
    sent = await at.gateway.bulk_payout(orders)
    await at.box.tick()
    [first, second] = await at.gateway.bulk_status(sent[0].reference)
    assert {first.outcome, second.outcome} == {Outcome.SUCCEEDED}
    assert [first.key, second.key] == [str(one.key) for one in orders]


async def link(at: Counter) -> None:
    made = await at.gateway.link(LinkOrder(order().key, AMOUNT, "shoes"))
    assert made.url.startswith(at.box.url)
    assert made.reference


async def transfer(at: Counter) -> None:
    report = await at.gateway.transfer(TransferOrder(order().key, AMOUNT, "CM", "GA", "stock"))
    assert (report.outcome, report.amount) == (Outcome.SUCCEEDED, AMOUNT)


async def refund(at: Counter) -> None:
    paid = await at.paid(order())
    asked = RefundOrder(order(2).key, paid.reference, AMOUNT, "too small")
    report = await at.gateway.refund(asked)
    again = replace(order(), key=asked.key)
    assert (await at.stands(Kind.REFUND, again, report)).outcome in {Outcome.SUCCEEDED, Outcome.PENDING}


async def balance(at: Counter) -> None:
    assert any(one.amount.minor > 0 for one in await at.gateway.balance())


async def rate(at: Counter) -> None:
    assert await at.gateway.rate("XAF", "XOF") == Decimal("1.0153")


async def availability(at: Counter) -> None:
    assert {service.operator for service in await at.gateway.availability("CM")} == {"MTN", "ORANGE"}


async def identify(at: Counter) -> None:
    assert await at.gateway.identify("237653456789") == "MTN"


async def statement(at: Counter) -> None:
    await at.paid(order())
    today: date = at.gateway.now().date()
    [line] = await at.gateway.statement(today - timedelta(days=1), today + timedelta(days=1))
    assert (line.amount, line.outcome, line.msisdn) == (AMOUNT, Outcome.SUCCEEDED, PHONE)


PLAYED: dict[Verb, Any] = {
    Verb.COLLECT: collect, Verb.STATUS: collect, Verb.PAYOUT: payout, Verb.AIRTIME: airtime, Verb.BULK_PAYOUT: bulk,
    Verb.BULK_STATUS: bulk, Verb.LINK: link, Verb.TRANSFER: transfer, Verb.REFUND: refund, Verb.BALANCE: balance,
    Verb.RATE: rate, Verb.AVAILABILITY: availability, Verb.IDENTIFY: identify, Verb.STATEMENT: statement,
}  # fmt: skip
CALLS = [(name, verb) for name, cls in GATEWAYS.items() for verb in Verb if verb in cls.verbs - {Verb.PARSE_CALLBACK}]


def test_the_sandbox_has_all_four_systems() -> None:
    assert set(GATEWAYS) == {"campay", "kpay", "nkapsmart", "sauripay"}


@pytest.mark.parametrize(("name", "verb"), CALLS)
async def test_every_verb_works_at_its_systems_sandbox(name: str, verb: Verb) -> None:
    async with counter(name) as at:
        await PLAYED[verb](at)
