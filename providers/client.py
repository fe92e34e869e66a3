"""The one HTTP client of all gateways: what leaves, what comes back, and what an error says about the money.

Every way a call can end is one of
├── Reply          2xx, or a readable 4xx that the gateway must put into words
├── NotSent        no connection came about, or 429
├── Misconfigured  401, 403
└── MaybeSent      everything else, the unknown included
"""

import asyncio
import functools
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, cast

import aiohttp
import httpx
import structlog
from httpx_aiohttp import AiohttpTransport

from providers.errors import MaybeSent, Misconfigured, NotSent, ProviderError, Reason
from providers.redaction import quoted

CONNECT = 5.0
READ = 30.0
POOL = 10.0
"""Seconds for a free connection, name look-up and handshake included (aiohttp counts them as one)."""

BODY_CAP = 2**20
_AT_LARGE = "guichet.at_large"
_CAP = "guichet.cap"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON object and its HTTP status. Fractions are Decimal; a float never exists."""

    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 300


class Observer(Protocol):
    """Counts, and has no say. `answered`: one request had an answer; `ended`: a whole call is over, "ok" or how not."""

    def answered(self, system: str, seconds: float) -> None: ...
    def ended(self, system: str, how: str) -> None: ...


class Nobody:
    def answered(self, system: str, seconds: float) -> None:
        """Nobody looks."""

    def ended(self, system: str, how: str) -> None:
        """Nobody looks."""


class Client:
    """One account's connections. `transport` None is the network. `auth` is the gateway's, used on every call.

    Money goes by POST and nothing else: aiohttp sends an idempotent method again when a kept connection turns
    out to be closed (RFC 9112, 9.3.1), a POST never.
    """

    def __init__(self, name: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.name = name
        self.auth: httpx.Auth | None = None
        self.connect, self.pool, self.read = CONNECT, POOL, READ
        self._wire = _Wire(name, transport or network())
        self.http = httpx.AsyncClient(
            base_url=base_url,
            transport=self._wire,
            follow_redirects=False,
            trust_env=False,  # a proxy, or a .netrc, that nobody named must not see keys
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        read: float | None = None,
        rows: bool = False,
        cap: int = BODY_CAP,
    ) -> Reply:
        """`rows`: the answer is a list, which then stands under "rows"."""
        return await self._send("GET", path, read=read, cap=cap, rows=rows, params=params, headers=headers)

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | bytes,
        *,
        headers: Mapping[str, str] | None = None,
        read: float | None = None,
        cap: int = BODY_CAP,
    ) -> Reply:
        """A body in bytes is sent as it is, for systems that sign it."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        typed = {"Content-Type": "application/json", **(headers or {})}
        return await self._send("POST", path, read=read, cap=cap, content=content, headers=typed)

    def observe(self, observer: Observer) -> None:
        self._wire.observer = observer

    async def close(self) -> None:
        await self.http.aclose()

    async def _send(self, method: str, path: str, **parts: Any) -> Reply:
        try:
            reply = await self._exchange(method, path, **parts)
        except ProviderError as error:
            self._wire.observer.ended(self.name, verdict_of(error))
            raise
        self._wire.observer.ended(self.name, "ok")
        return reply

    async def _exchange(
        self, method: str, path: str, *, read: float | None, cap: int = BODY_CAP, rows: bool = False, **parts: Any
    ) -> Reply:
        read = self.read if read is None else read
        timeout = httpx.Timeout(read, connect=self.connect, pool=self.pool)
        request = self.http.build_request(method, path, timeout=timeout, extensions={_CAP: cap}, **parts)
        try:
            # The read timeout starts anew with every byte; the deadline does not.
            async with asyncio.timeout(self.pool + 2 * read):
                response = await self.http.send(request, auth=self.auth)
        except ProviderError:
            raise
        except Exception as error:
            failure = judge(error, at_large=request.extensions.get(_AT_LARGE, False))
            log.warning(
                "call_broken",
                system=self.name,
                method=method,
                path=path,
                error=_name(error),
                verdict=type(failure).__name__,
            )
            raise failure from None
        return settle(response, rows=rows)


def settle(response: httpx.Response, *, rows: bool = False) -> Reply:
    """What a complete answer says about the request; the body must have been read."""
    listed = rows and response.is_success
    status, body = response.status_code, (_rows if listed else json_object)(response.content)
    words = said(body)
    if response.is_success and body is not None:
        return Reply(status, body)
    if status == 429:
        raise NotSent(Reason.LIMIT_REACHED, words, code="429", retry_after=_retry_after(response))
    if status == 401 or (status == 403 and body is not None):
        raise Misconfigured(words, code=str(status))
    # 408 and 425 may come from a proxy that had passed the request on, 409 may be about our own first try,
    # and a 4xx in HTML was written by something that is not the system.
    if response.is_client_error and body is not None and status not in {408, 409, 425}:
        return Reply(status, body)
    raise MaybeSent(words, code=str(status))


VERDICTS = ("ok", "unreachable", "limited", "keys", "doubt", "refused")


def verdict_of(error: ProviderError) -> str:
    """One of VERDICTS, for whoever counts."""
    match error:
        case NotSent():
            return "limited" if error.reason is Reason.LIMIT_REACHED else "unreachable"
        case Misconfigured():
            return "keys"
        case MaybeSent():
            return "doubt"
    return "refused"


