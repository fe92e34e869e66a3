"""What the outside may call: callbacks and a sign of life."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.payments.callbacks import Callbacks
from providers.base import CallbackRequest
from providers.errors import BadCallback, Unsupported
from storage.people import HOUSE

_BODY_MOST = 64 * 1024


class Web:
    """Serves on `listen` ("host:port"; port 0 takes a free one) beside the bot, in the same loop."""

    def __init__(self, callbacks: Callbacks, listen: str) -> None:
        self._callbacks = callbacks
        host, _, port = listen.rpartition(":")
        routes = [
            Route("/callbacks/{provider}", self._callback, methods=["GET", "POST"]),
            Route("/health", _health),
        ]
        self._address = (host.strip("[]"), int(port))
        self._server = _Server(
            uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError where the address can't be had."""
        # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(self._address)
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        self._serving = asyncio.create_task(self._server.serve([listener]))

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving:
            await self._serving

    async def _callback(self, request: Request) -> Response:
        """Stored before it is answered; asked about afterwards."""
        received = CallbackRequest(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query_params),
            body=await _body(request),
        )
        try:
            known = await self._callbacks.receive(HOUSE, request.path_params["provider"], received)
        except (BadCallback, Unsupported):
            return JSONResponse({"error": "not accepted"}, status_code=400)
        return JSONResponse({"ok": True}) if known else JSONResponse({"error": "not found"}, status_code=404)


class _Server(uvicorn.Server):
    """Leaves the process's signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_MOST:
            raise HTTPException(413)
    return body


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True})
