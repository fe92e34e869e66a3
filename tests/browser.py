"""The demo in Chromium for a test: opened, written in, paid on the customer's phone, photographed."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

from bot.demo.programs import Program, clean_environment, free_port

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PICTURES = Path(os.environ.get("PICTURES", ".demo/pictures"))
COLOURS = 128
IS_MISSING = not Path(CHROMIUM).exists() and not os.environ.get("CI")

expect.set_options(timeout=20_000)


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
            try:
                page = await browser.new_page(viewport=size, device_scale_factor=1.5, timezone_id="Africa/Douala")
                await page.goto(address)
                await expect(chat(page).get_by_text("/start")).to_be_visible(timeout=60_000)  # three programs start
                yield page
            finally:
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
    """Once everything has slid into its place, and in so few colours that it weighs little."""
    PICTURES.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    await page.wait_for_timeout(400)
    drawn = Image.open(BytesIO(await page.screenshot()))
    drawn.convert("RGB").quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
