"""Flood limits under a clock that the test drives."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.demo import DrivenClock, Limits, LocalTelegram, serve


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
async def telegram(clock: DrivenClock) -> AsyncIterator[LocalTelegram]:
    async with serve(clock=clock) as running:
        yield running


class Sender:
    def __init__(self, client: httpx.AsyncClient, chat_id: int) -> None:
        self.client = client
        self.chat_id = chat_id

    async def send(self, text: str = "x", chat_id: int = 0) -> dict[str, Any]:
        answer = await self.client.post("sendMessage", json={"chat_id": chat_id or self.chat_id, "text": text})
        body: dict[str, Any] = answer.json()
        return body

    async def refusal(self, text: str = "x") -> dict[str, Any]:
        answer = await self.send(text)
        assert not answer["ok"]
        return answer

    async def send_many(self, count: int) -> None:
        for number in range(count):
            assert (await self.send(f"message {number}"))["ok"]


@pytest.fixture
async def private(telegram: LocalTelegram) -> AsyncIterator[Sender]:
    ada = telegram.add_user("Ada")
    telegram.start(ada)
    async with httpx.AsyncClient(base_url=f"{telegram.url}/bot{telegram.token}/", timeout=30) as client:
        yield Sender(client, ada.id)


@pytest.fixture
async def group(telegram: LocalTelegram, private: Sender) -> Sender:
    owner = telegram.world.users[private.chat_id]
    return Sender(private.client, telegram.add_group("Admins", [owner]).id)


async def test_a_group_takes_twenty_messages_a_minute(clock: DrivenClock, group: Sender) -> None:
    await group.send_many(20)
    refused = await group.refusal()
    assert refused["error_code"] == 429
    assert refused["description"] == "Too Many Requests: retry after 60"
    assert refused["parameters"] == {"retry_after": 60}
    clock.advance(59)
    assert (await group.refusal())["parameters"] == {"retry_after": 1}
    clock.advance(1)
    await group.send_many(20)


async def test_a_person_takes_a_burst_and_then_one_a_second(clock: DrivenClock, private: Sender) -> None:
    for _ in range(10):
        clock.advance(0.1)
        assert (await private.send())["ok"]
    assert (await private.refusal())["parameters"] == {"retry_after": 10}
    clock.advance(10)
    assert (await private.send())["ok"]


async def test_all_chats_together_take_thirty_a_second(
    telegram: LocalTelegram, clock: DrivenClock, private: Sender
) -> None:
    people = [telegram.add_user(f"P{number}") for number in range(31)]
    for person in people:
        telegram.start(person)
    for person in people[:30]:
        assert (await private.send(chat_id=person.id))["ok"]
    refused = await private.send(chat_id=people[30].id)
    assert refused["parameters"] == {"retry_after": 1}
    clock.advance(1)
    assert (await private.send(chat_id=people[30].id))["ok"]


async def test_edits_count_and_answers_to_taps_do_not(telegram: LocalTelegram, group: Sender) -> None:
    await group.send_many(19)
    chat = telegram.world.chats[group.chat_id]
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    edit: dict[str, Any] = {"chat_id": chat.id, "message_id": telegram.last(chat).id, "text": "new"}
    assert (await group.client.post("editMessageText", json=edit | {"reply_markup": markup})).json()["ok"]
    assert (await group.client.post("editMessageText", json=edit | {"text": "newer"})).status_code == 429
    owner = next(user for user in telegram.world.users.values() if not user.is_bot)
    tap = telegram.press(owner, telegram.last(chat), "x")
    assert (await group.client.post("answerCallbackQuery", json={"callback_query_id": tap.id})).json()["ok"]


async def test_a_query_grows_too_old(telegram: LocalTelegram, clock: DrivenClock, private: Sender) -> None:
    chat = telegram.world.chats[private.chat_id]
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    await private.client.post("sendMessage", json={"chat_id": chat.id, "text": "x", "reply_markup": markup})
    assert chat.person
    tap = telegram.press(chat.person, telegram.last(chat), "x")
    clock.advance(16)
    answer = await private.client.post("answerCallbackQuery", json={"callback_query_id": tap.id})
    assert "query is too old" in answer.json()["description"]


async def test_limits_can_be_switched_off() -> None:
    async with serve(clock=DrivenClock(), limits=Limits.off()) as telegram:
        ada = telegram.add_user("Ada")
        telegram.start(ada)
        async with httpx.AsyncClient(base_url=f"{telegram.url}/bot{telegram.token}/", timeout=30) as client:
            await Sender(client, ada.id).send_many(60)


async def test_an_old_message_can_no_longer_be_deleted(clock: DrivenClock, private: Sender) -> None:
    number = (await private.send())["result"]["message_id"]
    clock.advance(48 * 3600 + 1)
    answer = await private.client.post("deleteMessage", json={"chat_id": private.chat_id, "message_id": number})
    assert answer.json()["description"] == "Bad Request: message can't be deleted for everyone"
