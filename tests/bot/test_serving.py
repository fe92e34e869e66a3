"""Who takes their time over a request, on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.demo.programs import free_port
from bot.serving import Serving

WITHIN = 1.0
HEAD = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def slow(request: Request) -> PlainTextResponse:
        await asyncio.sleep(2 * WITHIN)
        return PlainTextResponse((await request.body()).decode())

    number = free_port()
    serving = Serving(
        Starlette(routes=[Route("/slow", slow, methods=["POST"])]), f"127.0.0.1:{number}", head_within=WITHIN
    )
    await serving.start()
    yield number
    await serving.stop()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(60):
            yield reader, writer
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return await reader.readexactly(2)


async def drip(writer: asyncio.StreamWriter, content: bytes) -> None:
    for byte in content * 1000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("earlier", [0, 1])
async def test_a_head_that_comes_byte_by_byte_is_cut_off(port: int, earlier: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(earlier):
            writer.write(HEAD + b"ok")
            assert await answered(reader) == b"ok"
        writer.write(b"GET / HTTP/1.1\r\n")
        dripping = asyncio.create_task(drip(writer, b"X: y\r\n"))
        with suppress(ConnectionResetError):  # it was still writing
            assert await reader.read() == b""
        dripping.cancel()


async def test_who_connects_and_says_nothing_is_cut_off(port: int) -> None:
    async with connected(port) as (reader, _):
        assert await reader.read() == b""


async def test_an_answer_may_take_longer_and_so_may_the_next_request(port: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(HEAD)
            await asyncio.sleep(0.1)
            writer.write(b"ok")
            assert await answered(reader) == b"ok"
            await asyncio.sleep(1.5 * WITHIN)
