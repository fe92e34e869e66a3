"""/doctor, as the house's owner and another merchant's see it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shop import Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, callbacks=True) as place:
        yield place


async def test_the_owner_is_told_that_all_is_well_and_then_what_is_to_be_mended(counter: Shop) -> None:
    answer = await counter.ask("/doctor")
    assert answer.text.startswith("🩺 All is well.")
    assert "CAMPAY" in answer.text
    assert [button.text for button in answer.buttons] == ["🔁 Try again"]

    counter.box.settings.campay.token = "1" * 40
    counter.telegram.kick_bot(counter.group, counter.owner)
    await counter.telegram.tap(counter.owner, answer, answer.buttons[0].data)
    await counter.shows(answer, "To mend: 2")
    assert "❌ CAMPAY: its keys are refused" in answer.text
    assert "❌ ADMIN_CHAT_ID: " in answer.text
    assert [button.data for button in answer.buttons] == ["doctor:again", "accounts:"]
    assert counter.env["CAMPAY_TOKEN"] not in answer.text


async def test_it_is_told_in_french_and_in_private_alone(tmp_path: Path) -> None:
    async with shop(tmp_path, language="fr") as counter:
        answer = await counter.ask("/diagnostic")
        assert answer.text.startswith("🩺 Tout va bien.")
        assert "✅ réglages, disque, DATABASE_URL, " in answer.text
        counter.watch.skip(minutes=5)
        answer = await counter.ask("/diagnostic")
        assert "❌ horloge : l’horloge de cette machine" in answer.text
        counter.watch.skip(minutes=-5)
        said = counter.say("/diagnostic", chat=counter.group)
        answer = await counter.telegram.wait_for(counter.group, lambda _: True, 30, said)
        assert "en privé" in answer.text
