"""A stranger learns nothing and can do nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.models import Person
from tests.shop import STRANGER, Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


LINES = ["/start", "/help", "/request 20 677777777", "/payout 20 677777777", "/balance", "/history", "hello", "/cancel"]


async def test_a_stranger_in_private_is_met_with_silence(counter: Shop) -> None:
    theirs = counter.telegram.private(counter.stranger)
    for line in LINES:
        counter.say(line, counter.stranger, theirs)
    await counter.telegram.settled(quiet=0.3)
    assert counter.telegram.messages(theirs, counter.telegram.bot) == []
    assert counter.telegram.commands(counter.stranger, theirs) == []
    assert await counter.payments() == []
    assert await counter.app.storage.run(lambda session: session.get(Person, STRANGER)) is None


async def test_a_stranger_in_the_admin_group_is_met_with_silence(counter: Shop) -> None:
    before = len(counter.telegram.messages(counter.group, counter.telegram.bot))
    for line in LINES:
        counter.say(line, counter.stranger, counter.group)
    await counter.telegram.settled(quiet=0.3)
    assert len(counter.telegram.messages(counter.group, counter.telegram.bot)) == before
    assert await counter.payments() == []


async def test_a_stranger_who_taps_a_members_button_does_nothing(counter: Shop) -> None:
    said = counter.say("/payout 20 677777777", chat=counter.group)
    card = await counter.telegram.wait_for(counter.group, lambda m: bool(m.buttons), after=said)
    for button in list(card.buttons):
        answer = await counter.telegram.tap(counter.stranger, card, button.data)
        assert answer.text == ""
    await asyncio.sleep(1.2)
    [payment] = await counter.payments()
    assert payment.state == "draft"
    assert counter.box.ledger.entries() == []


async def test_a_button_that_no_version_knows_spins_for_nobody(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    answer = await counter.telegram.answered(counter.telegram.world.tap(counter.owner, card, "olden:1"))
    assert (answer.text, card.text[:1]) == ("", "💸")


async def test_a_stranger_who_adds_the_bot_to_a_group_gets_nothing(counter: Shop) -> None:
    theirs = counter.telegram.add_group("Theirs", [counter.stranger])
    await counter.telegram.settled(quiet=0.3)
    assert counter.telegram.messages(theirs, counter.telegram.bot) == []


async def test_an_owner_who_is_not_named_any_more_is_a_stranger(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    await counter.close()
    counter.env["OWNER_IDS"] = "5"
    await counter.open()
    answer = await counter.telegram.tap(counter.owner, card, card.buttons[0].data)
    assert answer.text == ""
    [payment] = await counter.payments()
    assert payment.state == "draft"
