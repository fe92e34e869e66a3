"""The team over the wire: links that make members, and rights that count at the tap."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.commands import COMMANDS, TAPS
from bot.commands.team import TEAM_TAPS
from bot.demo.handle import LocalTelegram
from bot.demo.messages import Message
from bot.demo.people import Chat, User
from bot.demo.taps import Answer
from bot.payments.approvals import RIGHTS, Right
from storage import deeds, people
from storage.models import Person, Role
from storage.people import HOUSE
from tests.databases import all_of
from tests.shop import OWNER, PATIENCE, STRANGER, Shop, shop

BOLA, CHI = 710_021, 710_022
SPENT = "This invitation has expired. Ask for a new one."
DENIED = "Your role does not allow that."


@dataclass
class Staff:
    """A shop, its owner's view of the team, and people who may be invited."""

    counter: Shop
    bola: User
    chi: User

    @property
    def telegram(self) -> LocalTelegram:
        return self.counter.telegram

    def chat(self, user: User) -> Chat:
        return self.telegram.private(user)

    def said_to(self, user: User) -> list[str]:
        return [message.text for message in self.telegram.messages(self.chat(user), self.telegram.bot)]

    async def tap(self, message: Message, button: str, by: User | None = None) -> Answer:
        return await self.telegram.tap(by or self.counter.owner, message, button, timeout=PATIENCE)

    async def forge(self, message: Message, data: str, by: User | None = None) -> Answer:
        """A button that nobody offered."""
        world = self.telegram.world
        tap = world.tap(by or self.counter.owner, message, data)
        return await self.telegram.answered(tap, PATIENCE)

    async def link(self, role: str = "cashier") -> str:
        """What the link carries."""
        board = await self.counter.card("/team")
        await self.tap(board, "Invite")
        await self.tap(board, f"invite:{role}")
        sent = await self.telegram.wait_for(self.counter.chat, "t.me/", PATIENCE, board)
        found = re.search(rf"https://t\.me/{self.telegram.bot.username}\?start=([\w-]+)", sent.text)
        assert found, sent.text
        return found[1]

    async def brings(self, user: User, token: str) -> str:
        """What somebody who opens the link is told."""
        said = self.counter.say(f"/start {token}", user, self.chat(user))
        return (await self.telegram.wait_for(self.chat(user), lambda _: True, PATIENCE, said)).text

    async def hire(self, user: User, role: str = "cashier") -> None:
        assert "Welcome" in await self.brings(user, await self.link(role))

    async def ask(self, user: User, text: str) -> str:
        said = self.counter.say(text, user, self.chat(user))
        return (await self.telegram.wait_for(self.chat(user), lambda _: True, PATIENCE, said)).text

    async def card(self, user: User, line: str) -> Message:
        said = self.counter.say(line, user, self.chat(user))
        return await self.telegram.wait_for(self.chat(user), lambda message: bool(message.buttons), PATIENCE, said)

    async def silent(self, user: User) -> bool:
        before = self.said_to(user)
        await self.telegram.settled(quiet=0.3, timeout=PATIENCE)
        return self.said_to(user) == before

    async def roles(self) -> dict[int, Role]:
        roll = await self.counter.app.storage.run(people.roll, HOUSE)
        return {person_id: one.role for person_id, one in roll.items()}

    async def known(self, user: User) -> bool:
        return await self.counter.app.storage.run(people.person, user.id) is not None

    async def hears(self, user: User, words: str) -> None:
        await self.telegram.wait_for(self.chat(user), words, PATIENCE)

    async def mate(self, user: User) -> Message:
        """The owner's page about somebody."""
        board = await self.counter.card("/team")
        await self.tap(board, f"mate:{user.id}")
        await self.counter.shows(board, str(user.id))
        return board

    async def make(self, user: User, role: str) -> None:
        page = await self.mate(user)
        await self.tap(page, f"role:{user.id}:{role}")

    async def remove(self, user: User) -> None:
        page = await self.mate(user)
        await self.tap(page, "Remove")
        await self.counter.shows(page, "Remove ")
        await self.tap(page, "Yes, remove")

    def menu(self, user: User) -> set[str]:
        return {entry["command"] for entry in self.telegram.commands(user, self.chat(user))}


