"""Access tokens, as httpx.Auth flows: one that lasts, and one that expires and is shared by all callers."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta

import httpx

from providers.base import Clock
from providers.client import Reply, said, settle
from providers.errors import MaybeSent, Misconfigured, NotSent


class LastingToken(httpx.Auth):
    def __init__(self, scheme: str, token: str) -> None:
        self._header = f"{scheme} {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


class ExpiringToken(httpx.Auth, ABC):
    """Asked for once, kept until shortly before it expires, and renewed once when a call is answered 401.

    A call that was answered 401 was not obeyed, so it may be repeated, money or not. Whatever is wrong with the
    token, the request that wanted it was not sent.
    """

    def __init__(self, scheme: str, now: Clock) -> None:
        self._scheme = scheme
        self._now = now
        self._lock = asyncio.Lock()
        self._failures = 0
        self._token = ""
        self._until = datetime.min.replace(tzinfo=UTC)

    @abstractmethod
    def ask(self, url: httpx.URL) -> httpx.Request:
        """The request for a token. `url` is the one that the token is wanted for."""

    @abstractmethod
    def read(self, reply: Reply) -> tuple[str, float]:
        """The token, empty where there is none, and its seconds to live."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        for _ in range(2):
            failures = self._failures
            async with self._lock:
                if not self._token or self._now() >= self._until:
                    if self._failures > failures:  # somebody asked in vain while we waited: don't queue to fail again
                        raise NotSent(code="no access token")
                    try:
                        response = yield self._question(request)
                        await response.aread()
                        self._keep(response)
                    except BaseException:  # GeneratorExit is how httpx tells of a request that broke
                        self._failures += 1
                        raise
                token = self._token
            request.headers["Authorization"] = f"{self._scheme} {token}"
            response = yield request
            if response.status_code != 401:
                return
            if self._token == token:
                self._token = ""

    def _question(self, request: httpx.Request) -> httpx.Request:
        question = self.ask(request.url)
        # A request that the client did not build has no timeout at all.
        question.extensions["timeout"] = request.extensions["timeout"]
        return question

    def _keep(self, response: httpx.Response) -> None:
        try:
            reply = settle(response)
            token, lifetime = self.read(reply)
        except MaybeSent:
            raise NotSent(code="no access token") from None
        if not reply.ok:
            raise Misconfigured(said(reply.body), code=str(reply.status))
        if not token:
            raise NotSent(code="no access token")
        self._token = token
        self._until = self._now() + timedelta(seconds=lifetime - min(60.0, lifetime / 10))
