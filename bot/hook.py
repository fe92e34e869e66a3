"""Where Telegram brings the bot's messages in webhook mode: POST /telegram, and whether it knows the way."""

import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import WebhookInfo
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.body import read_body
from bot.desk import Desk, Unreadable
from bot.reception import ALLOWED_UPDATES

log = structlog.get_logger()

PATH = "/telegram"
_CONNECTIONS = 40
_BODY_MOST = 1024 * 1024
_HEADER = "x-telegram-bot-api-secret-token"


class Hook:
    """Several instances set the same one: whichever Telegram reaches keeps the update for all."""

    def __init__(self, bot: ExtBot[Any], desk: Desk, public_url: str, secret: str) -> None:
        self._bot = bot
        self._desk = desk
        self._url = public_url + PATH
        self._secret = secret
        self._is_set = False
        self._elsewhere: str | None = None
        self._told_of: datetime | None = None

    def route(self) -> Route:
        return Route(PATH, self._hear, methods=["POST"])

    async def tick(self) -> None:
        """Sets it once. It is not taken back from another program: two would take it from each other for ever."""
        try:
            if not self._is_set:
                await self._bot.set_webhook(
                    self._url,
                    allowed_updates=ALLOWED_UPDATES,
                    max_connections=_CONNECTIONS,
                    secret_token=self._secret,
                )
                self._is_set = True
                log.info("Telegram brings the bot's messages here", place=place_of(self._url))
            self._look_at(await self._bot.get_webhook_info())
        except TelegramError as error:
            what = "can't be asked about the webhook" if self._is_set else "did not take the webhook; trying again"
            log.warning(f"Telegram {what}", error=str(error))

    def _look_at(self, info: WebhookInfo) -> None:
        elsewhere = None if info.url == self._url else info.url
        if elsewhere is not None and elsewhere != self._elsewhere:
            log.error(_conflict(elsewhere))
        self._elsewhere = elsewhere
        if elsewhere is None and info.last_error_date and info.last_error_date != self._told_of:
            self._told_of = info.last_error_date
            log.warning(
                "Telegram could not bring a message",
                error=info.last_error_message,
                at=info.last_error_date.isoformat(),
                waiting=info.pending_update_count,
            )

    async def _hear(self, request: Request) -> Response:
        """Kept before it is answered, worked afterwards."""
        given = request.headers.get(_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response(status_code=401)
        try:
            await self._desk.keep([json.loads(await read_body(request, _BODY_MOST))])
        except (ValueError, RecursionError, Unreadable):
            return Response(status_code=400)
        return Response(status_code=200)


def place_of(url: str) -> str:
    """Without what may be a secret."""
    return urlsplit(url).netloc


def _conflict(url: str) -> str:
    if not url:
        return (
            "the webhook is gone: another program has this bot's token and BOT_MODE=polling, and reads its messages. "
            "Stop that one and start this one again, or stop this one"
        )
    return (
        f"the webhook leads to {place_of(url)}: another program has this bot's token. "
        "Stop that one and start this one again, or give this one its own token"
    )