@pytest.fixture
async def staff(tmp_path: Path) -> AsyncIterator[Staff]:
    async with shop(tmp_path) as place:
        bola = place.telegram.add_user("Bola", "en", BOLA)
        chi = place.telegram.add_user("Chi", "en", CHI)
        yield Staff(place, bola, chi)


async def test_somebody_invited_opens_the_link_and_works_at_once(staff: Staff) -> None:
    token = await staff.link("cashier")
    assert not await staff.known(staff.bola)
    welcome = await staff.brings(staff.bola, token)
    assert "Welcome Bola. You are now cashier at Guichet." in welcome
    assert await staff.roles() == {OWNER: Role.OWNER, BOLA: Role.CASHIER}
    await staff.hears(staff.counter.owner, f"Bola ({BOLA}) joined the team: cashier")
    assert {"request", "history"} <= staff.menu(staff.bola)
    assert not {"team", "limits", "balance"} & staff.menu(staff.bola)
    assert "Check, then tap" in await staff.ask(staff.bola, "/request 20 677777777")
    board = await staff.counter.card("/team")
    assert "Awa · owner · since" in board.text
    assert "Bola · cashier · since" in board.text
    assert "OWNER_IDS" in board.text


async def test_the_token_is_in_no_table_and_in_no_log(staff: Staff, capfd: pytest.CaptureFixture[str]) -> None:
    token = await staff.link()
    await staff.brings(staff.bola, token)
    await staff.brings(staff.chi, token)
    assert token.encode() not in all_of(staff.counter.app.storage)
    assert token not in "".join(capfd.readouterr())


async def test_a_link_works_once_and_the_second_is_told_one_line(staff: Staff) -> None:
    token = await staff.link()
    await staff.brings(staff.bola, token)
    assert await staff.brings(staff.chi, token) == SPENT
    assert CHI not in await staff.roles()
    assert not await staff.known(staff.chi)
    assert await staff.ask(staff.bola, f"/start {token}")  # their own link greets them again
    assert [one.what for one in await staff.counter.app.storage.run(deeds.recent, HOUSE, 2)] == ["joined", "invited"]


async def test_a_link_that_was_forwarded_is_for_whoever_comes_first(staff: Staff) -> None:
    token = await staff.link()
    crowd = [staff.brings(user, token) for user in (staff.bola, staff.chi)]
    answers = await asyncio.gather(*crowd)
    assert sorted("Welcome" in answer for answer in answers) == [False, True]
    assert SPENT in answers
    assert len(await staff.roles()) == 2


async def test_a_link_that_is_a_day_old_makes_nobody_a_member(staff: Staff) -> None:
    token = await staff.link()
    staff.counter.watch.skip(hours=24, seconds=1)
    assert await staff.brings(staff.bola, token) == SPENT
    assert not await staff.known(staff.bola)
    assert staff.menu(staff.bola) == set()


async def test_a_withdrawn_link_makes_nobody_a_member(staff: Staff) -> None:
    token = await staff.link()
    board = await staff.counter.card("/team")
    assert "Open invitations" in board.text
    await staff.tap(board, "Withdraw")
    await staff.telegram.wait_for(board.chat, lambda m: m is board and "Open invitations" not in m.text, PATIENCE)
    assert await staff.brings(staff.bola, token) == SPENT
    assert not await staff.known(staff.bola)


