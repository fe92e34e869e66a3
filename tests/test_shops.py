"""Several merchants at one counter: how one comes in, and that nothing of the other is within reach."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.demo.messages import Message
from bot.demo.people import User
from storage import deeds, forms, people
from storage.models import Role
from storage.people import HOUSE
from tests.databases import blank_in
from tests.shop import OWNER, PATIENCE, Shop, shop
from tests.staff import hire

BOLA, EFUA = 710_021, 710_031
SPENT = "This invitation has expired. Ask for a new one."


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def answer(counter: Shop, user: User, text: str) -> Message:
    chat = counter.telegram.private(user)
    return await counter.telegram.wait_for(chat, lambda _: True, PATIENCE, counter.say(text, user, chat))


async def card(counter: Shop, user: User, text: str) -> Message:
    chat = counter.telegram.private(user)
    said = counter.say(text, user, chat)
    return await counter.telegram.wait_for(chat, lambda message: bool(message.buttons), PATIENCE, said)


async def tap(counter: Shop, user: User, message: Message, button: str) -> str:
    return (await counter.telegram.tap(user, message, button, timeout=PATIENCE)).text


async def link(counter: Shop, name: str) -> str:
    """What the invitation of a new merchant carries."""
    board = await counter.card("/shop")
    await counter.telegram.tap(counter.owner, board, "New merchant", timeout=PATIENCE)
    await counter.telegram.wait_for(counter.chat, "new merchant’s name", PATIENCE, board)
    said = counter.say(name)
    sent = await counter.telegram.wait_for(counter.chat, "t.me/", PATIENCE, said)
    found = re.search(r"\?start=([\w-]+)", sent.text)
    assert found
    return found[1]


async def found(counter: Shop, user: User, name: str = "Chez Efua") -> None:
    assert "You are now owner at Chez Efua" in (await answer(counter, user, f"/start {await link(counter, name)}")).text


async def switch(counter: Shop, user: User, name: str) -> None:
    board = await card(counter, user, "/shop")
    await tap(counter, user, board, name)
    await counter.shows(board, f"You act for {name}")


async def test_an_owner_of_the_house_lets_a_merchant_in_by_a_link_that_works_once(counter: Shop) -> None:
    efua, bola = counter.telegram.add_user("Efua", "en", EFUA), counter.telegram.add_user("Bola", "en", BOLA)
    token = await link(counter, "Chez  Efua")
    assert "Chez Efua" in (await counter.card("/team")).text
    welcome = await answer(counter, efua, f"/start {token}")
    assert "You are now owner at Chez Efua" in welcome.text
    assert (await answer(counter, bola, f"/start {token}")).text == SPENT
    storage = counter.app.storage
    assert {one.person.id: one.role for one in await storage.run(people.members, 2)} == {EFUA: Role.OWNER}
    assert {one.person.id for one in await storage.run(people.members, HOUSE)} == {OWNER}
    assert [one.what for one in await storage.run(deeds.recent, HOUSE, 2)] == ["founded", "offered"]
    await counter.telegram.wait_for(counter.chat, "opened a new merchant", PATIENCE)
    assert "No payment account is connected" in (await answer(counter, efua, "/request 20 677777777")).text
    board = await answer(counter, efua, "/shop")
    assert not board.buttons  # who owns no house invites nobody
    forged = counter.telegram.world.tap(efua, welcome, "found:")
    assert "role does not allow" in (await counter.telegram.answered(forged, PATIENCE)).text


async def test_two_merchants_of_one_person_never_cross(counter: Shop) -> None:
    """The owner of the house has a shop of their own as well: what was shown for one never acts for the other."""
    owner = counter.owner
    before = await counter.card("/team")
    mine = await counter.card("/request 20 677777777 for the house")
    await found(counter, owner)
    head = (await answer(counter, owner, "/start")).text
    assert "You act for Chez Efua" in head
    assert "No payment account" in (await counter.ask("/request 30 677777777")).text  # the house's account is not its
    assert "No payment" in (await counter.ask("/history")).text

    # An old screen of the house, from before there were two, acts for nobody.
    assert "another shop" in await tap(counter, owner, before, "Invite")
    # Its card is its own: it is confirmed for the house, by the role there, while another shop is chosen.
    await tap(counter, owner, mine, "Ask")
    await counter.approve()
    await counter.shows(mine, "Paid")
    await counter.shows(mine, "🏪 Guichet")

    # A form that is half filled is left behind with its shop.
    await switch(counter, owner, "Guichet")
    await counter.ask("/request 40")
    assert await counter.app.storage.run(forms.current, OWNER, OWNER, counter.watch()) is not None
    await switch(counter, owner, "Chez Efua")
    assert await counter.app.storage.run(forms.current, OWNER, OWNER, counter.watch()) is None
    assert "677777777" not in (await counter.ask("677777777")).text
    assert len(await counter.payments()) == 1

    # A screen of one shop goes on acting for that shop.
    board = await counter.card("/team")
    assert "The team of Chez Efua" in board.text
    await switch(counter, owner, "Guichet")
    await hire(counter, BOLA, Role.CASHIER)
    answered = counter.telegram.world.tap(owner, board, f"removed:{BOLA}@2")
    assert "not in the team" in (await counter.telegram.answered(answered, PATIENCE)).text
    answered = counter.telegram.world.tap(owner, board, f"removed:{BOLA}")
    assert "another shop" in (await counter.telegram.answered(answered, PATIENCE)).text
    assert BOLA in {one.person.id for one in await counter.app.storage.run(people.members, HOUSE)}
    answered = counter.telegram.world.tap(owner, board, f"removed:{BOLA}@3")
    assert "another shop" in (await counter.telegram.answered(answered, PATIENCE)).text


async def test_each_merchants_role_is_its_own(counter: Shop) -> None:
    bola = await hire(counter, BOLA, Role.CASHIER)
    await found(counter, bola)
    assert "The team of Chez Efua" in (await answer(counter, bola, "/team")).text
    assert "team" in {entry["command"] for entry in counter.telegram.commands(bola, counter.telegram.private(bola))}
    await switch(counter, bola, "Guichet")
    assert "role does not allow" in (await answer(counter, bola, "/team")).text
    assert "team" not in {entry["command"] for entry in counter.telegram.commands(bola, counter.telegram.private(bola))}
    said = counter.say("/request 20 677777777", bola, counter.group)
    asked = await counter.telegram.wait_for(counter.group, lambda message: bool(message.buttons), PATIENCE, said)
    await tap(counter, bola, asked, "Ask")
    [payment] = await counter.payments()
    assert payment.merchant_id == HOUSE


async def test_in_a_merchants_group_its_people_speak_for_it(counter: Shop) -> None:
    """Whatever they chose in private."""
    await found(counter, counter.owner)
    said = counter.say("/request 20 677777777", chat=counter.group)
    asked = await counter.telegram.wait_for(counter.group, lambda message: bool(message.buttons), PATIENCE, said)
    assert "🏪 Guichet" in asked.text
    [payment] = await counter.payments()
    assert payment.merchant_id == HOUSE


async def test_who_leaves_a_merchant_leaves_its_questions(counter: Shop) -> None:
    bola = await hire(counter, BOLA, Role.CASHIER)
    await found(counter, bola)
    await switch(counter, bola, "Guichet")
    await answer(counter, bola, "/request 40")
    page = await counter.card("/team")
    await counter.telegram.tap(counter.owner, page, f"mate:{BOLA}@1", timeout=PATIENCE)
    await counter.shows(page, str(BOLA))
    await counter.telegram.tap(counter.owner, page, "Remove", timeout=PATIENCE)
    await counter.shows(page, "stop working")
    await counter.telegram.tap(counter.owner, page, "Yes, remove", timeout=PATIENCE)
    await counter.telegram.wait_for(counter.telegram.private(bola), "not in the team of Guichet any more", PATIENCE)
    await answer(counter, bola, "677777777")
    assert await counter.payments() == []
    assert "You act for Chez Efua" in (await answer(counter, bola, "/shop")).text


def test_a_merchant_is_added_on_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {
        "TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9,
        "OWNER_IDS": str(OWNER),
        "DATABASE_URL": blank_in(tmp_path),
        "GUICHET_SECRET_KEY": "",
    }
    run = CliRunner().invoke
    assert run(cli, ["migrate"], env=env).exit_code == 0
    refused = run(cli, ["add-merchant", "x" * 41, "--owner", str(EFUA)], env=env)
    assert refused.exit_code == 1
    assert "40 characters" in refused.output
    assert run(cli, ["add-merchant", "Chez Efua", "--owner", "0"], env=env).exit_code == 2
