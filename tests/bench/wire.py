"""A server for benches that costs next to nothing: HTTP/1.1 with kept connections, one answer a request."""

import asyncio
import re
from collections.abc import Awaitable, Callable

Handle = Callable[[str, bytes], Awaitable[bytes]]
"""Path and body to a JSON body."""

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Wire(asyncio.Protocol):
    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._heard = bytearray()
        self._at_work: asyncio.Task[None] | None = None
        self._out: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._out = None

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0 or self._at_work:
            return
        length = _LENGTH.search(self._heard, 0, end + 2)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._heard) < whole:
            return
        path = self._heard[: self._heard.find(b"\r\n")].split(b" ")[1].decode()
        body = bytes(self._heard[end + 4 : whole])
        del self._heard[:whole]
        self._at_work = asyncio.create_task(self._answer(path, body))

    async def _answer(self, path: str, body: bytes) -> None:
        said = await self._handle(path, body)
        self._at_work = None
        if self._out:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
            self._out.write(head + said)
            self.data_received(b"")


async def serve(handle: Handle) -> int:
    """The port. It is served for as long as the loop runs."""
    server = await asyncio.get_running_loop().create_server(lambda: Wire(handle), "127.0.0.1", 0, backlog=1024)
    asyncio.get_running_loop().create_task(server.serve_forever())
    port: int = server.sockets[0].getsockname()[1]
    return port
