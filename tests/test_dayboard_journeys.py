"""The board of the day over HTTP: one message, edited in place, whoever keeps it and whatever becomes of the group."""

import asyncio
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.demo.limits import Limits
from bot.demo.messages import Message
from bot.demo.people import Chat
from bot.payments.crew import Crew
from bot.payments.figures import Figures
from bot.payments.hearing import Hearing
from bot.payments.questions import Questions
from bot.ui.dayboards import Dayboards
from bot.ui.topics import Topics
from storage import dayboards, people
from storage.models import Dayboard, Merchant
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop, shop, until

DOUALA = ZoneInfo("Africa/Douala")
IN_GROUPS_ONLY = Limits((0, 0.0), (0, 0.0), (20, 60.0))


def boards(counter: Shop, chat: Chat | None = None) -> list[Message]:
    return [one for one in counter.telegram.messages(chat or counter.group) if one.text.startswith("🧮")]


def words(board: Message) -> str:
    return board.text.replace("\u00a0", " ")


async def shows(counter: Shop, wanted: str, chat: Chat | None = None) -> Message:
    """The newest board with these words. Its next edit is waited for by moving the clock."""

    def found() -> list[Message]:
        return [board for board in boards(counter, chat) if wanted in words(board)]

    async with asyncio.timeout(PATIENCE):
        while not found():
            counter.watch.skip(seconds=11)
            await counter.app.chores.dayboards.run()
            await asyncio.sleep(0.1)
    return found()[-1]


async def switch_on(counter: Shop) -> None:
    screen = await counter.ask("/group")
    await counter.telegram.tap(counter.owner, screen, "hear:board:on", timeout=PATIENCE)


async def paid_out(counter: Shop, amount: int) -> None:
    await counter.shows(await counter.confirmed(f"/payout {amount} 677777777 stock"), "Sent")


def another_instance(counter: Shop) -> Dayboards:
    app, crew = counter.app, Crew(4)
    books, questions = Figures(app.storage, app.accounts), Questions(app.accounts)
    topics = Topics(app.chat.bot, app.storage)
    return Dayboards(app.chat.bot, app.storage, books, questions, crew, topics, lambda _: False, counter.watch)


async def kept(counter: Shop) -> list[Dayboard]:
    return await counter.app.storage.run(dayboards.of, HOUSE)


def until_tomorrow(counter: Shop) -> None:
    here = counter.watch().astimezone(DOUALA)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(0, 1), DOUALA)
    counter.watch.skip(seconds=(midnight - here).total_seconds())


async def something_changes(counter: Shop) -> None:
    """Without a chat line, which would come too late after the clock was moved."""
    member = await counter.app.storage.run(people.standing, counter.owner.id)
    assert member
    await Hearing(counter.app.storage, counter.watch).close_at(member, "off")


async def test_a_day_has_one_board_that_is_edited_pinned_and_left_as_it_ended(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        counter.telegram.make_bot_admin(counter.group, counter.owner)
        await paid_out(counter, 90)
        assert boards(counter) == []
        await switch_on(counter)
        board = await shows(counter, "Out: 90 FCFA (1)")
        await paid_out(counter, 100)
        await counter.confirmed("/request 20 677777777 shoes")
        assert await shows(counter, "Open: 20 FCFA (1)") is board
        assert await shows(counter, "Out: 190 FCFA (2)") is board
        assert "Balances at" in board.text
        assert "CamPay: " in board.text
        assert board.silent
        assert counter.group.pinned == [board.id]
        until_tomorrow(counter)
        assert await shows(counter, "This day is over") is board
        await something_changes(counter)
        await until(lambda: len(boards(counter)) == 2)
        tomorrow = boards(counter)[1]
        assert "190" not in words(tomorrow)
        assert "Out: 190 FCFA (2)" in words(board)
        await until(lambda: counter.group.pinned == [tomorrow.id])
        assert len(boards(counter)) == 2


async def test_several_instances_and_a_restart_keep_one_board_and_who_may_not_pin_says_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        await switch_on(counter)
        others = [another_instance(counter) for _ in range(3)]
        await asyncio.gather(*(other.tick() for other in others))
        board = await shows(counter, "Nothing")
        await counter.close()
        await counter.open()
        others = [another_instance(counter) for _ in range(3)]
        await paid_out(counter, 100)
        counter.watch.skip(seconds=11)
        await asyncio.gather(*(other.tick() for other in others))
        assert await shows(counter, "Out: 100") is board
        assert boards(counter) == [board]
        await until(lambda: bool(counter.telegram.called("pinChatMessage")))  # after the board is posted
        assert counter.telegram.called("pinChatMessage")[0].error
        assert [
            one for one in counter.telegram.messages(counter.group) if one is not board and "sent" not in one.text
        ] == []


async def test_the_board_follows_a_group_that_became_a_supergroup_and_one_that_was_removed_is_posted_again(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as counter:
        await switch_on(counter)
        board = await shows(counter, "Nothing")
        counter.telegram.world.remove(board)
        await paid_out(counter, 100)
        assert await shows(counter, "Out: 100") is not board
        upgraded = counter.telegram.upgrade(counter.group)
        await paid_out(counter, 60)
        await shows(counter, "Out: 160", upgraded)
        assert len(boards(counter, upgraded)) == 1
        assert [one.chat_id for one in await kept(counter)] == [upgraded.id]


async def test_thirty_payments_in_a_row_never_pass_what_telegram_takes_in_a_group(tmp_path: Path) -> None:
    async with shop(tmp_path, limits=IN_GROUPS_ONLY) as counter:
        await switch_on(counter)
        await shows(counter, "Nothing")
        cards = [await counter.card(f"/payout {20 + number} 677777777 stock") for number in range(30)]
        for card in cards:
            await counter.confirm(card)
        for card in cards:
            await counter.shows(card, "Sent")
        # The library's own bucket lets the 21st through once three seconds have passed.
        await asyncio.sleep(4)
        to_the_group = [
            one for one in counter.telegram.calls if str(one.arguments.get("chat_id")) == str(counter.group.id)
        ]
        assert len(to_the_group) == 20
        assert [one.error for one in counter.telegram.calls if "Too Many Requests" in one.error] == []


async def test_a_first_group_that_is_chosen_in_the_chat_has_a_board_and_its_owner_switches_it_off(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as counter:

        def without_group(session: Session) -> None:
            session.get_one(Merchant, HOUSE).admin_chat_id = None

        await counter.app.storage.run(without_group)
        other = counter.telegram.add_group("New place", [counter.owner])
        offer = await counter.telegram.wait_for(other, "Send the counter", PATIENCE)
        await counter.telegram.tap(counter.owner, offer, "Use this group", timeout=PATIENCE)
        assert "a board that shows how the day stands" in offer.text
        await paid_out(counter, 100)
        board = await shows(counter, "Out: 100", other)
        screen = await counter.ask("/group")
        await counter.telegram.tap(counter.owner, screen, "✅ Board of the day", timeout=PATIENCE)
        await paid_out(counter, 60)
        counter.watch.skip(seconds=11)
        await counter.app.chores.dayboards.run()
        await counter.app.chores.dayboards.run()
        assert "Out: 100" in words(board)
        assert screen.button("✖️ Board of the day")
