"""The gateway against the sandbox, over HTTP: every flow from the order to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

import httpx

from providers.base import Kind, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.sandbox import Sandbox, Settings, serve
from providers.sauripay import SauriPay
from tests.providers.sandbox.desk import Clock

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
        async with httpx.AsyncClient(trust_env=False) as browser:
            yield Shop(gateway, box, clock, browser)
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
