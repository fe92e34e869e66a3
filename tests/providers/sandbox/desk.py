"""A sandbox for a test: a clock that the test moves, and CamPay's calls in one line each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from providers.sandbox import Sandbox, Settings, serve

MTN = "237671000101"
ORANGE = "237691000102"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def skip(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Desk:
    box: Sandbox
    clock: Clock
    http: httpx.AsyncClient

    async def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.http.post(path, json=body, **options)

    async def collect(self, amount: object = "20", phone: object = MTN, **more: Any) -> httpx.Response:
        return await self.post("/api/collect/", {"amount": amount, "from": phone, "description": "Shoes", **more})

    async def withdraw(self, amount: object = "20", phone: object = MTN, **more: Any) -> httpx.Response:
        return await self.post("/api/withdraw/", {"amount": amount, "to": phone, "description": "Wages", **more})

    async def record(self, reply: httpx.Response) -> dict[str, Any]:
        """The transaction that a reply started."""
        answer = await self.http.get(f"/api/transaction/{reply.json()['reference']}/")
        record: dict[str, Any] = answer.raise_for_status().json()
        return record

    async def paid(self, amount: object = "20", phone: str = MTN, **more: Any) -> dict[str, Any]:
        reply = await self.collect(amount, phone, **more)
        self.box.phones.approve(phone, "1234")
        return await self.record(reply)

    async def after(self, seconds: float) -> None:
        self.clock.skip(seconds)
        await self.box.tick()

    async def balance(self) -> dict[str, Any]:
        balance: dict[str, Any] = (await self.http.get("/api/balance/")).raise_for_status().json()
        return balance


@asynccontextmanager
async def desk(
    settings: Settings | None = None, ledger: Path | None = None, clock: Clock | None = None
) -> AsyncIterator[Desk]:
    clock = clock or Clock()
    async with serve(settings, ledger=ledger, clock=clock, chance=Random(1)) as box:
        headers = {"Authorization": f"Token {box.settings.campay.token}"}
        async with httpx.AsyncClient(base_url=box.url, headers=headers, trust_env=False, timeout=30) as http:
            yield Desk(box, clock, http)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # over sockets, nothing here sets an event
            await asyncio.sleep(0.005)


@dataclass(frozen=True)
class Heard:
    method: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Receiver:
    """A merchant's callback address. `answers` are the next replies' statuses; then 200."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        lengths = [line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length")]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        query = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        named = (line.partition(": ") for line in head.split("\r\n")[1:] if line)
        self.heard.append(Heard(method, query, body, {name.lower(): value for name, _, value in named}))
        status = self.answers.pop(0) if self.answers else 200
        writer.write(f"HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def heard_times(self, times: int) -> list[Heard]:
        await until(lambda: len(self.heard) >= times)
        return self.heard


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    heard = Receiver()
    server = await asyncio.start_server(heard.serve_one, "127.0.0.1", 0)
    heard.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told?shop=7"
    async with server:
        yield heard
