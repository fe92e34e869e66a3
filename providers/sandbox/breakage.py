"""Does to a request what `faults` ordered: waits, hangs up, answers wrongly.

Only the transport can hang up: an ASGI app that returns without an answer makes uvicorn send a 500. So the
server's protocol (see `server`) puts its transport into the state that ASGI hands to every request.
"""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from providers.sandbox.events import Events
from providers.sandbox.faults import ON_THE_WIRE, Fault, FaultKind, Faults

_SPARED = ("/control", "/favicon")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>{status}</title></head>
<body><h1>Error {status}</h1><p>The host did not answer. Ray: 0000sandbox0000</p></body></html>
"""


class Breakage:
    def __init__(self, app: ASGIApp, faults: Faults, events: Events) -> None:
        self._app = app
        self._faults = faults
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/" or scope["path"].startswith(_SPARED):
            await self._app(scope, receive, send)
            return
        taken = self._faults.take(ON_THE_WIRE, scope["path"])
        if not taken:
            await self._app(scope, receive, send)
            return
        await self._broken(taken, scope, receive, send)

    async def _broken(self, taken: list[Fault], scope: Scope, receive: Receive, send: Send) -> None:
        delays = [fault for fault in taken if fault.kind is FaultKind.DELAY]
        harm = next((fault for fault in taken if fault.kind is not FaultKind.DELAY), None)
        receive = await _whole(receive)
        await self._wait(sum(fault.seconds for fault in delays if not fault.after_work))
        if harm and not _works_first(harm):
            await _answer_instead(harm, scope, receive, send)
            return
        reply = _Reply()
        await self._app(scope, receive, reply.send)
        await self._wait(sum(fault.seconds for fault in delays if fault.after_work))
        if harm:
            await _spoil(harm, reply, scope, receive, send)
        else:
            await reply.pass_on(send)

    async def _wait(self, seconds: float) -> None:
        """Real seconds; cut short when the sandbox stops."""
        until = asyncio.get_running_loop().time() + seconds
        while not self._events.closed and (left := until - asyncio.get_running_loop().time()) > 0:
            await self._events.news(left)


class _Reply:
    """What the app answered, kept back."""

    def __init__(self) -> None:
        self.start: MutableMapping[str, Any] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def pass_on(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})

    def headers(self, length: int) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in self.start["headers"] if name != b"content-length"]
        return [*kept, (b"content-length", str(length).encode())]


async def _whole(receive: Receive) -> Receive:
    """Reads the request before anything else, so that the work can be done for a client that is gone by then."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return again


def _works_first(fault: Fault) -> bool:
    if fault.kind in (FaultKind.STATUS, FaultKind.HTML):
        return fault.after_work
    return fault.kind is not FaultKind.DROP_REQUEST


async def _answer_instead(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.kind is FaultKind.DROP_REQUEST:
        await _hang_up(scope, receive)
    elif fault.kind is FaultKind.HTML:
        await _send(send, fault.status, b"text/html; charset=UTF-8", _PAGE.format(status=fault.status).encode())
    else:
        body = {"message": f"sandbox fault {fault.status}"} if fault.body is None else fault.body
        await _send(send, fault.status, b"application/json", json.dumps(body).encode())


async def _spoil(fault: Fault, reply: _Reply, scope: Scope, receive: Receive, send: Send) -> None:
    half = reply.body[: len(reply.body) // 2]
    match fault.kind:
        case FaultKind.DROP_REPLY:
            await _hang_up(scope, receive)
        case FaultKind.TRUNCATED:
            await send({**reply.start, "headers": reply.headers(len(reply.body))})
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _hang_up(scope, receive)
        case FaultKind.MALFORMED:
            await send({**reply.start, "headers": reply.headers(len(half) + 1)})
            await send({"type": "http.response.body", "body": half + b","})
        case FaultKind.EMPTY:
            await send({**reply.start, "headers": reply.headers(0)})
            await send({"type": "http.response.body", "body": b""})
        case _:
            await _answer_instead(fault, scope, receive, send)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the socket. Returning before uvicorn has seen that would be taken for a crash."""
    scope["state"]["transport"].close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
