"""The day's close over HTTP: told once, at the shop's hour, wherever it is heard."""

import asyncio
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.demo.messages import Message
from bot.errors import UserError
from bot.payments.figures import Figures
from bot.payments.hearing import Hearing
from bot.ui.closes import Closes, closed_day
from bot.ui.topics import Topics
from storage import people
from storage.models import Merchant, Mode, Told
from tests.bot.demo.shop import picture
from tests.easel import Inside
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
    easel = Inside(lambda *_: picture())
    topics, books = Topics(app.chat.bot, app.storage), Figures(app.storage, app.accounts)
    return Closes(app.chat.bot, app.storage, books, easel, topics, counter.watch)


def told(counter: Shop) -> list[Message]:
    chats = (counter.chat, counter.group)
    return [message for chat in chats for message in counter.telegram.messages(chat) if "photo" in message.media]


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
        await counter.app.chores.closes.run()
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


async def test_the_owner_sets_by_taps_what_the_group_hears_and_when_the_day_is_closed(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        screen = await counter.ask("/group")
        assert "The day is closed at 20:00" in screen.text

        async def tap(label: str, shows: str) -> None:
            button = screen.button(label)
            assert button
            await counter.telegram.tap(counter.owner, screen, button.data, timeout=PATIENCE)
            await counter.telegram.wait_for(
                counter.chat, lambda message: message is screen and any(shows in one.text for one in message.buttons),
                PATIENCE,
            )  # fmt: skip

        await tap("Money sent", "✖️ Money sent")
        await tap("To approve", "🔕 To approve")
        await tap("To approve", "🔔 To approve")
        card = await counter.confirmed("/payout 100 677777777 stock")
        await counter.shows(card, "Sent")
        await tap("Money sent", "🔔 Money sent")
        card = await counter.confirmed("/payout 101 677777777 stock")
        await counter.shows(card, "Sent")
        line = await counter.group_says("101")
        assert not line.silent
        assert [message for message in counter.telegram.messages(counter.group) if "101" not in message.text] == []
        assert "not closed by itself" in (await counter.ask("/group off")).text
        until_the_close(counter)
        await another_instance(counter).tick()
        assert told(counter) == []
        assert "at 07:30" in (await counter.ask("/groupe 7h30")).text
        assert "Type an hour" in (await counter.ask("/group soon")).text


async def test_approvals_can_t_be_switched_off_by_a_made_up_button(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        hearing = Hearing(counter.app.storage, counter.watch)
        member = await counter.app.storage.run(people.standing, counter.owner.id)
        assert member
        with pytest.raises(UserError, match=r"hear\.always"):
            await hearing.choose(member, Told.APPROVAL, Mode.OFF)
