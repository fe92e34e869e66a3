"""Uvicorn inside a running event loop: a free port, no signal handlers, a shutdown that does not wait."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from email.utils import formatdate
from functools import partial

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


class QuietServer(uvicorn.Server):
    """The signals belong to whoever owns the loop. `ready` is set when the port answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.leaving = asyncio.Event()

    async def main_loop(self) -> None:
        """Uvicorn looks every 100 ms whether it should go, which every test would wait for.

        What else it does there is done here: each answer bears the time, as Telegram's do.
        """
        while not self.leaving.is_set():
            self.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            with suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), 1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Yields the base URL. Whoever keeps connections open must let go of them before this block ends."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        config = uvicorn.Config(
            with_cut(app),
            http="h11",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        server = QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            await server.ready.wait()
            yield f"http://{host}:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.leaving.set()
            await serving


def with_cut(app: ASGIApp) -> ASGIApp:
    """Puts a way to cut the connection in the scope. ASGI has none; uvicorn's `send` belongs to the cycle that
    holds the transport.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        scope["guichet.cut"] = partial(_cut, transport)
        await app(scope, receive, send)

    return wrapped


def _cut(transport: asyncio.Transport | None) -> None:
    if transport is not None:
        transport.abort()
