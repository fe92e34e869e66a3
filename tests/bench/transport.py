"""Stock httpx against httpx over aiohttp against our Client, all against one uvicorn, side by side.

The calls are a status look-up each. Rounds are interleaved and medians of five, so that what else the machine
does falls on all alike; the ratios are what counts.
"""

import asyncio
import contextlib
import logging
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import structlog

from providers.client import Client, network

ROUNDS = 5
CALLS = 600
IN_FLIGHT = (1, 32, 64)
REPLY = b'{"reference": "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c11", "status": "PENDING", "amount": "20.00"}'

Ask = Callable[[], Awaitable[object]]


async def stub(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The server, as plain ASGI."""
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(REPLY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": REPLY})


def run() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with _served() as url:
        rates = asyncio.run(_measure(url))
    stock = rates["httpx"]
    for name, by_load in rates.items():
        cells = [f"{load} in flight {rate:6.0f}/s ({rate / stock[load]:.1f}x)" for load, rate in by_load.items()]
        print(f"{name:20} " + "   ".join(cells))


async def _measure(url: str) -> dict[str, dict[int, float]]:
    async with (
        httpx.AsyncClient(base_url=url, timeout=30) as stock,
        httpx.AsyncClient(base_url=url, transport=network(), timeout=30) as over_aiohttp,
    ):
        ours = Client("bench", url)
        asks: dict[str, Ask] = {
            "httpx": lambda: stock.get("/status"),
            "httpx over aiohttp": lambda: over_aiohttp.get("/status"),
            "Client": lambda: ours.get("/status"),
        }
        rates = await _medians(asks)
        await ours.close()
    return rates


async def _medians(asks: dict[str, Ask]) -> dict[str, dict[int, float]]:
    """One round of each in turn, five times over."""
    seen: dict[str, dict[int, list[float]]] = {name: {load: [] for load in IN_FLIGHT} for name in asks}
    for load in IN_FLIGHT:
        for _ in range(ROUNDS):
            for name, ask in asks.items():
                seen[name][load].append(await _rate(ask, load))
    return {name: {load: statistics.median(rates) for load, rates in loads.items()} for name, loads in seen.items()}


async def _rate(ask: Ask, load: int) -> float:
    async def worker(calls: int) -> None:
        for _ in range(calls):
            await ask()

    await asyncio.gather(*(worker(1) for _ in range(load)))
    started = time.perf_counter()
    await asyncio.gather(*(worker(CALLS // load) for _ in range(load)))
    return CALLS // load * load / (time.perf_counter() - started)


@contextlib.contextmanager
def _served() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.bench.transport:stub",
        "--port",
        str(port),
        "--log-level",
        "critical",
    ]
    with subprocess.Popen(command, env=os.environ) as server:
        try:
            _await_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _await_port(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
            return
        time.sleep(0.05)
    raise TimeoutError("the stub did not start")
