"""A merchant's day in the page, from the first /start to the closed till: what was paid is what the report says."""

from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Locator, Page, ViewportSize, expect

from tests.browser import IS_MISSING, approve, chat, opened, picture, say
from tests.day_words import WORDS, Words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(IS_MISSING, reason="no Chromium on this machine"),
]
SIZES: dict[str, ViewportSize] = {"fr": {"width": 390, "height": 844}, "en": {"width": 1280, "height": 800}}
SLOW = 60_000
PHONE = "677777777"
LINES, BAD_LINES, EACH = 47, 3, 1_000


class Day:
    """One merchant in the page, and the sums that the books must show in the evening."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.words: Words = WORDS[language]
        self.came: list[int] = []
        self.went: list[int] = []
        self.back: list[int] = []

    async def look_at(self, pane: str) -> None:
        """On a narrow screen the panes are behind tabs."""
        tab = self.page.locator(f'button[data-pane="{pane}"]')
        if await tab.is_visible():
            await tab.click()
            await expect(tab).to_have_attribute("aria-current", "true")

    async def say(self, line: str) -> None:
        await self.look_at("merchant")
        await say(self.page, line)

    def told(self, *words: str, pane: str = "merchant") -> Locator:
        """The latest message of the bot that holds all of these."""
        found = self.page.locator(f"#{pane} li.message.bot")
        for word in words:
            found = found.filter(has_text=word)
        return found.last

    async def hears(self, *words: str, pane: str = "merchant") -> Locator:
        message = self.told(*words, pane=pane)
        await expect(message).to_be_visible(timeout=SLOW)
        return message

    async def tap(self, message: Locator, button: str) -> None:
        await message.locator(".key").filter(has_text=button).first.click(timeout=SLOW)

    async def same(self, message: Locator) -> Locator:
        """This very message, whatever it says next."""
        return self.page.locator(f'#merchant li[data-id="{await message.get_attribute("data-id")}"]')

    async def asks(self, what: str) -> Locator:
        """Confirms the card about this; the customer's phone rings."""
        card = await self.same(await self.hears(what, self.words.to_ask))
        await self.tap(card, self.words.ask)
        await expect(card).to_contain_text(self.words.waits, timeout=SLOW)
        return card

    async def pays(self, card: Locator, amount: int) -> None:
        await self.look_at("phone")
        await self.rings()
        await approve(self.page, self.words.pay)
        await self.look_at("merchant")
        await expect(card).to_contain_text(self.words.paid, timeout=SLOW)
        self.came.append(amount)

    async def rings(self) -> None:
        await expect(self.page.locator("#phone").get_by_role("button", name="1", exact=True)).to_be_visible()

    async def is_paid(self, amount: int, what: str) -> None:
        await self.pays(await self.asks(what), amount)

    async def picture(self, name: str, message: Locator | None = None) -> None:
        """From what was said before this message on."""
        if message:
            await message.evaluate("node => (node.previousElementSibling ?? node).scrollIntoView({block: 'start'})")
        await picture(self.page, f"{name}-{self.language}")

    async def sits(self, name: str) -> None:
        """Somebody new takes the place in the private chat."""
        seat = chat(self.page).get_by_role("combobox")
        await seat.select_option("new")
        form = self.page.locator("#person")
        await form.locator("input").fill(name)
        await form.locator("button.primary").click()
        await expect(seat.locator("option:checked")).to_have_text(name)

    async def sits_again(self) -> None:
        """The merchant, who was there first."""
        await chat(self.page).get_by_role("combobox").select_option(index=0)

    async def sends(self, path: Path, caption: str) -> None:
        await chat(self.page).get_by_role("textbox").fill(caption)
        await chat(self.page).locator("input[type=file]").set_input_files(path)


async def opens(day: Day) -> None:
    await day.tap(await day.hears(day.words.first_steps), day.words.trial)
    await day.is_paid(20, day.words.trial_about)