def judge(error: Exception, *, at_large: bool) -> NotSent | MaybeSent:
    """`at_large`: the request was handed to the network and no answer has called it back."""
    if not at_large or _never_left(error):
        return NotSent(code=_name(error))
    return MaybeSent(code=_name(error))


def said(body: Mapping[str, Any] | None) -> str:
    """The sentence for people in an error body, whatever the system calls it."""
    for name in ("message", "detail", "error", "msg"):
        told = (body or {}).get(name)
        # Validators list one sentence for each field.
        if words := quoted("; ".join(filter(_is_text, told)) if isinstance(told, list) else told):
            return words
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def json_object(content: bytes) -> dict[str, Any] | None:
    """None for all that is no JSON object."""
    body = _json(content)
    return body if isinstance(body, dict) else None


def _rows(content: bytes) -> dict[str, Any] | None:
    body = _json(content)
    return {"rows": body} if isinstance(body, list) else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def network(connections: int = 100) -> AiohttpTransport:
    """aiohttp under httpx: several times the rate of httpcore, see docs/decisions.md."""

    def session() -> aiohttp.ClientSession:
        # Kept connections are dropped before a server's usual 5 s (uvicorn) or more: a POST on a connection
        # that the server is just closing would end as MaybeSent for nothing.
        connector = aiohttp.TCPConnector(ssl=_certificates(), limit=connections, keepalive_timeout=4.0)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    return AiohttpTransport(verify=_certificates(), client=session)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Takes 17 ms to make, so every account shares it."""
    return httpx.create_ssl_context(trust_env=False)


class _Wire(httpx.AsyncBaseTransport):
    """Between httpx and the network: logs each request, caps each body, and knows whether a request is out."""

    def __init__(self, name: str, inner: httpx.AsyncBaseTransport) -> None:
        self._name = name
        self._inner = inner
        self.observer: Observer = Nobody()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        started = time.perf_counter()
        request.extensions[_AT_LARGE] = True
        response = await self._inner.handle_async_request(request)
        request.extensions[_AT_LARGE] = response.status_code != 401  # refused at the door, hence not obeyed
        took = time.perf_counter() - started
        self.observer.answered(self._name, took)
        quiet = request.method == "GET" and response.is_success  # thousands of looks at pending payments
        (log.debug if quiet else log.info)(
            "call",
            system=self._name,
            method=request.method,
            path=request.url.path,
            status=response.status_code,
            ms=round(took * 1000),
        )
        response.stream = _Capped(cast("httpx.AsyncByteStream", response.stream), _cap(request, response))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Capped(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, cap: int) -> None:
        self._inner = inner
        self._cap = cap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > self._cap:
                raise httpx.ReadError("the body is too big")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def _cap(request: httpx.Request, response: httpx.Response) -> int:
    """We ask for plain bodies. One that comes packed may unpack to a thousand times its size."""
    cap: int = request.extensions.get(_CAP, BODY_CAP)
    return cap // 16 if response.headers.get("Content-Encoding", "identity") != "identity" else cap


# Each error of httpx, by what it says about a request that was handed over. The test of this table fails on
# an error that is not in it.
NEVER_LEFT: Mapping[type[Exception], bool] = {
    httpx.ConnectError: True,  # refused, no such name, TLS handshake failed
    httpx.ConnectTimeout: True,
    httpx.PoolTimeout: True,
    httpx.UnsupportedProtocol: True,
    httpx.InvalidURL: True,
    httpx.HTTPError: False,
    httpx.RequestError: False,
    httpx.TransportError: False,
    httpx.TimeoutException: False,
    httpx.ReadTimeout: False,
    httpx.WriteTimeout: False,
    httpx.NetworkError: False,
    httpx.ReadError: False,
    httpx.WriteError: False,
    httpx.CloseError: False,
    httpx.ProtocolError: False,
    httpx.LocalProtocolError: False,
    httpx.RemoteProtocolError: False,
    httpx.ProxyError: False,
    httpx.DecodingError: False,
    httpx.TooManyRedirects: False,
    httpx.HTTPStatusError: False,
    httpx.CookieConflict: False,
    httpx.StreamError: False,
    httpx.StreamConsumed: False,
    httpx.StreamClosed: False,
    httpx.ResponseNotRead: False,
    httpx.RequestNotRead: False,
}

# All that aiohttp 3.14 raises before it has a connection (client.py, _connect_and_send_request).
_NO_CONNECTION = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


def _never_left(error: Exception) -> bool:
    """Asks aiohttp's own error first: httpx-aiohttp 0.2.0 turns a connection that died after the request was
    written (ServerDisconnectedError, ClientOSError) into httpx.ConnectTimeout, which would mean a second payment."""
    if isinstance(error.__cause__, aiohttp.ClientError):
        return isinstance(error.__cause__, _NO_CONNECTION)
    return NEVER_LEFT.get(type(error), False)


def _name(error: Exception) -> str:
    """The class alone: the text of an error may quote what came over the wire."""
    return type(error.__cause__ or error).__name__


def _retry_after(response: httpx.Response) -> float:
    """Seconds, or a date, which is read against the system's own clock. A minute where it named no time."""
    value = response.headers.get("Retry-After", "")
    try:
        if value.isascii() and value.isdigit():
            seconds = float(value[:6])
        else:
            until, date = parsedate_to_datetime(value), parsedate_to_datetime(response.headers.get("Date", ""))
            seconds = (until - date).total_seconds()
    except (TypeError, ValueError):
        return 60.0
    return min(max(seconds, 1.0), 3600.0)
