"""How Nkapsmart knows who calls: a signed request for a token, and two clocks that must agree within five minutes.

https://nkapsmart.cm/en/documentation, read on 2026-11-21.
"""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import structlog
from pydantic import SecretStr

from providers.base import Clock
from providers.client import Reply
from providers.errors import Misconfigured
from providers.fields import loose, text
from providers.token import ExpiringToken

log = structlog.get_logger()

AUTHENTICATE: Final = "/api/auth/authenticate"
_WINDOW = timedelta(minutes=5)
_NOTICEABLE = timedelta(minutes=1)
_EMPTY_BODY = base64.b64encode(hashlib.sha256(b"").digest()).decode()


class Token(ExpiringToken):
    """Signed once, for an hour or so. The clock of the answer tells why a signature was refused."""

    def __init__(self, api_key: SecretStr | None, secret_key: SecretStr | None, now: Clock) -> None:
        super().__init__("Bearer", now)
        self._api_key, self._secret_key = api_key, secret_key
        self._skew = timedelta(0)

    def ask(self, url: httpx.URL) -> httpx.Request:
        key, secret = self._api_key, self._secret_key
        if not key or not secret:
            raise Misconfigured("Nkapsmart needs an API key and a secret key")
        timestamp = int(self._now().timestamp())
        body = {
            "apiKey": key.get_secret_value(),
            "signature": signature(secret.get_secret_value(), timestamp),
            "timestamp": timestamp,
        }
        return httpx.Request("POST", url.copy_with(raw_path=AUTHENTICATE.encode()), json=body)

    def read(self, reply: Reply) -> tuple[str, float]:
        """`expiresAt` is a moment of their clock; ten minutes if it can't be read. A dead token is renewed on 401."""
        until = loose(reply.body, "expiresAt")
        seconds = 600.0
        if re.fullmatch(r"[0-9]{9,11}", until):
            seconds = float(until) - (self._now() + self._skew).timestamp()
        return text(reply.body, "accessToken"), max(seconds, 1.0)

    def _keep(self, response: httpx.Response) -> None:
        self._skew = _skew(response, self._now())
        if abs(self._skew) > _NOTICEABLE:
            log.warning("clock_skew", system="nkapsmart", seconds=round(self._skew.total_seconds()))
        try:
            super()._keep(response)
        except Misconfigured as error:
            if abs(self._skew) <= _WINDOW - _NOTICEABLE:
                raise
            raise Misconfigured(_clock_line(self._skew), code=error.code) from None


def signature(secret: str, timestamp: int) -> str:
    """Over the hash of an empty body, although one is sent: it holds the signature."""
    signed = f"POST\n{AUTHENTICATE}\n{timestamp}\n{_EMPTY_BODY}"
    return base64.b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode()


def _skew(response: httpx.Response, now: datetime) -> timedelta:
    """How far their clock is ahead of ours; nothing where they do not tell the time."""
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return timedelta(0)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now


def _clock_line(skew: timedelta) -> str:
    minutes = max(1, round(abs(skew).total_seconds() / 60))
    side = "behind" if skew > timedelta(0) else "ahead of"
    return f"this machine's clock is {minutes} minutes {side} Nkapsmart's, which allows 5: set the clock"
