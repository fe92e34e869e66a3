"""What breaks on demand between the bot and Telegram, seen through python-telegram-bot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from bot.demo import LocalTelegram, User, serve


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    user = telegram.add_user("Ada")
    telegram.start(user)
    return user


@pytest.fixture
async def bot(telegram: LocalTelegram) -> AsyncIterator[Bot]:
    request = HTTPXRequest(connect_timeout=30, read_timeout=30)
    async with Bot(telegram.token, f"{telegram.url}/bot", f"{telegram.url}/file/bot", request=request) as bot:
        yield bot


def said(telegram: LocalTelegram, ada: User) -> list[str]:
    return [message.text for message in telegram.messages(telegram.private(ada), telegram.bot)]


async def test_a_lost_request_does_nothing(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    telegram.faults.lose_request("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "one")
    await bot.send_message(ada.id, "two")
    assert said(telegram, ada) == ["two"]


async def test_a_lost_reply_has_done_its_work(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    telegram.faults.lose_reply("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "one")
    assert said(telegram, ada) == ["one"]


async def test_a_slow_answer_times_out_for_the_bot(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    telegram.faults.slow_down(3, "sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "one", read_timeout=0.5)


@pytest.mark.parametrize("status", [500, 502])
async def test_a_page_instead_of_an_answer_is_a_network_error(
    telegram: LocalTelegram, bot: Bot, ada: User, status: int
) -> None:
    telegram.faults.bad_gateway(status)
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "one")
    assert said(telegram, ada) == []


async def test_a_flood_names_the_seconds(
    telegram: LocalTelegram, bot: Bot, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without it python-telegram-bot 22 warns of the coming type while it makes the exception.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    telegram.faults.flood(35, "sendMessage")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(ada.id, "one")
    assert caught.value.retry_after == timedelta(seconds=35)


async def test_faults_are_spent_and_can_be_cleared(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    telegram.faults.bad_gateway(times=2)
    telegram.faults.lose_reply("editMessageText", times=9)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(ada.id, "one")
    telegram.faults.clear()
    message = await bot.send_message(ada.id, "one")
    await message.edit_text("two")
    assert [call.error for call in telegram.called("sendMessage")] == [""]


async def test_refusals_become_the_right_exceptions(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    successor = telegram.upgrade(group)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(group.id, "x")
    assert migrated.value.new_chat_id == successor.id
    telegram.block(ada)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(ada.id, "x")
    with pytest.raises(BadRequest, match="not found"):
        await bot.send_message(1, "x")
    assert telegram.calls[-1].error == "Bad Request: chat not found"


async def test_latency_is_added_to_each_call() -> None:
    async with serve(latency=0.2) as telegram, Bot(telegram.token, f"{telegram.url}/bot") as bot:
        started = asyncio.get_running_loop().time()
        await bot.get_me()
        assert asyncio.get_running_loop().time() - started >= 0.2
