"""The payers' pages in Chromium on a narrow screen: read, filled in and ended, each in every way it can end."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from providers.sandbox import Sandbox, Settings, serve
from providers.sandbox.nkapsmart.settings import NkapsmartSettings
from providers.sandbox.nkapsmart.tokens import signature
from providers.sandbox.sauripay import signatures
from tests.providers.sandbox.desk import MTN, Clock

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PICTURES = os.environ.get("PICTURES", "")
SHOP = "http://shop.example"
TRON = "TAx64Y6RZnS9R57RyLGpRSGaVG6N5QAm94"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists() and not os.environ.get("CI"), reason="no Chromium on this machine"),
]


@dataclass
class Payer:
    box: Sandbox
    clock: Clock
    http: httpx.AsyncClient
    page: Page

    async def opens(self, url: str, name: str) -> None:
        await self.page.goto(url)
        await self.looks(name)

    async def looks(self, name: str) -> None:
        """Nothing is cut off at the side, and whatever is tapped is as high as a finger is wide."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        low = await self.page.eval_on_selector_all(
            "button, input, select", "all => all.filter(one => one.getBoundingClientRect().height < 44).length"
        )
        small = await self.page.eval_on_selector_all(
            "input, select", "all => all.filter(one => parseFloat(getComputedStyle(one).fontSize) < 16).length"
        )
        assert (wide, low, small) == (0, 0, 0)  # below 16 pixels a phone zooms in on a field
        if PICTURES:
            await self.page.screenshot(path=f"{PICTURES}/{name}.png")

    async def taps(self, button: str) -> None:
        await self.page.get_by_role("button", name=button).click()

    async def comes_back(self, path: str) -> None:
        await self.page.wait_for_url(re.compile(re.escape(f"{SHOP}/{path}")), timeout=20_000)

    async def asked(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.http.post(path, json=body, headers=headers)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


@asynccontextmanager
async def payer(**settings: Any) -> AsyncIterator[Payer]:
    clock = Clock()
    async with (
        serve(Settings.instant(**settings), clock=clock, chance=Random(1)) as box,
        httpx.AsyncClient(base_url=box.url, trust_env=False, timeout=30) as http,
        async_playwright() as play,
    ):
        shop = f"--host-resolver-rules=MAP shop.example 127.0.0.1:{httpx.URL(box.url).port}"  # a page of nothing there
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, shop])
        try:
            page = await browser.new_page(viewport={"width": 360, "height": 640}, device_scale_factor=2)
            yield Payer(box, clock, http, page)
        finally:
            await browser.close()


# --- CamPay's link


async def link(at: Payer, **changed: str) -> str:
    known = {"amount": "20", "description": "Robe d'été brodée, taille unique, retrait à la boutique d'Akwa"}
    pages = {"redirect_url": f"{SHOP}/thanks", "failure_redirect_url": f"{SHOP}/sorry"}
    headers = {"Authorization": f"Token {at.box.settings.campay.token}"}
    url: str = (await at.asked("/api/get_payment_link/", {**known, **pages, **changed}, headers))["link"]
    return url


@pytest.mark.parametrize(("pays", "path"), [(True, "thanks?status=successful"), (False, "sorry?status=failed")])
async def test_a_link_of_campay_is_paid_or_declined_with_the_phone(pays: bool, path: str) -> None:
    async with payer() as at:
        await at.opens(await link(at), "campay-link")
        number = at.page.get_by_label("MTN or Orange number")
        await number.fill("123")
        await at.taps("Pay")
        await expect(at.page.get_by_role("alert")).to_have_text("Invalid phone number")
        await expect(number).to_have_value("123")
        await at.looks("campay-wrong")
        await number.fill("671 00 01 01")
        await at.taps("Pay")
        await expect(at.page.get_by_text("asks on 237671000101")).to_be_visible()
        await at.looks("campay-waiting")
        (at.box.phones.approve(MTN, "1234") if pays else at.box.phones.decline(MTN))
        await at.comes_back(path)


