"""The day's close over HTTP: told once, at the shop's hour, wherever it is heard."""

import asyncio
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.demo.messages import Message
from bot.payments.figures import Figures
from bot.ui.closes import Closes, closed_day
from bot.ui.easel import Easel
from storage.models import Merchant
from tests.bot.demo.shop import picture
from tests.shop import PATIENCE, Shop, shop

DOUALA = ZoneInfo("Africa/Douala")


@pytest.mark.parametrize(
    ("now", "hour", "day"),
    [
        ("2026-11-20T18:59", time(20), 19),
        ("2026-11-20T19:00", time(20), 20),
        ("2026-11-20T23:30", time(20), 20),
        ("2026-11-20T07:00", time(8), 19),
        ("2026-11-20T06:59", time(8), 18),
    ],
)
def test_the_day_that_was_closed_last(now: str, hour: time, day: int) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert closed_day(at, "Africa/Douala", hour) == date(2026, 11, day)


def until_the_close(counter: Shop) -> None:
    """A minute past eight in the evening, or past the next one's where that has been."""
    here = counter.watch().astimezone(DOUALA)
    then = datetime.combine(here.date(), time(20, 1), DOUALA)
    counter.watch.skip(seconds=max((then - here).total_seconds(), 0))


def another_instance(counter: Shop) -> Closes:
    app = counter.app
    easel = Easel(lambda *_: picture())
    return Closes(app.chat.bot, app.storage, Figures(app.storage, app.accounts), easel, counter.watch)


def told(counter: Shop) -> list[Message]:
    chats = (counter.chat, counter.group)
    return [message for chat in chats for message in counter.telegram.messages(chat) if "🌙" in message.text]


async def test_the_day_is_closed_once_however_many_instances_run_and_starts_there_are(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        card = await counter.confirmed("/payout 100 677777777 stock")
        await counter.shows(card, "Sent")
        until_the_close(counter)
        await asyncio.gather(*(another_instance(counter).tick() for _ in range(3)))
        line = await counter.group_says("🌙")
        assert "photo" in line.media
        assert "Sent: 100 FCFA (1)" in line.text.replace("\u00a0", " ")
        await counter.close()
        await counter.open()
        await counter.app.closes.run()
        counter.watch.skip(hours=1)
        await another_instance(counter).tick()
        assert len(told(counter)) == 1


async def test_where_there_is_no_group_the_owner_is_told_and_a_day_without_payments_is_not(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:

        def without_group(session):  # type: ignore[no-untyped-def]
            session.get_one(Merchant, 1).admin_chat_id = None

        await counter.app.storage.run(without_group)
        card = await counter.confirmed("/payout 100 677777777 stock")
        await counter.shows(card, "Sent")
        until_the_close(counter)
        await another_instance(counter).tick()
        line = await counter.telegram.wait_for(counter.chat, "🌙", PATIENCE)
        assert "photo" in line.media
        counter.watch.skip(hours=24)
        await another_instance(counter).tick()
        assert told(counter) == [line]
