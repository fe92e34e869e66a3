"""A small HTTP/1.1 server on a real socket that answers what a test tells it, and remembers what it was asked."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

CRLF = b"\r\n"
IN_VAIN = 2.0
"""Seconds to wait for an answer that never comes; those before it must be there sooner, on a busy machine too."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(frozen=True)
class Answer:
    """`raw` goes out as it is; `then` keeps the connection, or closes, resets, hangs, or drips blanks."""

    raw: bytes
    then: str = "keep"
    after: float = 0.0


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Answer(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + content, **more)


CLOSES = Answer(b"", then="close")
RESETS = Answer(b"", then="reset")
HANGS = Answer(b"", then="hang")

Turn = Answer | Callable[[Asked], Answer]


@dataclass
class Wire:
    """`script` maps "METHOD /path" to its answers, in turn; the last one is repeated. `anything` answers the rest."""

    script: dict[str, list[Turn]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    anything: Answer = field(default_factory=lambda: answer(404, {"message": "no such page"}))
    url: str = ""

    def __post_init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self.news = asyncio.Event()

    def says(self, what: str, *answers: Turn) -> None:
        self.script[what] = list(answers)

    def heard(self, what: str) -> list[Asked]:
        return [asked for asked in self.asked if f"{asked.method} {asked.path}" == what]

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    async def close(self) -> None:
        self._over.set()
        self._server.close()
        self.hang_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Closes every connection that stands open, as a server does with idle ones."""
        for writer in list(self._writers):
            writer.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while asked := await _read(reader):
                self.asked.append(asked)
                self.news.set()
                if not await self._reply(self._next(asked), writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    def _next(self, asked: Asked) -> Answer:
        turns = self.script.get(f"{asked.method} {asked.path}") or [self.anything]
        turn = turns.pop(0) if len(turns) > 1 else turns[0]
        return turn if isinstance(turn, Answer) else turn(asked)

    async def _reply(self, reply: Answer, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(reply.after)
        writer.write(reply.raw)
        if reply.then == "reset":
            writer.transport.abort()
            return False
        await writer.drain()
        if reply.then == "hang":
            await self._over.wait()
        while reply.then == "drip" and not self._over.is_set():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)
        return reply.then == "keep"


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    opening = await reader.read(1)
    if opening in {b"", b"\x16"}:  # the end, or somebody who speaks TLS to a plain port
        return None
    head = (opening + await reader.readuntil(CRLF * 2)).decode().split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)
