"""The way to Telegram: one application, its connections, its pace."""

from collections.abc import Callable
from typing import Any

import httpx
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot
from telegram.request import HTTPXRequest

from bot.pace import Pace
from bot.settings import Settings
from bot.ui.visit import Turn

Chat = Application[ExtBot[int], Turn, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]

_AT_ONCE = 256


def open_line(network: Callable[[], httpx.AsyncBaseTransport], seconds: float) -> HTTPXRequest:
    return HTTPXRequest(connection_pool_size=_AT_ONCE, read_timeout=seconds, httpx_kwargs={"transport": network()})


def open_chat(settings: Settings, lines: tuple[HTTPXRequest, HTTPXRequest], pace: Pace) -> Chat:
    """`lines`: the one on which messages are waited for, and the one for all else."""
    waiting, calling = lines
    return (
        ApplicationBuilder()
        .token(settings.telegram_bot_token.get_secret_value())
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .request(calling)
        .get_updates_request(waiting)
        .updater(None)
        .rate_limiter(pace)
        .job_queue(None)
        .context_types(ContextTypes(context=Turn))
        .build()
    )
