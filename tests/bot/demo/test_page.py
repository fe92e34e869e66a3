"""The page in a real browser: both languages, a desk and a phone."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    ViewportSize,
    async_playwright,
    expect,
)
from telegram import Bot

from bot.demo import Chat, Limits, LocalTelegram, Switch, User, serve
from tests.bot.demo.shop import PIN, Phone, open_shop, ringing_phone

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", shutil.which("chromium"), shutil.which("chromium-browser"))
     if path and Path(path).exists()),
    None,
)  # fmt: skip
DESK: ViewportSize = {"width": 1280, "height": 800}
POCKET: ViewportSize = {"width": 390, "height": 844}

expect.set_options(timeout=20_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="there is no Chromium here"),
]


@pytest.fixture
async def phone() -> AsyncIterator[tuple[str, Phone]]:
    async with ringing_phone() as ringing:
        yield ringing


@pytest.fixture
def stopped() -> list[str]:
    return []


@pytest.fixture
async def telegram(phone: tuple[str, Phone], stopped: list[str]) -> AsyncIterator[LocalTelegram]:
    async def stop() -> None:
        stopped.append("sandbox")

    switches = {"sandbox": Switch("Panne totale", "All down", stop, lambda: bool(stopped))}
    async with serve(limits=Limits.off(), sandbox=phone[0], switches=switches) as telegram, open_shop(telegram):
        yield telegram


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    return telegram.add_user("Ada", "fr")


@pytest.fixture
def team(telegram: LocalTelegram, ada: User) -> Chat:
    return telegram.add_group("Équipe", [ada, telegram.add_user("Ève", "fr")])


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


class Visit:
    """One open page; `complaints` are the browser's errors, of which there should be none."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.hear)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    async def write(self, pane: str, text: str) -> None:
        await self.page.fill(f"#{pane} textarea", text)
        await self.page.press(f"#{pane} textarea", "Enter")

    async def looks_whole(self) -> None:
        widths = await self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], "the page is wider than the screen"
        assert self.complaints == []


async def visit(browser: Browser, telegram: LocalTelegram, size: ViewportSize) -> tuple[Visit, BrowserContext]:
    context = await browser.new_context(viewport=size, has_touch=size is POCKET, is_mobile=size is POCKET)
    page = await context.new_page()
    visit = Visit(page)
    await page.goto(telegram.url)
    await expect(page.locator("#merchant .pane-title")).to_have_text("Guichet")
    return visit, context


@pytest.mark.parametrize("size", [DESK, POCKET], ids=["desk", "pocket"])
@pytest.mark.parametrize(
    ("language", "start", "send"), [("fr", "Démarrer", "Envoyer"), ("en", "Start", "Send")], ids=["fr", "en"]
)
async def test_a_sale_from_the_command_to_the_pin(
    telegram: LocalTelegram,
    ada: User,
    team: Chat,
    phone: tuple[str, Phone],
    browser: Browser,
    size: ViewportSize,
    language: str,
    start: str,
    send: str,
) -> None:
    seen, context = await visit(browser, telegram, size)
    page = seen.page
    await page.click(f"[data-language={language}]")
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await page.get_by_role("button", name=start, exact=True).click()
    await expect(page.locator("#merchant .message.bot")).to_contain_text("Bienvenue au Guichet")
    assert ada.language_code == language
    await seen.write("merchant", "/request 5000")
    await page.get_by_role("button", name="Confirmer").click()
    await expect(page.locator("#merchant .toast")).to_have_text("Le client a reçu la demande")
    await expect(page.locator("#merchant .message").last).to_contain_text("saisit son code PIN")
    await expect(page.locator("#merchant .send")).to_have_attribute("aria-label", send)

    phone[1].rings = True
    if size is POCKET:
        await expect(page.locator("[data-pane=phone]")).to_have_class("unread")
        await page.click("[data-pane=phone]")
    await expect(page.locator(".prompt")).to_contain_text("Boutique Ada")
    for digit in PIN:
        await page.locator(".pad").get_by_role("button", name=digit, exact=True).click()
    await page.click(".pad .approve")
    await expect(page.locator(".notice.good")).to_be_visible()
    await expect(page.locator(".inbox")).to_contain_text("You paid 5000 XAF")
    assert phone[1].wallet == 145_000
    await seen.looks_whole()
    await context.close()


async def test_words_from_a_chat_never_become_markup(telegram: LocalTelegram, ada: User, browser: Browser) -> None:
    seen, context = await visit(browser, telegram, DESK)
    evil = "<img src=x onerror=\"document.title='broken'\"> & <script>1</script>"
    await seen.write("merchant", evil)
    await expect(seen.page.locator("#merchant .message.bot .text")).to_have_text(f"Compris : {evil}")
    assert await seen.page.title() == "Guichet"
    assert await seen.page.locator("#merchant .messages img").count() == 0
    await seen.looks_whole()
    await context.close()


