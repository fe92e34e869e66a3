"""A request that nobody paid is asked again: with a tap, or by itself, over the wire."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers import sandbox
from storage.models import Payment
from storage.states import State
from tests.shop import Shop, shop, until


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def requests(counter: Shop) -> list[Payment]:
    """Oldest first."""
    return sorted(await counter.payments(), key=lambda one: one.created_at)


async def test_a_declined_request_is_asked_again_with_one_tap_and_however_often_tapped_once(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777 shoes")
    await counter.decline()
    await counter.shows(card, "declined")
    before = counter.telegram.last(counter.chat)
    taps = counter.telegram.tap_twice(counter.owner, card, "Ask again")
    told = [(await counter.telegram.answered(tap)).text for tap in taps]
    assert sorted(map(bool, told)) == [False, True]
    again = await counter.telegram.wait_for(counter.chat, "Reminder 1", after=before)
    await counter.shows(card, "Asked again on")
    assert card.buttons == []
    await until(lambda: len(counter.box.ledger.entries()) == 2)  # it leaves after it was answered
    await counter.approve()
    await counter.shows(again, "Paid")
    assert [one.state for one in await requests(counter)] == [State.FAILED, State.SUCCEEDED]


async def test_while_one_is_open_nobody_is_asked_again_by_an_old_button(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777 shoes")
    await counter.decline()
    await counter.shows(card, "declined")
    await counter.telegram.tap(counter.owner, card, "Ask again")
    await counter.shows(card, "Asked again on")
    await counter.prompted()
    tap = counter.telegram.press(counter.owner, card, "Ask again", stale=True)
    assert "still open" in ((await counter.telegram.answered(tap)).text or "")
    await until(lambda: len(counter.box.ledger.entries()) == 2)  # it leaves after it was answered


async def test_what_the_owner_set_is_done_by_itself_in_the_daytime_and_no_more_often(tmp_path: Path) -> None:
    async with shop(tmp_path, box=sandbox.Settings.instant(test_numbers="ask", prompt_timeout=0.5)) as counter:
        await counter.close()
        counter.env["TIMEZONE"] = where_it_is(20)
        await counter.open()
        assert "From 15 min" in (await counter.ask("/limits remind 1min")).text
        await counter.ask("/limits remind 1h x1 8h-20h")
        assert "60 min x1 08:00-20:00" in (await counter.ask("/limits")).text
        card = await counter.confirmed("/request 20 677777777 shoes")
        await counter.shows(card, "Nobody answered in time")
        for hours, asked in ((2, 1), (6, 1), (4, 2)):
            counter.watch.skip(hours=hours)
            await counter.app.chores.remind.run()
            assert len(await counter.payments()) == asked
        await counter.shows(card, "Asked again on")
        second = await counter.telegram.wait_for(counter.chat, "Reminder 1")
        await counter.shows(second, "Nobody answered in time")
        counter.watch.skip(hours=2)
        await counter.app.chores.remind.run()
        assert len(await counter.payments()) == 2


def where_it_is(hour: int) -> str:
    """A zone whose clocks show this hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"
