"""The demo as a person plays it: `python -m bot demo` in its own process, the page in Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

from bot.demo.programs import Program, clean_environment, free_port

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PICTURES = Path(os.environ.get("PICTURES", ".demo/pictures"))

expect.set_options(timeout=20_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists() and not os.environ.get("CI"), reason="no Chromium on this machine"),
]

WORDS = {
    "fr": {
        "line": "/demander 20 677777777 chaussures",
        "go": "✅ Demander",
        "wait": "attente du code",
        "pay": "Payer",
        "paid": "Payé",
        "group": "payé",
    },
    "en": {
        "line": "/request 20 677777777 shoes",
        "go": "✅ Ask",
        "wait": "Waiting for",
        "pay": "Pay",
        "paid": "Paid",
        "group": "paid",
    },
}


@asynccontextmanager
async def opened(tmp_path: Path, size: ViewportSize, language: str) -> AsyncIterator[Page]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    options = ["--port", str(port), "--language", language]
    demo = Program(["bot", "demo", *options], clean_environment([]), tmp_path, address)
    await demo.start()
    try:
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = await browser.new_page(viewport=size, device_scale_factor=1.5, timezone_id="Africa/Douala")
            await page.goto(address)
            await expect(chat(page).get_by_text("/start")).to_be_visible()
            yield page
            await browser.close()
    finally:
        await demo.stop()


def chat(page: Page) -> Locator:
    return page.locator("#merchant")


async def say(page: Page, line: str) -> None:
    box = chat(page).get_by_role("textbox")
    await box.fill(line)
    await box.press("Enter")


async def approve(page: Page, pay: str) -> None:
    phone = page.locator("#phone")
    for digit in "1234":
        await phone.get_by_role("button", name=digit, exact=True).click()
    await phone.get_by_role("button", name=pay, exact=True).click()


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    await page.wait_for_timeout(400)  # bubbles slide in
    await page.screenshot(path=PICTURES / f"{name}.png")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_request_is_paid_within_five_seconds_of_the_pin(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    async with opened(tmp_path, {"width": 1280, "height": 800}, language) as page:
        await say(page, words["line"])
        await chat(page).get_by_role("button", name=words["go"]).click()
        await expect(chat(page).get_by_text(words["wait"])).to_be_visible()
        await expect(page.locator("#phone").get_by_role("button", name="1", exact=True)).to_be_visible()
        await picture(page, f"asking-{language}")
        await approve(page, words["pay"])
        await expect(chat(page).get_by_text(words["paid"], exact=True)).to_be_visible(timeout=5_000)
        await expect(page.locator("#group").get_by_text(words["group"])).to_be_visible()
        await picture(page, f"paid-{language}")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_counter_works_on_a_narrow_screen(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    async with opened(tmp_path, {"width": 390, "height": 844}, language) as page:
        await say(page, words["line"])
        await chat(page).get_by_role("button", name=words["go"]).click()
        await expect(chat(page).get_by_text(words["wait"])).to_be_visible()
        await picture(page, f"narrow-card-{language}")
        await page.locator('button[data-pane="phone"]').click()
        await picture(page, f"narrow-phone-{language}")
        await approve(page, words["pay"])
        await page.locator('button[data-pane="merchant"]').click()
        await expect(chat(page).get_by_text(words["paid"], exact=True)).to_be_visible(timeout=5_000)
        await picture(page, f"narrow-paid-{language}")