async def test_a_link_of_campay_that_is_left_can_be_opened_again() -> None:
    async with payer() as at:
        url = await link(at, payer_can_pay_more="yes")
        await at.opens(url, "campay-more")
        await at.taps("Cancel")
        await at.comes_back("sorry?status=failed")
        await at.page.goto(url)
        await expect(at.page.get_by_role("button", name="Pay")).to_be_visible()
        assert at.box.ledger.entries() == []


# --- KPay's page


async def hosted(at: Payer, path: str = "init") -> str:
    keys = at.box.settings.kpay
    headers = {"X-API-Key": keys.api_key, "X-Secret-Key": keys.secret_key}
    back = {"returnUrl": f"{SHOP}/back", "cancelUrl": f"{SHOP}/left"}
    body = {"amount": 5000, "externalId": "one", "description": "Chaussures, pointure 42", **back}
    url: str = (await at.asked(f"/api/v1/payments/{path}", body, headers))["gatewayUrl"]
    return url


@pytest.mark.parametrize(("pays", "word"), [(True, "COMPLETED"), (False, "FAILED")])
async def test_a_page_of_kpay_is_paid_or_declined_with_the_phone(pays: bool, word: str) -> None:
    async with payer() as at:
        await at.opens(await hosted(at), "kpay-page")
        await at.page.get_by_label("Operator").select_option("ORANGE_CMR")
        await at.page.get_by_label("Mobile number").fill("12")
        await at.taps("Pay")
        await expect(at.page.get_by_role("alert")).to_have_text("That is no mobile number")
        await expect(at.page.get_by_label("Mobile number")).to_have_value("12")
        await expect(at.page.get_by_label("Operator")).to_have_value("ORANGE_CMR")
        await at.looks("kpay-wrong")
        await at.page.get_by_label("Operator").select_option("MTN_MOMO_CMR")
        await at.page.get_by_label("Mobile number").fill("671 00 01 01")
        await at.taps("Pay")
        await expect(at.page.get_by_text("asks for the PIN on 237671000101")).to_be_visible()
        await at.looks("kpay-waiting")
        (at.box.phones.approve(MTN, "1234") if pays else at.box.phones.decline(MTN))
        await at.comes_back(f"back?status={word}")


async def test_a_page_of_kpay_is_left_or_comes_too_late() -> None:
    async with payer() as at:
        await at.opens(await hosted(at, "withdraw"), "kpay-payout")
        await at.taps("Cancel")
        await at.comes_back("left?status=CANCELLED")
        late = await hosted(at)
        at.clock.skip(31 * 60)
        await at.opens(late, "kpay-over")
        await expect(at.page.get_by_role("heading")).to_have_text("This page is over: expired")


# --- Nkapsmart's bank and deposit


async def nkapsmart(at: Payer, path: str, **changed: Any) -> str:
    known: NkapsmartSettings = at.box.settings.nkapsmart
    now = int(at.clock().timestamp())
    signed = {"apiKey": known.api_key, "signature": signature(known.secret_key, now), "timestamp": now}
    bearer = (await at.asked("/api/auth/authenticate", signed))["accessToken"]
    body = {"amount": 6000, "email": "shop@shop.example", "applicationKey": known.api_key, **changed}
    url: str = (await at.asked(path, body, {"Authorization": f"Bearer {bearer}"}))["paymentUrl"]
    return url


@pytest.mark.parametrize(
    ("button", "path"),
    [("Authorize the transfer", "paid"), ("The account is short of money", "left"), ("Cancel", "left")],
)
async def test_a_banks_page_is_authorized_refused_or_left(button: str, path: str) -> None:
    async with payer() as at:
        pages = {"SuccessUrl": f"{SHOP}/paid", "CancelUrl": f"{SHOP}/left", "Description": "Loyer de novembre"}
        await at.opens(await nkapsmart(at, "/api/Transaction/bank", **pages), "nkapsmart-bank")
        await at.taps(button)
        await at.comes_back(path)


async def test_a_banks_page_without_a_way_back_says_how_it_ended_and_so_does_a_late_one() -> None:
    async with payer() as at:
        await at.page.goto(await nkapsmart(at, "/api/Transaction/bank"))
        await at.taps("Authorize the transfer")
        await expect(at.page.get_by_role("heading")).to_have_text("Paid")
        await at.looks("nkapsmart-paid")
        late = await nkapsmart(at, "/api/Transaction/bank")
        at.clock.skip(at.box.settings.nkapsmart.bank_timeout + 1)
        await at.opens(late, "nkapsmart-late")
        await expect(at.page.get_by_role("heading")).to_have_text("Not paid")