@pytest.mark.parametrize(
    "line",
    [
        "/start {0}x",
        "/start",
        "/start ",
        "/START {0}",
        "/start {0} {0}",
        "{0}",
        "/help {0}",
        "/start@ {0}",
        "x /start {0}",
    ],
)
async def test_whatever_else_a_stranger_writes_is_met_with_silence(staff: Staff, line: str) -> None:
    token = await staff.link()
    staff.counter.say(line.format(token), staff.bola, staff.chat(staff.bola))
    assert await staff.silent(staff.bola)
    assert not await staff.known(staff.bola)


async def test_a_link_brought_to_a_group_or_by_an_edit_opens_nothing(staff: Staff) -> None:
    token = await staff.link()
    telegram, group = staff.telegram, staff.counter.group
    before = len(telegram.messages(group, telegram.bot))
    staff.counter.say(f"/start {token}", staff.counter.stranger, group)
    said = staff.counter.say("hello", staff.bola, staff.chat(staff.bola))
    telegram.edit(staff.bola, said, f"/start {token}")
    assert await staff.silent(staff.bola)
    assert len(telegram.messages(group, telegram.bot)) == before
    assert await staff.roles() == {OWNER: Role.OWNER}
    assert await staff.counter.app.storage.run(lambda session: session.get(Person, STRANGER)) is None


async def test_a_member_who_opens_a_fresh_link_leaves_it_good(staff: Staff) -> None:
    token = await staff.link("accountant")
    assert "in the team already" in await staff.ask(staff.counter.owner, f"/start {token}")
    assert await staff.roles() == {OWNER: Role.OWNER}
    assert "Welcome" in await staff.brings(staff.bola, token)


async def test_a_change_of_role_counts_for_a_button_sent_before(staff: Staff) -> None:
    await staff.hire(staff.bola, "approver")
    card = await staff.card(staff.bola, "/payout 20 677777777")
    await staff.make(staff.bola, "accountant")
    answer = await staff.tap(card, "Send", by=staff.bola)
    assert DENIED in answer.text
    [payment] = await staff.counter.payments()
    assert payment.state == "draft"
    assert staff.counter.box.ledger.entries() == []
    await staff.hears(staff.bola, "Your role at the counter is accountant now (before: approver). Changed by Awa")
    assert "payout" not in staff.menu(staff.bola)
    assert "balance" in staff.menu(staff.bola)
    await staff.make(staff.bola, "approver")
    await staff.hears(staff.bola, "is approver now")
    assert "payout" in staff.menu(staff.bola)
    answer = await staff.tap(card, "Send", by=staff.bola)
    assert DENIED not in answer.text


@pytest.mark.parametrize("line", ["/payout 20 677777777", "/request 20 677777777", "/airtime 100 677777777"])
async def test_a_removal_counts_for_a_button_sent_before(staff: Staff, line: str) -> None:
    await staff.hire(staff.bola, "approver")
    card = await staff.card(staff.bola, line)
    await staff.remove(staff.bola)
    await staff.hears(staff.bola, "You are not in the team of Guichet any more. Changed by Awa")
    assert staff.menu(staff.bola) == set()
    for button in list(card.buttons):
        assert (await staff.tap(card, button.data, by=staff.bola)).text == ""
    [payment] = await staff.counter.payments()
    assert payment.state == "draft"
    staff.counter.say("/payout 20 677777777", staff.bola, staff.chat(staff.bola))
    assert await staff.silent(staff.bola)
    assert staff.counter.box.ledger.entries() == []
    assert BOLA not in await staff.roles()


async def test_what_was_confirmed_before_the_removal_goes_on(staff: Staff) -> None:
    await staff.hire(staff.bola)
    card = await staff.card(staff.bola, "/request 20 677777777")
    await staff.tap(card, "Ask", by=staff.bola)
    await staff.counter.prompted()
    await staff.remove(staff.bola)
    await staff.counter.approve()
    await staff.counter.shows(card, "Paid")


