"""The client against real sockets: what every way to fail says about the money."""

import asyncio
import contextlib
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from providers import client as module
from providers.client import NEVER_LEFT, Client, json_object, judge, settle
from providers.errors import MaybeSent, Misconfigured, NotSent, ProviderError, Reason
from tests.providers.wire import CLOSES, HANGS, IN_VAIN, RESETS, Answer, Wire, answer


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Client]:
    client = Client("campay", wire.url)
    yield client
    await client.close()


@contextlib.asynccontextmanager
async def pointed_at(url: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Client]:
    client = Client("campay", url, transport)
    try:
        yield client
    finally:
        await client.close()


def subclasses(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from subclasses(child)


def test_every_error_of_httpx_is_in_the_table() -> None:
    roots: list[type[Exception]] = [httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, httpx.CookieConflict]
    known = {error for root in roots for error in subclasses(root) if error.__module__.startswith("httpx")}
    named = {value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception)}
    assert known | named == set(NEVER_LEFT)


def test_only_errors_before_a_connection_say_that_nothing_left() -> None:
    assert {error.__name__ for error, never in NEVER_LEFT.items() if never} == {
        "ConnectError",
        "ConnectTimeout",
        "InvalidURL",
        "PoolTimeout",
        "UnsupportedProtocol",
    }


@pytest.mark.parametrize("error", [ValueError("?"), RuntimeError("Session is closed"), TimeoutError(), KeyError()])
def test_an_error_nobody_thought_of_leaves_it_open_whether_money_moved(error: Exception) -> None:
    assert isinstance(judge(error, at_large=True), MaybeSent)


@pytest.mark.parametrize("kind", list(subclasses(aiohttp.ClientError)))
def test_an_error_of_aiohttp_counts_more_than_what_its_transport_made_of_it(kind: type[Exception]) -> None:
    error = httpx.ConnectTimeout("as httpx-aiohttp translates a lost connection")
    error.__cause__ = kind.__new__(kind)
    before = issubclass(
        kind,
        aiohttp.ClientConnectorError
        | aiohttp.ConnectionTimeoutError
        | aiohttp.InvalidURL
        | aiohttp.NonHttpUrlClientError,
    )
    assert isinstance(judge(error, at_large=True), NotSent if before else MaybeSent)


def test_a_request_that_was_never_handed_over_was_not_sent_whatever_the_error() -> None:
    assert isinstance(judge(httpx.ReadTimeout(""), at_large=False), NotSent)


async def test_a_refused_port_sends_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with pointed_at(f"http://127.0.0.1:{unused.getsockname()[1]}") as client:
            with pytest.raises(NotSent):
                await client.post("/pay", {})


async def test_a_name_that_does_not_exist_sends_nothing() -> None:
    async with pointed_at("http://nowhere.invalid") as client:
        with pytest.raises(NotSent):
            await client.post("/pay", {})


async def test_an_address_with_another_scheme_sends_nothing() -> None:
    async with pointed_at("ftp://127.0.0.1") as client:
        with pytest.raises(NotSent):
            await client.post("/pay", {})


async def test_a_host_that_does_not_take_the_connection_sends_nothing() -> None:
    with full_backlog() as url:
        async with pointed_at(url) as client:
            client.connect = 0.2
            with pytest.raises(NotSent):
                await client.post("/pay", {})


