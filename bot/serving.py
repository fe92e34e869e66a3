"""An HTTP server beside the bot, in the same loop."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_HEAD_WITHIN = 20.0


class Serving:
    """`listen` is "host:port"; port 0 takes a free one. `limits` are uvicorn's."""

    def __init__(
        self,
        app: ASGIApp,
        listen: str,
        *,
        proxy_headers: bool = False,
        head_within: float = _HEAD_WITHIN,
        **limits: Any,
    ) -> None:
        host, _, port = listen.rpartition(":")
        self._address = (host.strip("[]"), int(port))
        config = uvicorn.Config(
            app,
            http=partial(_Prompt, head_within),  # type: ignore[arg-type]  # it is called, and asked nothing else
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=proxy_headers,
            **limits,
        )
        self._server = _Server(config)
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


class _Prompt(H11Protocol):
    """uvicorn waits for the end of a request's head for as long as bytes come, and a thousand such hold every place."""

    def __init__(self, head_within: float, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_within = head_within
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle and not self.cycle.response_complete:
            self._stop_waiting()
        elif not self._cut:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._cut = self.loop.call_later(self._head_within, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


class _Server(uvicorn.Server):
    """Leaves the process's signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
