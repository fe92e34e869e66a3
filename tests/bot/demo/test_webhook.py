"""A webhook instead of polling: pushed with its secret, again until it answers 200."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.demo import LocalTelegram
from bot.demo.server import listening
from tests.bot.demo.conftest import Call


class Door:
    """Takes updates; answers 500 as often as `broken` says."""

    def __init__(self) -> None:
        self.url = ""
        self.broken = 0
        self.taken: list[tuple[str, Any]] = []

    async def take(self, request: Request) -> Response:
        secret = request.headers.get("x-telegram-bot-api-secret-token", "")
        self.taken.append((secret, await request.json()))
        self.broken -= 1
        return Response(status_code=500 if self.broken >= 0 else 200)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    app = Starlette(routes=[Route("/telegram", door.take, methods=["POST"])])
    async with listening(app, "127.0.0.1", 0) as url:
        door.url = f"{url}/telegram"
        yield door


async def test_updates_are_pushed_with_the_secret_until_taken(telegram: LocalTelegram, call: Call, door: Door) -> None:
    assert (await call("setWebhook", url=door.url, secret_token="s3cret"))["ok"]
    door.broken = 1
    ada = telegram.add_user("Ada")
    telegram.say(ada, telegram.private(ada), "bonjour")
    async with asyncio.timeout(30):
        while telegram.world.updates.pending:
            await asyncio.sleep(0.02)
    assert [(secret, update["message"]["text"]) for secret, update in door.taken] == [("s3cret", "bonjour")] * 2
    assert door.taken[0] == door.taken[1]
    info = (await call("getWebhookInfo"))["result"]
    assert info["url"] == door.url
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_polling_and_a_webhook_exclude_each_other(telegram: LocalTelegram, call: Call, door: Door) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=40))
    while not telegram.world.updates.turn:
        await asyncio.sleep(0.01)
    await call("setWebhook", url=door.url)
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
    words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    assert (await call("getUpdates"))["description"] == f"Conflict: {words}"
    await call("deleteWebhook")
    assert (await call("getUpdates"))["ok"]


async def test_a_webhook_must_be_https(call: Call) -> None:
    answer = await call("setWebhook", url="http://shop.example/telegram")
    assert answer["description"] == "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    answer = await call("setWebhook", url="https://shop.example/telegram", secret_token="not allowed")
    assert answer["description"] == "Bad Request: secret token contains unallowed characters"