async def test_a_deposit_is_sent_once_shows_its_hash_and_too_little_is_told() -> None:
    crypto = {"payCurrency": "SIM-USDT-TRON", "paymentAddress": TRON}
    async with payer() as at:
        url = await nkapsmart(at, "/api/v2/TransactionSecond/crypto", **crypto)
        await at.opens(url, "nkapsmart-deposit")
        await at.page.get_by_label("Tokens to send").fill("ten")
        await at.taps("Send the deposit")
        await expect(at.page.get_by_role("alert")).to_have_text("That is no amount of tokens.")
        await at.page.get_by_label("Tokens to send").fill("10")
        await at.taps("Send the deposit")
        await expect(at.page.get_by_role("heading")).to_have_text("Paid")
        await expect(at.page.locator("#hash")).to_have_text(re.compile(r"\w{64}"))
        await at.looks("nkapsmart-deposited")
        await at.page.goto(await nkapsmart(at, "/api/v2/TransactionSecond/crypto", **crypto))
        await at.page.get_by_label("Tokens to send").fill("9,5")
        await at.taps("Send the deposit")
        await expect(at.page.get_by_text("too little")).to_be_visible()
        await expect(at.page.get_by_role("button")).to_have_count(0)
        await at.looks("nkapsmart-short")


# --- SauriPay's redirect, bank and keypad


async def redirect(at: Payer, order: str, **changed: Any) -> str:
    known = at.box.settings.sauripay
    body = {
        "merchant_id": known.merchant_id, "customer_id": "256770000004", "order_id": order, "amount": "1000.00",
        "currency": "UGX", "country": "UG", "provider_id": 2106,
        "extra": {"customer_name": "Ada Obi", "customer_email": "ada@example.test"}, **changed,
    }  # fmt: skip
    for call, asked in (("payment_c2b", body), ("status", {"merchant_id": known.merchant_id, "order_id": order})):
        content = signatures.signed(asked, known.secret_key)
        answer = await at.http.post(f"/{known.public_id}/{call}", content=content)
        at.clock.skip(known.link_delay + 1)
    url: str = answer.raise_for_status().json()["extra"]["customer_redirect"]
    return url


async def test_a_redirect_of_sauripay_is_paid_with_the_code_that_was_sent() -> None:
    async with payer() as at:
        await at.opens(await redirect(at, "one"), "sauripay-code")
        await at.page.get_by_label("The code from your text message").fill("0000")
        await at.taps("Pay")
        await expect(at.page.get_by_role("alert")).to_be_visible()
        await at.looks("sauripay-wrong")
        await at.page.get_by_label("The code from your text message").fill(at.box.settings.sauripay.otp)
        await at.taps("Pay")
        await expect(at.page.get_by_text("Paid. You can close this page.")).to_be_visible()
        await at.looks("sauripay-paid")


async def test_a_redirect_of_sauripay_is_left_or_comes_too_late() -> None:
    async with payer() as at:
        await at.page.goto(await redirect(at, "one"))
        await at.taps("Cancel")
        await expect(at.page.get_by_text("Not paid.")).to_be_visible()
        late = await redirect(at, "two")
        at.clock.skip(at.box.settings.sauripay.page_timeout + 1)
        await at.box.tick()
        await at.opens(late, "sauripay-late")
        await expect(at.page.get_by_text("Not paid.")).to_be_visible()


async def test_an_account_is_paid_into_at_the_bank_and_a_code_is_dialled() -> None:
    async with payer() as at:
        await at.opens(f"{at.box.url}/sauripay/bank", "sauripay-bank")
        await at.opens(f"{at.box.url}/sauripay/dial", "sauripay-dial")
        await at.page.get_by_label("Phone").fill("22670000003")
        await at.page.get_by_label("Dial").fill("*144*4*6*1000#")
        await at.taps("Call")
        await expect(at.page.get_by_role("status")).to_contain_text(at.box.settings.sauripay.otp)
        await at.looks("sauripay-dialled")