@pytest.mark.parametrize("role", Role)
async def test_every_command_asks_for_its_right_at_that_moment(staff: Staff, role: Role) -> None:
    """Hired as an approver, changed, and then each command in turn."""
    await staff.hire(staff.bola, "approver")
    await staff.counter.app.storage.run(
        lambda session: people.enrol(session, HOUSE, BOLA, role, now=staff.counter.watch())
    )
    for command in COMMANDS:
        answer = await staff.ask(staff.bola, f"/{command.name}")
        denied = command.right is not None and command.right not in RIGHTS[role]
        assert (DENIED in answer) is denied, (command.name, answer)
        await staff.telegram.settled(quiet=0.1, timeout=PATIENCE)  # some say more than one thing


@pytest.mark.parametrize("role", Role)
async def test_every_button_asks_for_its_right_at_that_moment(staff: Staff, role: Role) -> None:
    await staff.hire(staff.bola, "approver")
    card = await staff.card(staff.bola, "/payout 20 677777777")
    await staff.counter.app.storage.run(
        lambda session: people.enrol(session, HOUSE, BOLA, role, now=staff.counter.watch())
    )
    for tap in TAPS:
        if tap.right:
            answer = await staff.forge(card, f"{tap.verb}:0", by=staff.bola)
            assert (DENIED in answer.text) is (tap.right not in RIGHTS[role]), (tap.verb, answer.text)


async def test_nobody_but_an_owner_opens_the_team_or_forges_its_buttons(staff: Staff) -> None:
    await staff.hire(staff.bola)
    assert DENIED in await staff.ask(staff.bola, "/team")
    mine = staff.telegram.last(staff.chat(staff.bola))
    for tap in TEAM_TAPS:
        for data in ("", "0", str(OWNER), f"{BOLA}:owner", "approver"):
            assert DENIED in (await staff.forge(mine, f"{tap.verb}:{data}", by=staff.bola)).text
    assert await staff.roles() == {OWNER: Role.OWNER, BOLA: Role.CASHIER}


async def test_the_settings_owners_have_no_buttons_and_forged_ones_do_nothing(staff: Staff) -> None:
    await staff.hire(staff.bola)
    board = await staff.counter.card("/team")
    assert [b.data for b in board.buttons if b.data.startswith("mate:")] == [f"mate:{BOLA}"]
    for data in (f"role:{OWNER}:cashier", f"removed:{OWNER}", f"role:{BOLA}:owner", "invite:owner"):
        assert "OWNER_IDS" in (await staff.forge(board, data)).text
    assert await staff.roles() == {OWNER: Role.OWNER, BOLA: Role.CASHIER}


@pytest.mark.parametrize("role", ["king", "", "Cashier", "owner:owner"])
async def test_forged_data_is_met_with_a_line_and_changes_nothing(staff: Staff, role: str) -> None:
    await staff.hire(staff.bola)
    board = await staff.counter.card("/team")
    for number in ("", "-1", "9" * 40, "٣", "1e3", str(STRANGER)):
        for verb in ("mate", "remove", "removed", "withdraw"):
            assert (await staff.forge(board, f"{verb}:{number}"[:64])).text
    assert (await staff.forge(board, f"role:{BOLA}:{role}")).text
    assert await staff.roles() == {OWNER: Role.OWNER, BOLA: Role.CASHIER}


async def test_a_hostile_name_is_shown_as_typed(staff: Staff) -> None:
    name = "<b>Awa</b> & <a href='tg://user?id=1'>owner</a> {name} 😈"
    evil = staff.telegram.add_user(name, "en", CHI + 1)
    await staff.hire(evil)
    shown = name[:39]
    await staff.hears(staff.counter.owner, shown)
    board = await staff.counter.card("/team")
    assert shown in board.text
    assert any(shown in button.text for button in board.buttons)
    await staff.tap(board, f"mate:{evil.id}")
    await staff.counter.shows(board, str(evil.id))
    assert shown in board.text
    await staff.tap(board, "Remove")
    await staff.counter.shows(board, "stop working")
    assert shown in board.text


