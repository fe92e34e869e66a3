"""Runs the sandbox: uvicorn in the running event loop, for tests and for the command line."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from providers.sandbox.app import build
from providers.sandbox.callbacks import Callbacks
from providers.sandbox.faults import Faults
from providers.sandbox.ledger import Ledger
from providers.sandbox.phones import Phones
from providers.sandbox.settings import Settings
from providers.sandbox.world import World, utc_now


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox in this process: its address, and its insides for direct use."""

    url: str
    world: World

    @property
    def settings(self) -> Settings:
        return self.world.settings

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger

    @property
    def phones(self) -> Phones:
        return self.world.phones

    @property
    def faults(self) -> Faults:
        return self.world.faults

    @property
    def callbacks(self) -> Callbacks:
        return self.world.callbacks

    async def tick(self) -> None:
        """What is due by the clock happens now; returns when the callbacks that were due are answered."""
        await self.world.tick()


@asynccontextmanager
async def serve(
    settings: Settings | None = None,
    *,
    ledger: Path | None = None,
    clock: Callable[[], datetime] = utc_now,
    ids: Callable[[], UUID] = uuid4,
    chance: Random | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Sandbox]:
    """Runs the sandbox on a free port of this machine, inside the running event loop.

    ::

        async with serve(Settings.instant()) as box:
            ...  # point the client under test at box.url, token box.settings.campay.token; let it collect
            [prompt] = box.phones.prompts("237671000101")
            box.phones.approve("237671000101", "1234")
            box.faults.order("drop_reply", "/collect/", times=1)
            await box.tick()  # what is due happens now: timeouts, outcomes, callbacks

    A background tick runs by itself. With a `clock` that stands still nothing becomes due until the test moves
    it; `tick()` then makes it happen at once. `ledger` is a file that outlives this sandbox; without it
    everything is in memory. Leaving the block closes every connection, open event streams too.
    """
    with closing(listen(host, port)) as listener:
        world = World(settings or Settings(), ledger, clock, ids, chance)
        server = Server(world)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Sandbox(address(listener), world)
        finally:
            server.stop()
            await running


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to whoever runs it, stops at a word, and lets no open stream delay it."""

    def __init__(self, world: World) -> None:
        super().__init__(
            uvicorn.Config(
                build(world), http=_Protocol, ws="none", lifespan="on", log_config=None, access_log=False,
                timeout_graceful_shutdown=5,
            )
        )  # fmt: skip
        self._world = world
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self._stopped.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0) and not self._stopped.is_set():
            try:
                async with asyncio.timeout(1):  # uvicorn refreshes its Date header in on_tick
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.events.close()  # event streams and delayed requests end before connections are counted
        await super().shutdown(sockets)


class _Protocol(H11Protocol):
    """Hands each request its transport, so that a fault can really hang up (see `breakage`)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}


def listen(host: str, port: int) -> socket.socket:
    """Listening already, so that a client may connect before the server's first turn."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
