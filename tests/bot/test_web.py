from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from bot.demo.programs import free_port
from bot.web import Web
from storage.engine import Storage
from storage.models import Inbound
from tests.books import NOON, open_books, shut
from tests.bot.payments.counter import Counter

GOOD = {"signature": "good", "reference": "R1", "status": "SUCCESSFUL"}
MOST = 64 * 1024


@dataclass
class Door:
    counter: Counter
    http: httpx.AsyncClient

    def kept(self) -> list[Inbound]:
        return self.counter.storage.transact(lambda session: list(session.exec(select(Inbound)).all()))


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    books = open_books(tmp_path)
    yield books
    shut(books)


@pytest.fixture
async def door(storage: Storage) -> AsyncIterator[Door]:
    counter, port = Counter(storage), free_port()
    web = Web(counter.callbacks, f"127.0.0.1:{port}")
    await web.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield Door(counter, http)
    await web.stop()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_callback_is_kept_and_wakes_its_payment(door: Door, method: str) -> None:
    payment = await door.counter.sent()
    answer = await door.http.request(method, "/callbacks/scripted", params=GOOD)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert [kept.payment_id for kept in door.kept()] == [payment.id]
    assert door.counter.now(payment).due_at == NOON


async def test_a_callback_that_comes_again_is_answered_the_same(door: Door) -> None:
    await door.counter.sent()
    answers = [await door.http.get("/callbacks/scripted", params=GOOD) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (len(door.kept()), door.counter.woken) == (1, 1)


@pytest.mark.parametrize("params", [{}, {**GOOD, "signature": "forged"}])
async def test_a_forged_callback_is_refused_and_leaves_nothing(door: Door, params: dict[str, str]) -> None:
    answer = await door.http.get("/callbacks/scripted", params=params)
    assert answer.status_code == 400
    assert door.kept() == []


@pytest.mark.parametrize("path", ["/callbacks/another", "/callbacks/", "/callbacks/a/b", "/", "/telegram", "/docs"])
async def test_nothing_else_is_there(door: Door, path: str) -> None:
    assert (await door.http.get(path, params=GOOD)).status_code == 404


async def test_a_callback_is_sent_and_not_put_or_deleted(door: Door) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await door.http.request(method, "/callbacks/scripted", params=GOOD)).status_code == 405


@pytest.mark.parametrize(("size", "status"), [(MOST, 200), (MOST + 1, 413), (4 * MOST, 413)])
async def test_a_body_has_its_most(door: Door, size: int, status: int) -> None:
    answer = await door.http.post("/callbacks/scripted", params=GOOD, content=b"x" * size)
    assert answer.status_code == status
    assert len(door.kept()) == (status == 200)


async def test_a_body_of_unknown_length_has_its_most_too(door: Door) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 8192

    answer = await door.http.post("/callbacks/scripted", params=GOOD, content=drip())
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[1]", b"null", b'{"a": 1'])
async def test_a_body_that_cannot_be_read_breaks_nothing(door: Door, body: bytes) -> None:
    assert (await door.http.post("/callbacks/scripted", content=body)).status_code == 400


async def test_it_says_that_it_lives(door: Door) -> None:
    answer = await door.http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


@pytest.mark.parametrize(("proxies", "statuses"), [(["127.0.0.1"], {200}), (["192.0.2.1"], {200, 429})])
async def test_where_a_call_comes_from_is_believed_of_a_trusted_proxy_only(
    storage: Storage, proxies: list[str], statuses: set[int]
) -> None:
    port = free_port()
    web = Web(Counter(storage).callbacks, f"127.0.0.1:{port}", [], proxies)
    await web.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        sources = [{"X-Forwarded-For": f"203.0.113.9, 198.51.100.{number}"} for number in range(40)]
        found = {(await http.get("/return/scripted", headers=source)).status_code for source in sources}
    await web.stop()
    assert found == statuses


async def test_an_address_that_is_taken_is_told_at_once(door: Door) -> None:
    port = door.http.base_url.port
    with pytest.raises(OSError, match="in use"):
        await Web(door.counter.callbacks, f"127.0.0.1:{port}").start()


async def test_it_listens_on_an_address_of_the_newer_kind_too(storage: Storage) -> None:
    port = free_port()
    web = Web(Counter(storage).callbacks, f"[::1]:{port}")
    await web.start()
    async with httpx.AsyncClient(timeout=30) as http:
        assert (await http.get(f"http://[::1]:{port}/health")).status_code == 200
    await web.stop()


async def test_a_web_that_never_started_can_be_stopped(storage: Storage) -> None:
    await Web(Counter(storage).callbacks, "127.0.0.1:0").stop()