async def test_the_team_is_never_listed_in_a_group(staff: Staff) -> None:
    said = staff.counter.say("/team", chat=staff.counter.group)
    answer = await staff.telegram.wait_for(staff.counter.group, lambda _: True, PATIENCE, said)
    assert "in private" in answer.text
    assert not answer.buttons
    for tap in TEAM_TAPS:
        assert "in private" in (await staff.forge(answer, f"{tap.verb}:{OWNER}")).text


async def test_a_long_team_is_turned_page_by_page(staff: Staff) -> None:
    crowd = [720_000 + number for number in range(25)]

    def hire_all(session: Session) -> None:
        for person in crowd:
            people.acquaint(session, person, f"Person {person}", now=staff.counter.watch())
            people.enrol(session, HOUSE, person, Role.CASHIER, now=staff.counter.watch())

    await staff.counter.app.storage.run(hire_all)
    board = await staff.counter.card("/team")
    pages: list[str] = []
    seen = set(re.findall(r"Person (\d+)", board.text))
    for _ in range(2):
        pages.append(board.text)
        await staff.tap(board, "Later")
        await staff.telegram.wait_for(board.chat, lambda m: m is board and m.text not in pages, PATIENCE)
        seen |= set(re.findall(r"Person (\d+)", board.text))
    assert seen == {str(person) for person in crowd}
    assert not any("Later" in button.text for button in board.buttons)
    await staff.tap(board, "Earlier")


async def test_a_letter_outlives_an_outage_of_telegram_and_a_restart(staff: Staff) -> None:
    await staff.hire(staff.bola)
    await staff.hears(staff.counter.owner, "joined the team")
    page = await staff.mate(staff.bola)
    staff.telegram.faults.lose_request("sendMessage", times=1000)
    await staff.tap(page, f"role:{BOLA}:accountant")
    await staff.counter.close()
    staff.telegram.faults.clear()
    assert not any("accountant" in text for text in staff.said_to(staff.bola))
    await staff.counter.open()
    await staff.hears(staff.bola, "Your role at the counter is accountant now")
    await asyncio.sleep(1.5)
    assert sum("accountant" in text for text in staff.said_to(staff.bola)) == 1


async def test_a_letter_to_somebody_who_blocked_the_counter_is_given_up(staff: Staff) -> None:
    await staff.hire(staff.bola)
    staff.telegram.block(staff.bola)
    await staff.make(staff.bola, "accountant")

    async def given_up() -> str:
        [(letter, _)] = await staff.counter.app.storage.run(deeds.letters, BOLA)
        return letter.error if letter.due_at is None else ""

    async with asyncio.timeout(PATIENCE):
        while not await given_up():
            await asyncio.sleep(0.05)
    assert "blocked" in await given_up()


async def test_owners_changed_in_the_settings_are_told_to_who_stays(staff: Staff) -> None:
    await staff.counter.close()
    staff.counter.env["OWNER_IDS"] = f"{OWNER},{BOLA}"
    await staff.counter.open()
    await staff.hears(staff.counter.owner, f"{BOLA} joined the team: owner")
    await staff.counter.close()
    staff.counter.env["OWNER_IDS"] = str(BOLA)
    staff.counter.say("/start", staff.bola, staff.chat(staff.bola))
    await staff.counter.open()
    await staff.hears(staff.counter.owner, "You are not in the team of Guichet any more. Changed by the configuration")
    await staff.hears(staff.bola, f"the configuration removed Awa ({OWNER}) from the team (owner)")
    assert staff.menu(staff.counter.owner) == set()


def test_only_an_owner_manages_the_team() -> None:
    assert [role for role in Role if Right.MANAGE_TEAM in RIGHTS[role]] == [Role.OWNER]
    assert {tap.right for tap in TEAM_TAPS} == {Right.MANAGE_TEAM}
