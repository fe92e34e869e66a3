"""How KPay knows whose a call is: two keys on each, and for transfers between wallets a token in their place."""

import re
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Final

import httpx
from pydantic import SecretStr

from providers.base import Clock
from providers.budget import Budget
from providers.client import Reply
from providers.fields import text
from providers.token import ExpiringToken

TOKEN: Final = "/api/v1/payments/token"  # noqa: S105 - a path
_LIFETIME = re.compile(r"([0-9]{1,6}) ?(s|m|h)?")


class _Token(ExpiringToken):
    def __init__(self, keys: Mapping[str, str], now: Clock, budget: Budget) -> None:
        super().__init__("Bearer", now)
        self._keys = keys
        self._budget = budget

    def ask(self, url: httpx.URL) -> httpx.Request:
        self._budget.count("all")
        return httpx.Request("POST", url.join(TOKEN), headers=self._keys, json={})

    def read(self, reply: Reply) -> tuple[str, float]:
        return text(reply.body, "accessToken"), _seconds(text(reply.body, "expiresIn"))


class Auth(httpx.Auth):
    """The keys on every call but those that want a token instead, and refuse the keys."""

    def __init__(self, api_key: SecretStr, secret_key: SecretStr, now: Clock, budget: Budget) -> None:
        self._keys = {"X-API-Key": api_key.get_secret_value(), "X-Secret-Key": secret_key.get_secret_value()}
        self._token = _Token(self._keys, now, budget)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._keys)
        yield request

    def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if request.url.path.startswith("/api/wallets/"):
            return self._token.async_auth_flow(request)
        return super().async_auth_flow(request)


def _seconds(word: str) -> float:
    """ "30m"; ten minutes where it is not told: a token that dies sooner is renewed on 401."""
    if not (found := _LIFETIME.fullmatch(word)):
        return 600.0
    return float(found[1]) * {"m": 60.0, "h": 3600.0}.get(found[2], 1.0)