async def test_the_menu_completes_and_the_group_gets_the_bots_name(
    telegram: LocalTelegram, ada: User, team: Chat, browser: Browser
) -> None:
    seen, context = await visit(browser, telegram, DESK)
    page = seen.page
    await page.type("#merchant textarea", "/pa")
    await expect(page.locator("#merchant .commands li")).to_have_text(["/payoutEnvoyer de l’argent"])
    await page.press("#merchant textarea", "Tab")
    await expect(page.locator("#merchant textarea")).to_have_value("/payout ")
    await page.press("#merchant textarea", "Enter")
    await expect(page.locator("#merchant .reply")).to_contain_text("Répondre à Guichet")
    await page.click("#group .menu")
    await page.click("#group .commands li")
    await telegram.wait_for(team, "Solde")
    assert telegram.messages(team, ada)[0].text == "/balance@guichet_bot"
    await expect(page.locator("#group .picture img")).to_be_visible()
    async with page.expect_download() as download:
        await page.click("#group a.file")
    assert (await download.value).suggested_filename == "releve.csv"
    await context.close()


async def test_a_menu_that_comes_late_still_completes_what_is_typed(
    telegram: LocalTelegram, ada: User, browser: Browser
) -> None:
    page = await browser.new_page()

    async def dawdle(route: Route) -> None:
        await asyncio.sleep(0.6)
        await route.continue_()

    await page.route("**/commands?*", dawdle)
    await page.goto(telegram.url)
    await expect(page.locator("#merchant .pane-title")).to_have_text("Guichet")
    await page.type("#merchant textarea", "/pa")
    await expect(page.locator("#merchant .commands li")).to_have_count(1)
    await page.close()


async def test_a_person_edits_attaches_and_shares(
    telegram: LocalTelegram, ada: User, browser: Browser, tmp_path: Path
) -> None:
    sheet = tmp_path / "paie.csv"
    sheet.write_text("a;b\n")
    seen, context = await visit(browser, telegram, DESK)
    page, chat = seen.page, telegram.private(ada)
    await seen.write("merchant", "bonjour")
    await page.hover("#merchant .message.mine")
    await page.click("#merchant .message.mine .tools button")
    await seen.write("merchant", "bonsoir")
    await expect(page.locator("#merchant .message.mine")).to_contain_text("modifié")
    await page.set_input_files("#merchant input[type=file]", sheet)
    await expect(page.locator("#merchant .mine .file")).to_contain_text("paie.csv")
    await page.click("#merchant .attach")
    await page.get_by_role("menuitem", name="Contact").click()
    await page.fill("#contact [name=first_name]", "Bob")
    await page.fill("#contact [name=phone]", "+237 671 00 01 01")
    await page.click("#contact .primary")
    await expect(page.locator("#merchant .mine").last).to_contain_text("+237 6 71 00 01 01")
    edited, document, contact = telegram.messages(chat, ada)
    assert edited.text == "bonsoir"
    assert document.media["document"]["file_name"] == "paie.csv"
    assert contact.media["contact"] == {"phone_number": "+237671000101", "first_name": "Bob"}
    await seen.looks_whole()
    await context.close()


async def test_the_drawer_breaks_things(
    telegram: LocalTelegram, ada: User, team: Chat, browser: Browser, stopped: list[str]
) -> None:
    seen, context = await visit(browser, telegram, DESK)
    page = seen.page
    await page.click("#what-if")
    await page.get_by_role("switch", name="Panne totale").click()
    await expect(page.get_by_role("switch", name="Panne totale")).to_be_checked()
    assert stopped == ["sandbox"]
    await page.get_by_role("switch", name="Ada bloque le bot").click()
    await expect(page.get_by_role("switch", name="Ada bloque le bot")).to_be_checked()
    assert ada.blocked
    await page.get_by_role("button", name="Le groupe devient un supergroupe").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#group .service")).to_have_text("Le groupe est devenu un supergroupe.")
    assert team.migrated_to
    await context.close()


async def test_a_forum_has_a_tab_for_each_topic(
    telegram: LocalTelegram, ada: User, team: Chat, browser: Browser
) -> None:
    seen, context = await visit(browser, telegram, DESK)
    page = seen.page
    await page.click("#what-if")
    await page.get_by_role("button", name="Activer les sujets du groupe").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#group .service")).to_have_text("Le groupe est devenu un supergroupe.")
    forum = telegram.world.chats[team.migrated_to or 0]
    async with Bot(telegram.token, f"{telegram.url}/bot") as bot:
        await bot.create_forum_topic(forum.id, "Entrées")
    await page.get_by_role("button", name="Entrées").click()
    await seen.write("group", "bonjour")
    said = page.locator("#group .message.mine")
    await expect(said).to_have_count(1)
    assert telegram.messages(forum, ada)[-1].topic is telegram.topic(forum, "Entrées")
    await page.get_by_role("button", name="Général").click()
    await expect(said).to_have_count(0)
    await page.get_by_role("button", name="Tout", exact=True).click()
    await expect(said.locator(".topic")).to_have_text("# Entrées")
    await seen.looks_whole()
    await context.close()


async def test_a_stranger_writes_in_a_chat_of_their_own(telegram: LocalTelegram, ada: User, browser: Browser) -> None:
    stranger = telegram.add_user("Étranger", "fr")
    seen, context = await visit(browser, telegram, DESK)
    await seen.write("merchant", "je suis Ada")
    await seen.page.select_option("#merchant select", str(stranger.id))
    await expect(seen.page.locator("#merchant .message")).to_have_count(0)
    await seen.write("merchant", "je suis un étranger")
    await telegram.wait_for(telegram.private(stranger), "étranger")
    assert [message.text for message in telegram.messages(telegram.private(ada), ada)] == ["je suis Ada"]
    await context.close()
