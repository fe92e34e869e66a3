"""The demo as a person plays it: `python -m bot demo` in its own process, the page in Chromium."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import IS_MISSING, approve, chat, opened, picture, say

pytestmark = [pytest.mark.browser, pytest.mark.skipif(IS_MISSING, reason="no Chromium on this machine")]

WORDS = {
    "fr": {
        "line": "/demander {amount} 677777777 chaussures",
        "go": "✅ Demander",
        "wait": "attente du code",
        "pay": "Payer",
        "paid": "Payé",
        "group": "payé",
    },
    "en": {
        "line": "/request {amount} 677777777 shoes",
        "go": "✅ Ask",
        "wait": "Waiting for",
        "pay": "Pay",
        "paid": "Paid",
        "group": "paid",
    },
}


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_request_is_paid_within_five_seconds_of_the_pin(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    async with opened(tmp_path, {"width": 1280, "height": 800}, language) as page:
        took = [await paid_after(page, language, 0)]
        await expect(page.locator("#group").get_by_text(words["group"])).to_be_visible()
        await picture(page, f"paid-{language}")
        while took[-1] > 5 and len(took) < 4:  # other programs may have had the machine meanwhile
            took.append(await paid_after(page, language, len(took)))
    assert min(took) <= 5


async def paid_after(page: Page, language: str, earlier: int) -> float:
    """Seconds from the PIN to the receipt, with so many receipts above it."""
    words = WORDS[language]
    await say(page, words["line"].format(amount=20 + earlier))
    await chat(page).get_by_role("button", name=words["go"]).click()
    await expect(chat(page).get_by_text(words["wait"])).to_be_visible()
    await expect(page.locator("#phone").get_by_role("button", name="1", exact=True)).to_be_visible()
    await picture(page, f"asking-{language}")
    await approve(page, words["pay"])
    began = time.monotonic()
    await expect(chat(page).get_by_text(words["paid"], exact=True)).to_have_count(earlier + 1, timeout=30_000)
    return time.monotonic() - began


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_counter_works_on_a_narrow_screen(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    async with opened(tmp_path, {"width": 360, "height": 740}, language) as page:
        ends = await page.evaluate("document.querySelector('#merchant .send').getBoundingClientRect().right")
        assert ends <= 360, "what sends is cut off"
        await say(page, words["line"].format(amount=20))
        await chat(page).get_by_role("button", name=words["go"]).click()
        await expect(chat(page).get_by_text(words["wait"])).to_be_visible()
        await picture(page, f"narrow-card-{language}")
        await page.locator('button[data-pane="phone"]').click()
        await picture(page, f"narrow-phone-{language}")
        await approve(page, words["pay"])
        await page.locator('button[data-pane="merchant"]').click()
        await expect(chat(page).get_by_text(words["paid"], exact=True)).to_be_visible(timeout=30_000)
        await picture(page, f"narrow-paid-{language}")
