"""guichet check: everything that can be tried without moving money."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import typer
from telegram import Bot
from telegram.error import TelegramError

from bot.payments.accounts import Accounts
from bot.rooms.world import World
from bot.settings import BadSettings, Settings
from providers.base import Provider
from providers.errors import Misconfigured, ProviderError
from providers.redaction import Redactor
from storage import sealing
from storage.engine import Storage
from storage.people import HOUSE
from storage.sealing import NoKey, Sealer, WrongKey


async def check_all(env: Mapping[str, str]) -> int:
    """Prints a line for each thing; 0 where all is well."""
    try:
        settings = Settings.read(env)
        accounts = Accounts.of_house(env, World().now, prefer=settings.prefer)
    except (BadSettings, Misconfigured) as error:
        return _tell("settings", str(error))
    redact = Redactor([*settings.secrets(), *accounts.secrets()])
    faults = _tell("settings", "")
    faults |= await _try("database", _database(settings), redact)
    faults |= await _try("telegram", _telegram(settings), redact)
    if not accounts.of(HOUSE):
        faults |= _tell("accounts", "no payment account is set, for example CAMPAY_TOKEN")
    for provider in accounts.of(HOUSE):
        faults |= await _try(provider.name, _account(provider), redact)
    await accounts.close()
    return faults


async def _try(what: str, trial: Coroutine[Any, Any, None], redact: Redactor) -> int:
    """What goes wrong is told without secrets: Telegram's own refusal quotes the token."""
    try:
        await trial
    except (TelegramError, ProviderError, NoKey, WrongKey, OSError) as error:
        return _tell(what, redact(str(error)))
    except Exception as error:
        return _tell(what, redact(f"{type(error).__name__}: {error}"))
    return _tell(what, "")


async def _database(settings: Settings) -> None:
    storage = Storage(settings.database_url)
    try:
        await asyncio.to_thread(storage.migrate)
        await storage.run(sealing.prove, Sealer(settings.secret_keys))
    finally:
        await storage.close()


async def _telegram(settings: Settings) -> None:
    async with Bot(settings.telegram_bot_token.get_secret_value(), base_url=f"{settings.telegram_api_url}/bot") as bot:
        await bot.get_me()


async def _account(provider: Provider) -> None:
    await provider.check()


def _tell(what: str, fault: str) -> int:
    typer.echo(f"{'✗' if fault else '✓'} {what}{': ' + fault if fault else ''}")
    return int(bool(fault))