async def takes_a_till(day: Day) -> None:
    await day.say(day.words.shift)
    await day.tap(await day.hears(day.words.no_tills), day.words.new_till)
    await day.hears(day.words.which_name)
    await day.say(day.words.till)
    await day.hears(day.words.till_made)
    await day.say(day.words.shift)
    await day.tap(await day.hears(day.words.which_till), day.words.till)
    await day.hears(day.words.till, day.words.nothing_settled)


async def asks_in_many_ways(day: Day) -> None:
    """The trial was the first; these are nine more."""
    words = day.words
    await day.say("/start")
    await day.tap(await day.hears(words.hello), words.ask)
    for question, answer in zip(words.questions, ("5000", "677 77 77 77", words.things[0]), strict=True):
        await day.hears(question)
        await day.say(answer)
    await day.is_paid(5000, words.things[0])
    for line, what, amount in words.lines:
        await day.say(line)
        await day.is_paid(amount, what)
    await day.say(words.phone_first)
    await day.tap(await day.hears(words.understood), words.ask)
    await day.is_paid(2000, words.things[1])
    await replies_to_a_contact(day)
    await day.say(words.save_payee)
    await day.hears(words.saved)
    await day.say(words.by_name)
    await day.is_paid(700, words.things[3])
    await day.tap(day.told(words.things[3], words.paid), words.once_more)
    await day.is_paid(700, words.things[3])
    await by_a_link(day)


async def replies_to_a_contact(day: Day) -> None:
    await chat(day.page).locator("button.attach").click()
    await chat(day.page).locator('[data-attach="contact"]').click()
    form = day.page.locator("#contact")
    await form.locator('[name="first_name"]').fill("Mado")
    await form.locator('[name="phone"]').fill(f"+237{PHONE}")
    await form.locator("button.primary").click()
    contact = chat(day.page).locator("li.message.mine").filter(has_text="Mado").last
    await contact.hover()
    await contact.get_by_role("button", name=day.words.reply, exact=True).click()
    await day.say(day.words.reply_line)
    await day.is_paid(1200, day.words.things[2])


async def by_a_link(day: Day) -> None:
    await day.say(day.words.link)
    card = await day.same(await day.hears(day.words.things[4], day.words.link_page))
    await day.picture("link")
    async with day.page.expect_popup() as opening:
        await card.locator('a[href*="/pay/"]').click()
    page = await opening.value
    await page.locator('input[name="phone"]').fill("677 77 77 77")
    await page.get_by_role("button").first.click()
    await day.pays(card, 1500)
    await page.close()


async def is_declined(day: Day) -> None:
    await day.say(day.words.declined_line)
    card = await day.asks(day.words.declined)
    await day.look_at("phone")
    await day.rings()
    await day.page.locator("#phone button.decline").click()
    await day.look_at("merchant")
    await expect(card).to_contain_text(day.words.not_paid, timeout=SLOW)


async def checks(day: Day) -> None:
    await day.say(f"{day.words.check} 5000 {PHONE}")
    await day.hears(day.words.received, "5")
    await day.say(f"{day.words.check} 7777 {PHONE}")
    answer = await day.hears(day.words.not_received)
    await day.picture("check", answer)


async def pays_a_sheet(day: Day, tmp_path: Path) -> None:
    rows = [f"{EACH};{237_670_000_000 + number};Person {number};June" for number in range(LINES)]
    rows[10:10] = ["5000;12;Bih;June", "abc;677123450;Cho;June", ";677123451;Dua;June"]
    assert len(rows) == LINES + BAD_LINES
    path = tmp_path / day.words.sheet_name
    path.write_text("\r\n".join([day.words.sheet_head, *rows]), encoding="utf-8")
    await day.sends(path, day.words.bulk)
    wrong = await day.hears(day.words.rows_to_mend)
    await expect(wrong).to_contain_text("12")
    board = await day.hears(day.words.lines_told)
    await day.picture("sheet")
    await day.tap(board, day.words.pay_all)
    await day.hears(day.words.sent_lines, "100")
    await day.hears(day.words.sheet_done)
    day.went += [EACH] * LINES


