"""Payments on a schedule, as a merchant makes them in the chat, with the system's own ledger beside them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.demo.messages import Message
from tests.shop import Shop, shop, until

DOUALA = ZoneInfo("Africa/Douala")


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


def to(counter: Shop, day: int, hour: int, minute: int = 0) -> datetime:
    """The clock goes on to the next such moment of a month, where the shop is."""
    now = counter.watch().astimezone(DOUALA)
    then = now.replace(day=day, hour=hour, minute=minute, second=0)
    while then <= now:
        then = (then.replace(day=1) + timedelta(days=32)).replace(day=day)
    counter.watch.skipped += then.astimezone(UTC) - now
    return then


async def told(counter: Shop, words: str, after: Message) -> Message:
    await counter.app.chores.almanac.run()
    return await counter.telegram.wait_for(counter.chat, words, after=after)


async def test_a_salary_leaves_every_25th_once_and_is_told_of_skipped_and_stopped(counter: Shop) -> None:
    card = await counter.card("/schedule payout 100 677777777 salary every 25th at 8h")
    assert "every month on day 25 at 08:00" in card.text
    assert counter.box.ledger.entries() == []
    await counter.telegram.tap(counter.owner, card, "Put on the schedule")
    await counter.shows(card, "It goes on until you stop it")

    to(counter, 24, 9)
    notice = await told(counter, "leaves on schedule", card)
    to(counter, 25, 8, 1)
    payout = await told(counter, "On schedule", notice)
    await counter.shows(payout, "Sent")
    for _ in range(2):
        await counter.app.chores.almanac.run()
        await counter.close()
        await counter.open()
    await counter.app.chores.almanac.run()
    assert len(counter.box.ledger.entries()) == 1

    to(counter, 24, 9)
    notice = await told(counter, "leaves on schedule", payout)
    await counter.telegram.tap(counter.owner, notice, "Skip the next one")
    await counter.shows(notice, "which is left out")
    to(counter, 25, 8, 1)
    skipped = await told(counter, "was left out, as you wished", notice)

    to(counter, 24, 9)
    to(counter, 27, 9)
    missed = await told(counter, "did not happen", skipped)
    assert len(counter.box.ledger.entries()) == 1

    await counter.telegram.tap(counter.owner, notice, "Stop for good")
    await counter.shows(notice, "Stopped for good")
    to(counter, 25, 9)
    await counter.app.chores.almanac.run()
    assert counter.telegram.last(counter.chat) is missed
    assert len(counter.box.ledger.entries()) == 1


async def test_a_line_without_a_day_is_asked_about_and_the_list_leads_to_each(counter: Shop) -> None:
    card = await counter.card("/programmer demander 20 677777777 loyer chaque mois")
    assert "When?" in card.text
    await counter.telegram.tap(counter.owner, card, "every day at 08:00")
    await counter.shows(card, "When: every day at 08:00")
    await counter.telegram.tap(counter.owner, card, "Put on the schedule")
    await counter.shows(card, "Next:")
    listed = await counter.ask("/schedule")
    assert "every day at 08:00, next" in listed.text
    before = counter.telegram.last(counter.chat)
    await counter.telegram.tap(counter.owner, listed, "77 77")
    again = await counter.telegram.wait_for(counter.chat, "Next:", after=before)
    await counter.telegram.tap(counter.owner, again, "Pause")
    await counter.shows(again, "Paused")
    counter.watch.skip(days=1)
    await counter.app.chores.almanac.run()
    assert await counter.payments() == []
    await counter.telegram.tap(counter.owner, again, again.buttons[0].data)
    await counter.shows(again, "It goes on")
    counter.watch.skip(days=1)
    await counter.app.chores.almanac.run()
    await until(lambda: len(counter.box.ledger.entries()) == 1)
    await counter.approve()
    await counter.telegram.wait_for(counter.chat, "Paid", after=again)


@pytest.mark.parametrize("line", ["every 25th", "payout every 25th", "refund 5000 677777777 every 25th"])
async def test_what_is_no_payment_is_told_how_to_say_it(counter: Shop, line: str) -> None:
    assert "Say what, to whom, and when" in (await counter.ask(f"/schedule {line}")).text
    assert "Nothing is on a schedule" in (await counter.ask("/schedule")).text
