"""A till's day over the wire: opened with a tap, its payments, its close, and what settles after it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.messages import Message
from bot.demo.people import User
from storage import deeds, shifts
from storage.models import Role
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop, shop, until
from tests.staff import hire

BOLA, CHI = 710_021, 710_022


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def said_to(counter: Shop, user: User, text: str, words: str = "") -> Message:
    chat = counter.telegram.private(user)
    said = counter.say(text, user, chat)
    return await counter.telegram.wait_for(chat, words or (lambda _: True), PATIENCE, said)


async def tap(counter: Shop, user: User, message: Message, button: str) -> str:
    return (await counter.telegram.tap(user, message, button, timeout=PATIENCE)).text


async def till(counter: Shop, name: str) -> None:
    board = await counter.card("/shift")
    await tap(counter, counter.owner, board, "New till")
    await counter.telegram.wait_for(counter.chat, "What is the till called?", PATIENCE, board)
    made = await counter.ask(name)
    assert "Till made" in made.text
    assert made.button("Take this till")


async def take(counter: Shop, user: User, name: str) -> Message:
    board = await said_to(counter, user, "/shift", "Which till")
    await tap(counter, user, board, name)
    await counter.shows(board, "open since")
    return board


async def request(counter: Shop, user: User, amount: int, msisdn: str = "677777777") -> Message:
    chat = counter.telegram.private(user)
    said = counter.say(f"/request {amount} {msisdn} shoes", user, chat)
    card = await counter.telegram.wait_for(chat, lambda message: bool(message.buttons), PATIENCE, said)
    await tap(counter, user, card, "Ask")
    await until(lambda: bool(counter.box.phones.prompts(f"237{msisdn}")))
    return card


async def test_a_tills_shift_from_its_opening_to_what_settles_after_its_close(counter: Shop) -> None:
    bola, chi = await hire(counter, BOLA, Role.CASHIER), await hire(counter, CHI, Role.CASHIER)
    assert "no tills here yet" in (await said_to(counter, bola, "/caisse")).text
    await till(counter, "Akwa / Till 1")
    await till(counter, "Akwa / Till 2")

    board = await take(counter, bola, "Akwa · Till 1")
    taken = await said_to(counter, chi, "/shift", "Which till")
    assert "Akwa · Till 1 · Cashier since" in taken.text
    assert [button.text for button in taken.buttons] == ["▶️ Akwa · Till 2"]
    forged = counter.telegram.world.tap(chi, taken, "open:1")
    assert "just taken" in (await counter.telegram.answered(forged, PATIENCE)).text
    assert "Akwa · Till 1" in (await counter.card("/team")).text

    paid = await request(counter, bola, 20)
    assert "Till: Akwa · Till 1" in paid.text
    counter.box.phones.approve("237677777777", "1234")
    await counter.shows(paid, "Paid")
    still_open = await request(counter, bola, 21)
    assert "Akwa · Till 1" in (await said_to(counter, bola, "/history")).text
    assert "Akwa · Till 1" in (await said_to(counter, bola, "/status")).text

    # Without a till nothing is of a till; and who works elsewhere sees nothing of this one.
    assert "Till:" not in (await counter.card("/request 22 677777777")).text
    assert "Akwa" not in (await said_to(counter, chi, "/history")).text
    await take(counter, chi, "Akwa · Till 2")
    assert "Akwa · Till 1" not in (await said_to(counter, chi, "/history")).text
    mine = counter.telegram.last(counter.telegram.private(chi))
    forged = counter.telegram.world.tap(chi, mine, "close:1")
    assert "somebody else’s till" in (await counter.telegram.answered(forged, PATIENCE)).text

    await tap(counter, bola, board, "Close the till")
    await counter.shows(board, "is closed")
    assert "Received: 1 · 20 FCFA" in board.text.replace("\u00a0", " ")
    assert "MTN: 1 · 20 FCFA" in board.text.replace("\u00a0", " ")
    assert "Still open (1)" in board.text
    told = await counter.group_says("Akwa · Till 1 is closed")
    assert "77 77 77" not in told.text
    assert "677777777" not in told.text
    found = await counter.app.storage.run(shifts.by_id, HOUSE, 1)
    assert found
    assert found[0].closed_by == BOLA
    assert {(one["state"], one["count"], one["amount"]) for one in found[0].totals or []} == {
        ("succeeded", 1, 20),
        ("pending", 1, 21),
    }
    assert "shift_closed" in {one.what for one in await counter.app.storage.run(deeds.recent, HOUSE)}

    # Chi takes the till over and sees what it has asked for; what settles now is still Bola's.
    page = await said_to(counter, chi, "/shift", "open since")
    await tap(counter, chi, page, "Close the till")
    await counter.shows(page, "is closed")
    after = await take(counter, chi, "Akwa · Till 1")
    assert "Akwa · Till 1" in (await said_to(counter, chi, "/history")).text
    counter.box.phones.approve("237677777777", "1234")
    await counter.shows(still_open, "Paid")
    await counter.telegram.wait_for(
        counter.telegram.private(bola), "Settled after the close of Akwa · Till 1", PATIENCE
    )
    await counter.telegram.wait_for(counter.chat, "Settled after the close of Akwa · Till 1", PATIENCE)
    await tap(counter, chi, after, "Totals so far")
    assert "Received" not in after.text


async def test_an_owner_closes_for_who_left_and_removes_what_is_free(counter: Shop) -> None:
    bola = await hire(counter, BOLA, Role.CASHIER)
    await till(counter, "Till 1")
    await take(counter, bola, "Till 1")
    board = await counter.card("/shift")
    forged = counter.telegram.world.tap(counter.owner, board, "droptill:1")
    assert "Somebody works at this till" in (await counter.telegram.answered(forged, PATIENCE)).text
    await tap(counter, counter.owner, board, "Close for Cashier")
    await counter.shows(board, "is closed")
    await counter.telegram.wait_for(counter.telegram.private(bola), "is closed", PATIENCE)
    forged = counter.telegram.world.tap(counter.owner, board, "close:1")
    assert "closed already" in (await counter.telegram.answered(forged, PATIENCE)).text
    board = await counter.card("/shift")
    await tap(counter, counter.owner, board, "Remove a till")
    await counter.shows(board, "Which till goes?")
    await tap(counter, counter.owner, board, "Till 1")
    await counter.shows(board, "no tills yet")
    for data in ("newtill:", "tills:", "droptill:1"):
        mine = counter.telegram.last(counter.telegram.private(bola))
        answer = counter.telegram.world.tap(bola, mine, data)
        assert "role does not allow" in (await counter.telegram.answered(answer, PATIENCE)).text
