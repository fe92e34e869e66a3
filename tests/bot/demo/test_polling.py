"""getUpdates waits, confirms by offset, and repeats what it is told to repeat."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram import Update
from telegram.ext import MessageHandler, filters

from bot.demo import DrivenClock, LocalTelegram, User, serve
from bot.demo.updates import Updates
from tests.bot.demo.conftest import Call, polling


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    return telegram.add_user("Ada", "fr")


def texts(answer: dict[str, Any]) -> list[str]:
    return [update["message"]["text"] for update in answer["result"]]


async def test_a_poll_waits_until_somebody_writes(telegram: LocalTelegram, call: Call, ada: User) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=40))
    while not telegram.world.updates.turn:
        await asyncio.sleep(0.01)
    assert not poll.done()
    telegram.say(ada, telegram.private(ada), "bonjour")
    assert texts(await asyncio.wait_for(poll, 30)) == ["bonjour"]


async def test_a_poll_ends_empty_after_its_timeout(call: Call) -> None:
    started = asyncio.get_running_loop().time()
    assert (await call("getUpdates", timeout=1))["result"] == []
    assert 0.9 < asyncio.get_running_loop().time() - started < 30


async def test_an_update_comes_until_its_offset_is_passed(telegram: LocalTelegram, call: Call, ada: User) -> None:
    for word in ("one", "two", "three"):
        telegram.say(ada, telegram.private(ada), word)
    first = await call("getUpdates", limit=2)
    assert texts(first) == ["one", "two"]
    assert texts(await call("getUpdates")) == ["one", "two", "three"]
    offset = first["result"][-1]["update_id"] + 1
    assert texts(await call("getUpdates", offset=offset)) == ["three"]
    assert texts(await call("getUpdates")) == ["three"]


async def test_a_negative_offset_forgets_the_older_ones(telegram: LocalTelegram, call: Call, ada: User) -> None:
    for word in ("one", "two", "three"):
        telegram.say(ada, telegram.private(ada), word)
    assert texts(await call("getUpdates", offset=-1)) == ["three"]
    assert texts(await call("getUpdates")) == ["three"]


async def test_a_second_poller_ends_the_first(telegram: LocalTelegram, call: Call) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=40))
    while not telegram.world.updates.turn:
        await asyncio.sleep(0.01)
    second = asyncio.create_task(call("getUpdates", timeout=40))
    answer = await asyncio.wait_for(first, 30)
    words = "terminated by other getUpdates request; make sure that only one bot instance is running"
    assert (answer["error_code"], answer["description"]) == (409, f"Conflict: {words}")
    telegram.say(user := telegram.add_user("Bob"), telegram.private(user), "hello")
    assert texts(await asyncio.wait_for(second, 30)) == ["hello"]


async def test_only_allowed_kinds_come_and_the_list_is_remembered(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    await call("getUpdates", allowed_updates=["edited_message"])
    message = telegram.say(ada, telegram.private(ada), "one")
    telegram.edit(ada, message, "two")
    (update,) = (await call("getUpdates"))["result"]
    assert update["edited_message"]["text"] == "two"
    assert "edit_date" in update["edited_message"]


async def test_a_repeated_update_comes_once_more_with_the_same_id(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    message = telegram.say(ada, telegram.private(ada), "pay")
    (update,) = (await call("getUpdates"))["result"]
    offset = update["update_id"] + 1
    assert (await call("getUpdates", offset=offset))["result"] == []
    telegram.deliver_again(message)
    assert (await call("getUpdates", offset=offset))["result"] == [update]
    assert (await call("getUpdates", offset=offset))["result"] == []


async def test_one_tap_can_come_as_two_updates(telegram: LocalTelegram, call: Call, ada: User) -> None:
    telegram.start(ada)
    markup = {"inline_keyboard": [[{"text": "Pay", "callback_data": "pay"}]]}
    await call("sendMessage", chat_id=ada.id, text="card", reply_markup=markup)
    card = telegram.last(telegram.private(ada))
    tap = telegram.tap_doubled(ada, card, "pay")
    first, second = [update for update in (await call("getUpdates"))["result"] if "callback_query" in update]
    assert first["callback_query"] == second["callback_query"]
    assert first["callback_query"]["id"] == tap.id
    assert first["update_id"] + 1 == second["update_id"]
    one, two = telegram.tap_twice(ada, card, "pay")
    assert one.id != two.id


async def test_a_button_that_an_edit_took_away_can_still_be_pressed_late(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    telegram.start(ada)
    markup = {"inline_keyboard": [[{"text": "Pay", "callback_data": "pay"}]]}
    await call("sendMessage", chat_id=ada.id, text="card", reply_markup=markup)
    card = telegram.last(telegram.private(ada))
    await call("editMessageText", chat_id=ada.id, message_id=card.id, text="paid")
    with pytest.raises(LookupError, match="no button 'pay'"):
        telegram.press(ada, card, "pay")
    assert telegram.press(ada, card, "pay", stale=True).data == "pay"


async def test_held_updates_come_late_with_the_dates_they_had() -> None:
    clock = DrivenClock()
    async with serve(clock=clock) as telegram:
        ada = telegram.add_user("Ada")
        with telegram.updates_held():
            message = telegram.say(ada, telegram.private(ada), "/payout 5000")
            clock.advance(3600)
            assert telegram.world.updates.due(clock()) == []
        (update,) = telegram.world.updates.due(clock())
        assert update.payload["date"] == message.date == int(clock().timestamp()) - 3600


def test_updates_are_kept_for_a_day() -> None:
    updates, clock = Updates(), DrivenClock()
    updates.add("message", {}, clock())
    clock.advance(timedelta(hours=23).total_seconds())
    assert len(updates.due(clock())) == 1
    clock.advance(timedelta(hours=2).total_seconds())
    assert updates.due(clock()) == []


async def test_python_telegram_bot_reads_everything_a_person_can_send(telegram: LocalTelegram, ada: User) -> None:
    seen: list[Update] = []

    async def note(update: Update, _: Any) -> None:
        seen.append(update)

    chat = telegram.private(ada)
    async with polling(telegram, MessageHandler(filters.ALL, note)):
        question = telegram.say(ada, chat, "🏟 /request@guichet_bot 5000")
        telegram.edit(ada, question, "/request 6000")
        telegram.say(ada, chat, "oui", reply_to=question)
        telegram.share_contact(ada, chat, "+237677777777", "Bob", owner=ada)
        telegram.send_document(ada, chat, "paie.csv", b"a;b\n", "la paie")
        await telegram.settled()
    sent, edited, reply, contact, document = seen
    assert sent.message
    assert sent.message.parse_entities() == {sent.message.entities[0]: "/request@guichet_bot"}
    assert edited.edited_message
    assert edited.edited_message.edit_date
    assert reply.message
    assert reply.message.reply_to_message
    assert reply.message.reply_to_message.text == "/request 6000"
    assert contact.message
    assert contact.message.contact
    assert (contact.message.contact.phone_number, contact.message.contact.user_id) == ("+237677777777", ada.id)
    assert document.message
    assert document.message.document
    assert (document.message.document.file_name, document.message.caption) == ("paie.csv", "la paie")


async def test_a_bot_that_hung_up_swallows_nothing(telegram: LocalTelegram, call: Call, ada: User) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=30))
    while not telegram.world.updates.turn:
        await asyncio.sleep(0.01)
    poll.cancel()
    while not telegram.called("getUpdates"):  # it ended there too
        await asyncio.sleep(0.01)
    message = telegram.say(ada, telegram.private(ada), "pay")
    telegram.deliver_again(message)
    assert texts(await call("getUpdates", timeout=1)) == ["pay", "pay"]
