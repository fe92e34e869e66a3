"""The network inside this process: httpx on one side, ASGI apps on the other, and the weather in between."""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

import httpx

from tests.storms.hourglass import outside
from tests.storms.pollers import Pollers
from tests.storms.story import Story
from tests.storms.weather import BEFORE_WORK, CALLBACKS, SYSTEMS, TELEGRAM, Fault, Weather

Message = MutableMapping[str, Any]
Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]

_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_LATE = (32.0, 85.0)


class Owner(Protocol):
    """Who sends: one life of the program."""

    alive: bool

    def may_die(self, where: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Unheard:
    """Work that may be done, and of which the program never heard."""

    at: float
    place: str
    said: str


class Wire:
    """`apps` by host; `doors` are the program's own, one for each instance that is alive.

    `pollers` wait until Telegram has something to say: no empty answer is worth the way.
    """

    def __init__(self, weather: Weather, story: Story) -> None:
        self.weather = weather
        self.story = story
        self.apps: dict[str, Asgi] = {}
        self.doors: dict[Owner, Asgi] = {}
        self.pollers: Pollers | None = None
        self.exchanges = 0
        self.unheard: dict[int, Unheard] = {}

    def of(self, owner: Owner | None) -> httpx.AsyncBaseTransport:
        return _Line(self, owner)

    def leave(self, owner: Owner) -> None:
        """It is dead: nothing reaches it any more."""
        self.doors.pop(owner, None)
        if self.pollers:
            self.pollers.leave(owner)

    def at(self, place: str) -> Asgi | None:
        """A callback comes to any instance."""
        if place != CALLBACKS:
            return self.apps.get(place)
        doors = list(self.doors.values())
        return self.weather.chance.choice(doors) if len(doors) > 1 else doors[0] if doors else None

    def quiet(self) -> httpx.AsyncBaseTransport:
        """For a payer's browser, whose own bad luck is of no interest."""
        return _Quiet(self)


class _Quiet(httpx.AsyncBaseTransport):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await _work(self._wire.apps[request.url.host], request, await request.aread(), 0.0)


class _Line(httpx.AsyncBaseTransport):
    def __init__(self, wire: Wire, owner: Owner | None) -> None:
        self._wire = wire
        self._owner = owner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        seconds = request.extensions.get("timeout", {}).get("read")
        if request.url.path.endswith("/getUpdates") and self._wire.pollers and self._owner:
            await self._wire.pollers.wait(self._owner, int(request.url.params["offset"]))
        told = ""
        try:
            async with asyncio.timeout(seconds):
                response = await self._exchange(request, body)
            told = f"{response.status_code} {_short(response.content)}"
        except TimeoutError:
            told = "no reply in time"
            raise httpx.ReadTimeout("no reply in time", request=request) from None
        except httpx.HTTPError as error:
            told = f"{type(error).__name__}: {error}"
            raise
        except asyncio.CancelledError:
            told = "the caller is gone"
            raise
        finally:
            self._tell(request, body, told)
        return response

    async def _exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        wire, place = self._wire, request.url.host
        self._alive("before a request")
        fault = wire.weather.strikes(place, keyed=place != "nkapsmart")
        app = wire.at(place)
        await asyncio.sleep(wire.weather.latency())
        if app is None or fault is Fault.REFUSED:
            raise httpx.ConnectError("connection refused", request=request)
        if fault in BEFORE_WORK:
            return _instead(fault, request)
        exchange = self._begun(request, body)
        late = wire.weather.chance.uniform(*_LATE) if fault is Fault.LATE_WORK else 0.0
        work = asyncio.get_running_loop().create_task(_work(app, request, body, late), context=outside())
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        response = await asyncio.shield(work)
        self._alive("before a reply")
        await asyncio.sleep(wire.weather.latency() + (120.0 if fault is Fault.SLOW_REPLY else 0.0))
        self._alive("with a reply")
        if fault:
            return _spoilt(fault, request, response)
        del wire.unheard[exchange]
        return response

    def _begun(self, request: httpx.Request, body: bytes) -> int:
        wire = self._wire
        number = wire.exchanges = wire.exchanges + 1
        wire.unheard[number] = Unheard(asyncio.get_running_loop().time(), request.url.host, _readable(request, body))
        return number

    def _alive(self, where: str) -> None:
        if self._owner is None:
            return
        self._owner.may_die(where)
        if not self._owner.alive:
            raise httpx.ConnectError("the program is dead")

    def _tell(self, request: httpx.Request, body: bytes, told: str) -> None:
        loop = asyncio.get_running_loop()
        said = _readable(request, body)[:1500].replace("\n", " ")
        self._wire.story.tell(loop.time(), request.url.host, f"{request.method} {said} -> {told}")


_ATTACHED = re.compile("attached[0-9a-f]{32}")
"""A file's name within its request, which python-telegram-bot draws."""


def _readable(request: httpx.Request, body: bytes) -> str:
    boundary = request.headers.get("Content-Type", "").partition("boundary=")[2]  # drawn where no seed reaches
    path, text = request.url.raw_path.decode(), body.decode(errors="replace").replace(boundary or "\0", "")
    text = _ATTACHED.sub("attached", text)
    if request.url.host == TELEGRAM:
        return f"/{path.rpartition('/')[2]} {unquote(text.replace('+', ' '))}"
    return f"{path} {text}"


def _short(content: bytes) -> str:
    return content[:1500].decode(errors="replace").replace("\n", " ")


def _instead(fault: Fault | None, request: httpx.Request) -> httpx.Response:
    match fault:
        case Fault.FLOOD:
            return _flood(request)
        case Fault.BROKEN:
            return httpx.Response(503, json={"message": "unavailable", "ok": False}, request=request)
        case Fault.HTML:
            return httpx.Response(502, html=_PAGE.decode(), request=request)
    raise httpx.ReadError("the connection was closed", request=request)


def _spoilt(fault: Fault, request: httpx.Request, response: httpx.Response) -> httpx.Response:
    match fault:
        case Fault.FLOOD_AFTER:
            return _flood(request)
        case Fault.BROKEN_AFTER:
            return httpx.Response(500, json={"message": "internal error"}, request=request)
        case Fault.HTML_AFTER:
            return httpx.Response(504, html=_PAGE.decode(), request=request)
        case Fault.MALFORMED:
            half = response.content[: len(response.content) // 2]
            return httpx.Response(response.status_code, content=half, request=request)
        case Fault.EMPTY:
            return httpx.Response(response.status_code, content=b"", request=request)
        case Fault.TRUNCATED:
            raise httpx.ReadError("the body broke off", request=request)
        case Fault.LOST_REPLY:
            raise httpx.RemoteProtocolError("the server disconnected", request=request)
    return response


def _flood(request: httpx.Request) -> httpx.Response:
    if request.url.host in SYSTEMS:
        return httpx.Response(429, json={"message": "slow down"}, headers={"Retry-After": "7"}, request=request)
    told = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}}
    return httpx.Response(429, json=told, request=request)


async def _work(app: Asgi, request: httpx.Request, body: bytes, late: float) -> httpx.Response:
    if late:
        await asyncio.sleep(late)
    never = asyncio.get_running_loop().create_future()
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    start: Message = {}
    content: list[bytes] = []

    async def receive() -> Message:
        if unread:
            return unread.pop()
        await never
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            content.append(message.get("body", b""))

    await app(_scope(request), receive, send)
    return httpx.Response(start["status"], headers=start["headers"], content=b"".join(content), request=request)


def _scope(request: httpx.Request) -> MutableMapping[str, Any]:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "server": (url.host, url.port or 80),
        "client": ("127.0.0.1", 40_000),
        "state": {},
    }
