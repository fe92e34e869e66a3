"""One local Telegram per test, and two ways to talk to it: raw HTTP and python-telegram-bot."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from telegram import Update
from telegram.ext import Application, ApplicationBuilder, BaseHandler

from bot.demo import LocalTelegram, serve

Call = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
async def telegram() -> AsyncIterator[LocalTelegram]:
    async with serve() as running:
        yield running


@pytest.fixture
async def call(telegram: LocalTelegram) -> AsyncIterator[Call]:
    """`await call("sendMessage", chat_id=1, text="x")` gives the JSON of the answer, whatever its status."""
    async with httpx.AsyncClient(base_url=f"{telegram.url}/bot{telegram.token}/", timeout=60) as client:

        async def send(method: str, **arguments: Any) -> dict[str, Any]:
            answer: dict[str, Any] = (await client.post(method, json=arguments)).json()
            return answer

        yield send


@asynccontextmanager
async def polling(telegram: LocalTelegram, *handlers: BaseHandler[Any, Any, Any]) -> AsyncIterator[Any]:
    """A real python-telegram-bot Application on long polling."""
    builder = ApplicationBuilder().token(telegram.token)
    builder = builder.base_url(f"{telegram.url}/bot").base_file_url(f"{telegram.url}/file/bot")
    application: Application[Any, Any, Any, Any, Any, Any] = builder.build()
    application.add_handlers(list(handlers))
    async with application:
        assert application.updater is not None
        await application.start()
        await application.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
        try:
            yield application
        finally:
            await application.updater.stop()
            await application.stop()
