"""A forum with a topic for each kind of news, over HTTP: made by one tap, and nothing lost when one is shut."""

import asyncio
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.demo.messages import Message
from bot.demo.people import Chat, Topic
from storage import notices, people
from storage.models import Merchant
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop, shop, until

DOUALA = ZoneInfo("Africa/Douala")


async def forum_of(counter: Shop, *, without: str = "") -> Chat:
    """The counter's group with topics switched on; the counter has followed it to its new number."""
    forum = counter.telegram.make_forum(counter.group)
    counter.telegram.make_bot_admin(forum, counter.owner, without=without)
    await counter.app.storage.run(notices.follow_group, counter.group.id, forum.id, counter.watch())
    return forum


async def screen(counter: Shop, forum: Chat) -> Message:
    said = counter.say("/groupe", chat=forum)
    return await counter.telegram.wait_for(forum, lambda one: bool(one.button("Board of the day")), PATIENCE, said)


async def tap(counter: Shop, message: Message, data: str) -> None:
    await counter.telegram.tap(counter.owner, message, data, timeout=PATIENCE)


async def topics_made(counter: Shop, forum: Chat) -> dict[str, Topic]:
    await tap(counter, await screen(counter, forum), "hear:topics:on")
    await until(lambda: len(forum.topics) == 4)
    await counter.telegram.wait_for(forum, lambda one: bool(one.button("✅ One topic")), PATIENCE)
    return {topic.name.partition(" ")[2]: topic for topic in forum.topics.values()}


def told(counter: Shop, forum: Chat, topic: Topic | None) -> list[str]:
    mine = counter.telegram.messages(forum, counter.telegram.bot)
    return [one.text.replace("\u00a0", " ") for one in mine if one.topic is topic and one.text]


async def reads(counter: Shop, forum: Chat, topic: Topic | None, words: str) -> None:
    await until(lambda: any(words in text for text in told(counter, forum, topic)))


async def paid_out(counter: Shop, amount: int) -> None:
    await counter.shows(await counter.confirmed(f"/payout {amount} 677777777 stock"), "Sent")


async def test_one_tap_gives_each_kind_of_news_its_topic(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        shown = await counter.ask("/group")
        await tap(counter, shown, "hear:topics:on")
        await counter.telegram.wait_for(counter.chat, "turn Topics on", PATIENCE)
        forum = counter.telegram.make_forum(counter.group)
        counter.telegram.make_bot_admin(forum, counter.owner, without="can_manage_topics")
        await tap(counter, shown, "hear:topics:on")
        await counter.telegram.wait_for(counter.chat, "Manage topics", PATIENCE)
        counter.telegram.make_bot_admin(forum, counter.owner)
        topics = await topics_made(counter, forum)
        assert list(topics) == ["Money in", "Money out", "To check", "Board and closes"]
        await paid_out(counter, 90)
        await reads(counter, forum, topics["Money out"], "90 FCFA")
        for news, amount in (("Money in", 20), ("To check", 15)):
            if news == "To check":
                counter.box.faults.order("drop_reply", "/collect/", times=1)
            card = await counter.confirmed(f"/request {amount} 677777777 shoes")
            await counter.approve()
            await counter.shows(card, "Paid")
            await reads(counter, forum, topics[news], f"{amount} FCFA")
        await tap(counter, shown, "hear:board:on")
        board = topics["Board and closes"]
        async with asyncio.timeout(PATIENCE):
            while not told(counter, forum, board):
                await counter.app.chores.dayboards.run()
                await asyncio.sleep(0.05)
        await until(lambda: bool(forum.pinned))
        assert counter.telegram.world.messages[forum.id, forum.pinned[0]].topic is board
        here = counter.watch().astimezone(DOUALA)
        evening = datetime.combine(here.date(), time(20, 1), DOUALA)
        counter.watch.skip(seconds=max((evening - here).total_seconds(), 0))
        await counter.app.chores.closes.run()
        await reads(counter, forum, board, "🌙")
        assert not any("FCFA" in text for text in told(counter, forum, None))


async def test_news_of_a_shut_topic_comes_to_the_general_one_and_the_group_is_told_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        forum = await forum_of(counter)
        out = (await topics_made(counter, forum))["Money out"]
        counter.telegram.delete_topic(forum, out)
        for amount in (90, 100):
            await paid_out(counter, amount)
            await reads(counter, forum, None, f"{amount} FCFA")
        general = told(counter, forum, None)
        assert sum("Money out" in text and "closed or deleted" in text for text in general) == 1
        line = await counter.telegram.wait_for(forum, "closed or deleted", PATIENCE)
        await tap(counter, line, "Open the missing")
        await until(lambda: len(forum.topics) == 4)
        out = counter.telegram.topic(forum, "Money out")
        await paid_out(counter, 110)
        await reads(counter, forum, out, "110 FCFA")


async def test_a_closed_topic_is_opened_again_and_topics_can_be_given_up(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        forum = await forum_of(counter)
        out = (await topics_made(counter, forum))["Money out"]
        counter.telegram.close_topic(forum, out, counter.owner)
        counter.telegram.make_bot_admin(forum, counter.owner, without="can_manage_topics")
        await paid_out(counter, 120)
        await reads(counter, forum, None, "120 FCFA")
        counter.telegram.make_bot_admin(forum, counter.owner)
        shown = await screen(counter, forum)
        assert "Money out" in shown.text
        await tap(counter, shown, "hear:topics:on")
        await until(lambda: not out.is_closed)
        await counter.telegram.wait_for(forum, lambda one: one is shown and "Money out" not in one.text, PATIENCE)
        await paid_out(counter, 130)
        await reads(counter, forum, out, "130 FCFA")
        assert len(forum.topics) == 4

        await tap(counter, shown, "hear:topics:off")
        await paid_out(counter, 140)
        await reads(counter, forum, None, "140 FCFA")


async def test_what_is_asked_in_a_topic_is_answered_there_and_chatter_in_it_is_not_for_the_counter(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as counter:
        forum = await forum_of(counter)
        topic = (await topics_made(counter, forum))["Money in"]
        telegram = counter.telegram
        before = len(told(counter, forum, None))
        said = telegram.say(counter.owner, forum, "send 2k to 677777777 salary", topic=topic)
        await telegram.settled(timeout=PATIENCE)
        telegram.say(counter.owner, forum, "/request 677777777", topic=topic)
        for words, answer in (("How much", "20"), ("What for", "-")):
            question = await telegram.wait_for(forum, words, PATIENCE, said)
            assert question.topic is topic
            asked = telegram.say(counter.owner, forum, answer, reply_to=question)
        card = await telegram.wait_for(forum, lambda one: one.topic is topic and bool(one.buttons), PATIENCE, asked)
        await tap(counter, card, card.buttons[0].data)
        await counter.approve()
        await counter.shows(card, "Paid")
        assert len(told(counter, forum, None)) == before


async def test_topics_are_the_forum_s_own_and_a_group_chosen_instead_has_none(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        forum = await forum_of(counter)
        await topics_made(counter, forum)
        other = counter.telegram.add_group("Another", [counter.owner])
        await counter.app.storage.run(people.choose_group, HOUSE, other.id)
        await paid_out(counter, 90)
        line = await counter.telegram.wait_for(other, "90", PATIENCE)
        assert line.topic is None
        house = await counter.app.storage.run(lambda session: session.get_one(Merchant, HOUSE))
        assert house.admin_chat_id == other.id