async def is_approved(day: Day) -> None:
    """A cashier who was invited asks; the owner approves in the group."""
    words = day.words
    await day.say(words.team)
    board = await day.hears(words.the_team)
    await day.tap(board, words.invite)
    await day.tap(await day.hears(words.invite_as), words.cashier)
    text = await (await day.hears("t.me/")).inner_text()
    token = text.partition("?start=")[2].split()[0]
    await day.sits("Brenda")
    await day.say(f"/start {token}")
    await day.hears(words.welcome)
    await day.say(words.cashier_line)
    card = await day.hears(words.cashier_about, words.to_send)
    await day.tap(card, words.send)
    await day.hears(words.cashier_about, words.second_person)
    await day.look_at("group")
    question = await day.hears(words.asked_by, pane="group")
    await expect(question.locator(".key").filter(has_text=words.approve)).to_be_visible()
    await day.picture("approval")
    await day.tap(question, words.approve)
    await day.hears(words.approved_by, pane="group")
    await day.look_at("merchant")
    await day.hears(words.cashier_about, words.sent)
    day.went.append(2500)
    await day.sits_again()


async def refunds(day: Day) -> None:
    paid = day.told(day.words.robe, day.words.paid)
    reference = (await paid.inner_text()).partition(day.words.reference)[2].split()[0]
    await day.say(f"{day.words.refund} {reference}")
    card = await day.hears(reference, day.words.to_refund)
    await day.tap(card, day.words.give_back)
    await day.hears(reference, day.words.given_back)
    day.back.append(5000)


async def closes(day: Day, tmp_path: Path) -> None:
    words = day.words
    await day.say(words.report)
    report = await day.hears(words.report_title)
    await expect(report).to_contain_text(f"{words.came} {words.amount(sum(day.came))} ({len(day.came)})")
    await expect(report).to_contain_text(f"{words.went} {words.amount(sum(day.went))} ({len(day.went)})")
    await expect(report).to_contain_text(f"{words.back} {words.amount(sum(day.back))} ({len(day.back)})")
    await expect(report.locator("img")).to_be_visible()
    await day.picture("report", report)
    await day.say(words.export)
    link = (await day.hears(".xlsx")).locator("a.file")
    async with day.page.expect_download() as saving:
        await link.click()
    path = tmp_path / "export.xlsx"
    await (await saving.value).save_as(path)
    assert exported(path) == (sum(day.came), sum(day.went + day.back))
    await day.say(words.shift)
    await day.tap(await day.hears(words.till, words.shift_came), words.close_till)
    closed = await day.hears(words.till, words.till_closed)
    await expect(closed).to_contain_text(words.amount(sum(day.came) - 20))
    await day.picture("till")


def exported(path: Path) -> tuple[int, int]:
    """What the payments' own lines add up to. The first is a request that was paid; everything sent arrived."""
    rows = [row[3:6] for row in load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True)]
    asked, paid, _ = rows[0]
    came = [amount for kind, state, amount in rows if (kind, state) == (asked, paid)]
    return sum_of(came), sum_of([amount for kind, _, amount in rows if kind != asked])


def sum_of(cells: list[object]) -> int:
    return sum(int(str(cell)) for cell in cells)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_merchants_day_ends_with_books_that_say_what_was_paid(tmp_path: Path, language: str) -> None:
    async with opened(tmp_path, SIZES[language], language) as page:
        day = Day(page, language)
        await opens(day)
        await takes_a_till(day)
        await asks_in_many_ways(day)
        await is_declined(day)
        await checks(day)
        await pays_a_sheet(day, tmp_path)
        await is_approved(day)
        await refunds(day)
        await closes(day, tmp_path)
