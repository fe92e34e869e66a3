"""Ten thousand open payments that are all due: the whole program looks at each, 20 ms a look, 64 in flight, and stores
what it heard. The floor is the same calls by bare aiohttp, with nothing stored.
"""

import asyncio
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import aiohttp
import httpx
from sqlalchemy import insert

from storage import people
from storage.engine import Storage
from storage.models import Attempt, Payment
from storage.states import State
from tests.bench import programs
from tests.bench.table import Row

LOOK = 0.02
IN_FLIGHT = 64
MANY, FEW = 10_000, 1_000


def run(*, short: bool = False) -> list[Row]:
    many = FEW if short else MANY
    with tempfile.TemporaryDirectory() as folder, programs.street(0.001, LOOK) as url:
        file = Path(folder) / "bench.db"
        fill(Storage(f"sqlite:///{file}"), many)
        bare, bare_cost = asyncio.run(_bare(url, many))
        stock, _ = asyncio.run(_stock(url, FEW))
        with programs.bot("ours", url, f"sqlite:///{file}") as pid:
            ours, cost = swept(file, url, pid, many)
    per, bare_per = cost / many * 1e6, bare_cost / many * 1e6
    print(f"floor {bare:.1f} s ({bare_per:.0f} µs a look), ours {ours:.1f} s ({per:.0f} µs)")
    measured = (
        f"{many:,} in {ours:.1f} s: {ours / bare:.2f} x the floor measured beside it ({bare:.1f} s), "
        f"{stock * many / FEW / ours:.1f} x as fast as stock httpx; {per:.0f} µs of the processor a look"
    )
    ratios = {"sweep: floor / ours, processor": bare_per / per}
    return [
        Row(
            "a sweep of open payments, 20 ms a look, 64 in flight",
            measured,
            "1.3 x the floor",
            ours <= 1.3 * bare,
            ratios,
            f"{per / 1e3:.2f} ms of Python a look (claim, httpx, judge, note) in one process; the goal leaves "
            f"{1.3 * bare / many * 1e3:.2f}",
        )
    ]


def fill(storage: Storage, many: int) -> None:
    """Open payments, sent an hour ago, none of them due."""
    storage.migrate()
    now = datetime.now(UTC)
    storage.transact(
        people.settle_house, [1], now=now, country="CM", timezone="Africa/Douala", language="en", admin_chat_id=None
    )
    sent = now - timedelta(hours=1)
    rows = [
        Payment(
            id=f"P{number:09}", merchant_id=1, intent=f"1:{number}", kind="collection", state=State.PENDING,
            amount=5000, currency="XAF", msisdn="237677123456", country="CM", operator="MTN", provider="campay",
            description="", asker_id=1, chat_id=1, channel="mobile", created_at=sent, sent_at=sent, looks=9,
            confirmed_at=sent,
            reference=f"bench-{number}",
        ).model_dump()
        for number in range(many)
    ]  # fmt: skip
    tries = [
        Attempt(
            id=_key(number), merchant_id=1, payment_id=f"P{number:09}", provider="campay", created_at=sent
        ).model_dump()
        for number in range(many)
    ]
    if not many:
        return
    with storage.engine.begin() as connection:
        connection.execute(insert(Payment), rows)
        connection.execute(insert(Attempt), tries)
    storage.engine.dispose()


def _key(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def swept(file: Path, url: str, pid: int, many: int) -> tuple[float, float]:
    """Seconds on the clock and of the processor, until each was looked at and the look was stored."""
    books = sqlite3.connect(file, timeout=30, isolation_level=None)
    programs.errands(url, line="/balance", lines=1, in_flight=1)
    before = programs.processor(pid)
    began = time.perf_counter()
    books.execute("UPDATE payment SET due_at = '2020-01-01 00:00:00.000000'")
    while _looked(url) < many:
        time.sleep(0.05)
    while books.execute("SELECT count(*) FROM payment WHERE looks = 9").fetchone()[0]:
        time.sleep(0.02)
    return time.perf_counter() - began, programs.processor(pid) - before


def _looked(url: str) -> int:
    with urlopen(f"{url}/looked") as reply:  # noqa: S310 - http, ours
        return int(reply.read())


async def _bare(url: str, many: int) -> tuple[float, float]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def look(number: int) -> None:
            async with session.get(f"{url}/transaction/bare-{number}/") as reply:
                await reply.json()

        return await _timed(look, many)


async def _stock(url: str, many: int) -> tuple[float, float]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:

        async def look(number: int) -> None:
            (await client.get(f"/transaction/bare-{number}/")).json()

        return await _timed(look, many)


async def _timed(look, many: int) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    numbers = iter(range(many))

    async def hand() -> None:
        for number in numbers:
            await look(number)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(hand() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began, time.process_time() - used
