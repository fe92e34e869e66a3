"""Each account with a payment system, of the environment and connected in the chat, by a call that moves nothing."""

import asyncio
import json
from collections.abc import Callable, Mapping

import httpx
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.payments.accounts import Opener
from bot.settings import Settings
from bot.watch.examine.books import is_new
from bot.watch.findings import Finding, fine, hint, wrong
from providers.base import Clock, Provider
from providers.errors import Misconfigured, ProviderError, Refused, Unsupported
from storage import accounts, revisions
from storage.engine import Storage
from storage.models import Account, Merchant
from storage.revisions import Age
from storage.sealing import NoKey, Sealer, WrongKey

_PATIENCE = 20.0

Door = Finding | tuple[str, Provider]
"""An account that could be opened, under the name by which it is known, or why it could not."""


async def examine_accounts(
    env: Mapping[str, str],
    settings: Settings,
    now: Clock,
    network: Callable[[], httpx.AsyncBaseTransport],
    merchant_id: int | None = None,
) -> list[Finding]:
    """All of them, or those that one merchant has connected."""
    opener = Opener(env, now, network)
    settled = [door for name in opener.systems if (door := _settled(opener, name))] if merchant_id is None else []
    rows = [row for row in await _rows(settings) if merchant_id in {None, row[0].merchant_id}]
    connected = [_connected(opener, settings, *row) for row in rows]
    if not settled and not connected:
        return [wrong("accounts", "doctor.account.none")]
    return list(await asyncio.gather(*map(_tried, settled + connected)))


def _settled(opener: Opener, name: str) -> Door | None:
    try:
        provider = opener.from_environment(name)
    except Misconfigured as error:
        return wrong(name.upper(), "doctor.account.half", why=error.detail)
    return (name.upper(), provider) if provider else None


def _connected(opener: Opener, settings: Settings, row: Account, merchant: str) -> Door:
    about = f"{row.provider} · {merchant}"
    try:
        given = json.loads(Sealer(settings.secret_keys).open(row.settings))
        return about, opener.connected(row.provider, given, row.path)
    except (NoKey, WrongKey):
        return wrong(about, "doctor.account.sealed")
    except (Misconfigured, KeyError, ValueError) as error:
        return wrong(about, "doctor.account.half", why=str(error))


async def _rows(settings: Settings) -> list[tuple[Account, str]]:
    if is_new(settings):
        return []
    storage = Storage(settings.database_url)
    try:
        return await storage.run(_read)
    except (DBAPIError, ImportError):  # which is told where the database is examined
        return []
    finally:
        await storage.close()


def _read(session: Session) -> list[tuple[Account, str]]:
    if revisions.age(session) is not Age.CURRENT:
        return []
    rows = [row for row in accounts.every(session) if row.closed_at is None]
    return [(row, session.get_one(Merchant, row.merchant_id).name) for row in rows]


async def _tried(door: Door) -> Finding:
    if isinstance(door, Finding):
        return door
    about, provider = door
    try:
        async with asyncio.timeout(_PATIENCE):
            told = await provider.check()
    except Unsupported:
        return hint(about, "doctor.account.untried")
    except (Misconfigured, Refused) as error:
        return wrong(about, "doctor.account.refused", why=error.detail or error.code)
    except (ProviderError, TimeoutError) as error:
        why = error.detail or error.code if isinstance(error, ProviderError) else "timeout"
        return wrong(about, "doctor.account.away", url=provider.settings.base_url, why=why)
    finally:
        await provider.close()
    return fine(about, "doctor.account", told=told) if told else fine(about)