@contextlib.contextmanager
def full_backlog() -> Iterator[str]:
    """A port whose queue of connections is full: the kernel leaves the next one without an answer."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            knock = stack.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_failed_handshake_sends_nothing(wire: Wire) -> None:
    async with pointed_at(wire.url.replace("http:", "https:")) as client:
        with pytest.raises(NotSent):
            await client.post("/pay", {})
    assert wire.asked == []


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command = ["openssl", "req", "-x509", *curve, "-keyout", str(key), "-out", str(certificate), *subject]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


async def test_a_certificate_that_nobody_vouches_for_sends_nothing(self_signed: ssl.SSLContext) -> None:
    server = Wire()
    await server.open(self_signed)
    try:
        async with pointed_at(server.url) as client:
            with pytest.raises(NotSent):
                await client.post("/pay", {})
    finally:
        await server.close()
    assert server.asked == []


async def test_no_free_connection_sends_nothing(wire: Wire) -> None:
    wire.says("POST /pay", HANGS)
    inner = module.network(connections=1)
    async with pointed_at(wire.url, inner) as client:
        first = asyncio.create_task(client.post("/pay", {}))
        await wire.news.wait()
        client.pool = 0.2
        with pytest.raises(NotSent):
            await client.post("/pay", {})
        first.cancel()
    assert len(wire.asked) == 1


BROKEN = {
    "accepts and closes": CLOSES,
    "accepts and resets": RESETS,
    "never answers": HANGS,
    "sends half a head": Answer(b"HTTP/1.1 200 OK\r\nContent-Le", then="close"),
    "speaks another protocol": Answer(b"SSH-2.0-OpenSSH_9.2\r\n", then="close"),
    "sends half a body": Answer(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"reference":', then="close"),
    "stops in the middle of a body": Answer(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"r', then="hang"),
    "breaks a chunk": Answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then="close"),
    "says 200 in HTML": answer(200, b"<html>Just a moment...</html>", {"Content-Type": "text/html"}),
    "says 200 with nothing": answer(200, b""),
    "says 200 with a list": answer(200, [1, 2]),
    "says 204": Answer(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "packs garbage": answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
    "packs a bomb": answer(200, gzip.compress(b'{"a": "%s"}' % (b"0" * 2**27)), {"Content-Encoding": "gzip"}),
    "sends a huge body": answer(200, b" " * (2**20 + 1)),
    "nests for ever": answer(200, b"[" * 200_000),
    "redirects": answer(302, {}, {"Location": "/elsewhere"}),
    "redirects nowhere": answer(302, {}, {"Location": "http://[broken"}),
    "redirects keeping the method": answer(307, {}, {"Location": "/elsewhere"}),
    "fails": answer(500, {"message": "oops"}),
    "fails in HTML": answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
    "is overloaded": answer(503, {"message": "later"}, {"Retry-After": "5"}),
    "times out on its own": answer(408, {"message": "timeout"}),
    "speaks of a conflict": answer(409, {"message": "duplicate"}),
    "finds it too early": answer(425, {"message": "too early"}),
    "refuses in HTML": answer(400, b"<html>Bad request</html>", {"Content-Type": "text/html"}),
    "forbids in HTML": answer(403, b"<html>Attention Required</html>", {"Content-Type": "text/html"}),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_server_that_may_have_obeyed_is_never_sent_the_money_again(
    how: str, client: Client, wire: Wire
) -> None:
    wire.says("POST /pay", BROKEN[how])
    started = time.monotonic()
    with pytest.raises(MaybeSent):
        await client.post("/pay", {"amount": "5"}, read=IN_VAIN)
    assert len(wire.asked) == 1
    assert time.monotonic() - started < 30


async def test_a_drip_of_bytes_does_not_hold_a_call_for_ever(client: Client, wire: Wire) -> None:
    wire.says("POST /pay", Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", then="drip"))
    client.pool = 1.0
    with pytest.raises(MaybeSent):
        await client.post("/pay", {}, read=1.0)


async def test_a_kept_connection_that_dies_takes_a_payment_to_the_server_at_most_once(wire: Wire) -> None:
    """The server reads the second POST of each connection and closes. A client that sends it again on a new
    connection, as it may with a GET, has paid twice."""
    async with pointed_at(wire.url) as client:
        wire.says("POST /pay", answer(200, {}), CLOSES)
        await client.post("/pay", {"n": 1})
        with pytest.raises(MaybeSent, match="ServerDisconnectedError"):
            await client.post("/pay", {"n": 2})
    assert wire.connections == 1
    assert [asked.json["n"] for asked in wire.asked] == [1, 2]


async def test_a_kept_connection_that_is_reset_takes_a_payment_to_the_server_at_most_once(wire: Wire) -> None:
    async with pointed_at(wire.url) as client:
        wire.says("POST /pay", answer(200, {}), RESETS)
        await client.post("/pay", {"n": 1})
        with pytest.raises(MaybeSent):
            await client.post("/pay", {"n": 2})
    assert [asked.json["n"] for asked in wire.asked] == [1, 2]


async def test_a_question_is_asked_again_when_a_kept_connection_dies(wire: Wire) -> None:
    wire.says("GET /status", answer(200, {}), CLOSES, answer(200, {"status": "PENDING"}))
    async with pointed_at(wire.url) as client:
        await client.get("/status")
        assert (await client.get("/status")).body == {"status": "PENDING"}
    assert len(wire.asked) == 3


async def test_a_connection_that_the_server_has_closed_is_not_used_for_the_next_payment(wire: Wire) -> None:
    wire.says("POST /pay", answer(200, {}))
    async with pointed_at(wire.url) as client:
        await client.post("/pay", {})
        wire.hang_up()
        await asyncio.sleep(0.05)
        assert (await client.post("/pay", {})).ok
    assert wire.connections == 2


async def test_connections_are_kept_between_calls(client: Client, wire: Wire) -> None:
    wire.says("GET /status", answer(200, {}))
    for _ in range(3):
        await client.get("/status")
    assert wire.connections == 1


async def test_a_refusal_in_json_is_for_the_gateway_to_read(client: Client, wire: Wire) -> None:
    wire.says("POST /pay", answer(400, {"message": "Invalid phone number", "error_code": "ER101"}))
    reply = await client.post("/pay", {})
    assert (reply.ok, reply.status, reply.body["error_code"]) == (False, 400, "ER101")


@pytest.mark.parametrize("status", [401, 403])
async def test_keys_that_are_refused_are_a_matter_for_a_person(status: int, client: Client, wire: Wire) -> None:
    wire.says("POST /pay", answer(status, {"detail": "Invalid token."}))
    with pytest.raises(Misconfigured) as caught:
        await client.post("/pay", {})
    assert (caught.value.detail, caught.value.code) == ("Invalid token.", str(status))


DAY = "Sat, 21 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({}, 60.0),
        ({"Retry-After": "soon"}, 60.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "9" * 400}, 3600.0),
        ({"Retry-After": "-5"}, 60.0),
        ({"Retry-After": "Sat, 21 Nov 2026 08:00:30 GMT", "Date": DAY}, 30.0),
        ({"Retry-After": "Sat, 21 Nov 2026 08:00:30 GMT"}, 60.0),
        ({"Retry-After": "Sat, 21 Nov 2026 08:00:30", "Date": DAY}, 60.0),
    ],
)
async def test_too_many_requests_means_later_and_says_when(
    headers: dict[str, str], seconds: float, client: Client, wire: Wire
) -> None:
    wire.says("POST /pay", answer(429, {"message": "slow down"}, headers))
    with pytest.raises(NotSent) as caught:
        await client.post("/pay", {})
    assert (caught.value.retry_after, caught.value.reason) == (seconds, Reason.LIMIT_REACHED)


async def test_fractions_are_decimals_and_nothing_is_a_float(client: Client, wire: Wire) -> None:
    wire.says("GET /balance", answer(200, b'{"a": 20.10, "b": 5, "c": NaN, "d": -Infinity}'))
    body = (await client.get("/balance")).body
    assert body == {"a": Decimal("20.10"), "b": 5, "c": None, "d": None}
    assert isinstance(body["a"], Decimal)


async def test_a_body_in_bytes_arrives_as_it_was_signed(client: Client, wire: Wire) -> None:
    wire.says("POST /pay", answer(200, {}))
    await client.post("/pay", b'{ "b":1,"a" :2}', headers={"X-Signature": "00ff"})
    assert wire.asked[0].body == b'{ "b":1,"a" :2}'
    assert wire.asked[0].headers["x-signature"] == "00ff"
    assert wire.asked[0].headers["content-type"] == "application/json"


async def test_no_proxy_of_the_environment_sees_the_keys(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    wire.says("GET /status", answer(200, {}))
    async with pointed_at(wire.url) as client:
        assert (await client.get("/status")).ok


def test_certificates_and_host_names_are_checked() -> None:
    context = module._certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_log_line_names_the_call_and_nothing_of_its_content(client: Client, wire: Wire) -> None:
    wire.says("POST /pay", answer(400, {"message": "237677123456 has no wallet"}), HANGS)
    with capture_logs() as logs:
        await client.post("/pay", {"to": "237677123456"}, headers={"Authorization": "Token 0123456789abcdef"})
        with pytest.raises(MaybeSent):
            await client.post("/pay", {"to": "237677123456"}, read=IN_VAIN)
    assert {"system": "campay", "method": "POST", "path": "/pay", "status": 400}.items() <= logs[0].items()
    assert isinstance(logs[0]["ms"], int)
    assert (logs[1]["verdict"], logs[1]["error"]) == ("MaybeSent", "SocketTimeoutError")
    assert "677123456" not in str(logs)
    assert "0123456789abcdef" not in str(logs)


async def test_a_broken_answer_is_not_quoted_by_the_error(client: Client, wire: Wire) -> None:
    wire.says("POST /pay", Answer(b"237677123456 is no status line\r\n\r\n", then="close"))
    with pytest.raises(MaybeSent) as caught:
        await client.post("/pay", {})
    assert "677123456" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(st.integers(200, 599), st.binary(max_size=60) | st.sampled_from([b"{}", b'{"message": "no"}', b"[]"]))
def test_whatever_comes_back_is_a_reply_or_one_of_our_errors(status: int, content: bytes) -> None:
    try:
        reply = settle(httpx.Response(status, content=content))
    except ProviderError:
        return
    assert isinstance(json.loads(content), dict)
    assert reply.ok or 400 <= reply.status < 500


@given(st.binary())
def test_any_bytes_are_a_json_object_or_nothing(content: bytes) -> None:
    assert json_object(content) is None or isinstance(json_object(content), dict)
