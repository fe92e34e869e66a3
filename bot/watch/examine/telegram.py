"""Telegram: the token, who else uses it, whether group and owners can be reached, and whether our clocks agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.settings import Settings
from bot.watch.findings import Finding, fine, hint, wrong
from providers.base import Clock

_PATIENCE = 10.0
_CLOCK = timedelta(seconds=30)
"""Nkapsmart signs the time, and a callback that is signed for minutes ago is refused."""
_LATELY = timedelta(hours=1)
_SILENCED = frozenset({"left", "kicked"})


@dataclass(frozen=True, slots=True)
class Told:
    ok: bool
    result: Any
    why: str
    at: datetime | None


class Away(Exception):
    """No answer of Telegram's came."""


class Telegram:
    def __init__(self, settings: Settings, now: Clock, transport: httpx.AsyncBaseTransport) -> None:
        self._settings = settings
        self._now = now
        base = f"{settings.telegram_api_url}/bot{settings.telegram_bot_token.get_secret_value()}/"
        self._http = httpx.AsyncClient(base_url=base, transport=transport, timeout=_PATIENCE, trust_env=False)

    async def examine(self) -> list[Finding]:
        try:
            return await self._examine()
        except Away as error:
            return [wrong("Telegram", "doctor.telegram.away", url=self._settings.telegram_api_url, why=str(error))]
        finally:
            await self._http.aclose()

    async def _examine(self) -> list[Finding]:
        me = await self._ask("getMe")
        if not me.ok:
            return [wrong("Telegram", "doctor.telegram.refused", why=me.why)]
        found = [fine("Telegram", "doctor.telegram", name=f"@{me.result.get('username', '')}"), self._clock(me.at)]
        if not me.result.get("supports_inline_queries"):
            found.append(hint("Telegram", "doctor.inline"))
        found.append(self._webhook((await self._ask("getWebhookInfo")).result or {}))
        found += [await self._owner(owner) for owner in self._settings.owner_ids]
        if self._settings.admin_chat_id is not None:
            found.append(await self._group(self._settings.admin_chat_id, me.result.get("id", 0)))
        return found

    def _clock(self, at: datetime | None) -> Finding:
        skew = self._now() - at if at else timedelta()
        if abs(skew) > _CLOCK:
            return wrong("clock", "doctor.clock", seconds=round(skew.total_seconds()))
        return fine("clock")

    def _webhook(self, info: Mapping[str, Any]) -> Finding:
        ours, url = f"{self._settings.public_url}/telegram", str(info.get("url", ""))
        if self._settings.bot_mode != "webhook":
            return wrong("BOT_MODE", "doctor.webhook.other", host=_host(url)) if url else fine("BOT_MODE")
        if not url:
            return hint("BOT_MODE", "doctor.webhook.unset")
        if url != ours:
            return wrong("BOT_MODE", "doctor.webhook.elsewhere", host=_host(url))
        failed = datetime.fromtimestamp(info.get("last_error_date", 0), UTC)
        if self._now() - failed < _LATELY:
            return wrong("BOT_MODE", "doctor.webhook.failing", why=str(info.get("last_error_message", "")))
        return fine("BOT_MODE")

    async def _owner(self, owner: int) -> Finding:
        told = await self._ask("getChat", chat_id=owner)
        if not told.ok:
            return wrong("OWNER_IDS", "doctor.owner", id=str(owner))
        return fine("OWNER_IDS", "doctor.owner.fine", name=str(told.result.get("first_name", owner)))

    async def _group(self, group: int, bot: int) -> Finding:
        told = await self._ask("getChat", chat_id=group)
        if not told.ok:
            return wrong("ADMIN_CHAT_ID", "doctor.group", id=str(group))
        member = (await self._ask("getChatMember", chat_id=group, user_id=bot)).result or {}
        muted = member.get("status") == "restricted" and not member.get("can_send_messages")
        if muted or member.get("status") in _SILENCED or told.result.get("type") == "channel":
            return wrong("ADMIN_CHAT_ID", "doctor.group.mute", name=str(told.result.get("title", group)))
        return fine("ADMIN_CHAT_ID", "doctor.group.fine", name=str(told.result.get("title", group)))

    async def _ask(self, method: str, **given: Any) -> Told:
        """Raises Away. Telegram's refusals come with their words; a 5xx, or no JSON, is not Telegram."""
        try:
            response = await self._http.post(method, json=given)
            body = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Away(type(error).__name__) from None
        if not isinstance(body, dict) or "ok" not in body or response.is_server_error:
            raise Away(f"HTTP {response.status_code}")
        return Told(bool(body["ok"]), body.get("result"), str(body.get("description", "")), _date(response))


def _date(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None


def _host(url: str) -> str:
    """An address may hold a secret in its path."""
    return httpx.URL(url).host
