from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from bot.gate import RATES, Gate

BURST = int(RATES["/receipt/"].burst)


@dataclass
class Watch:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await Response()(scope, receive, send)


async def nothing() -> Message:
    return {"type": "http.request"}


async def call(gate: Gate, path: str = "/receipt/x", source: str = "198.51.100.7") -> tuple[int, str]:
    """The status, and how long to wait."""
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    await gate({"type": "http", "path": path, "client": (source, 1), "method": "GET", "headers": []}, nothing, send)
    return said[0]["status"], dict(said[0]["headers"]).get(b"retry-after", b"").decode()


async def test_a_source_that_calls_too_often_is_told_when_to_come_again() -> None:
    watch = Watch()
    gate = Gate(fine, watch)
    assert [await call(gate) for _ in range(BURST + 1)] == [(200, "")] * BURST + [(429, "1")]
    watch.now += 1
    assert [await call(gate) for _ in range(2)] == [(200, ""), (429, "1")]
    watch.now += 1_000
    assert [(await call(gate))[0] for _ in range(BURST + 1)] == [200] * BURST + [429]


async def test_others_and_other_pages_do_not_suffer_for_it() -> None:
    gate = Gate(fine, Watch())
    for _ in range(BURST + 1):
        await call(gate)
    assert (await call(gate, source="198.51.100.8"))[0] == 200
    assert (await call(gate, "/return/campay"))[0] == 200
    assert (await call(gate, "/health"))[0] == 200


async def test_a_network_of_the_newer_kind_is_one_source() -> None:
    gate = Gate(fine, Watch())
    for number in range(BURST):
        await call(gate, source=f"2001:db8::{number:x}")
    assert (await call(gate, source="2001:db8::ffff"))[0] == 429
    assert (await call(gate, source="2001:db8:0:1::1"))[0] == 200


async def test_what_it_remembers_of_the_world_has_an_end() -> None:
    gate = Gate(fine, Watch())
    for number in range(10_100):
        await call(gate, source=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(gate._left) == 10_000
