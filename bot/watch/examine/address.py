"""The address that the world calls: https, and leading here. Where nobody listens yet, we do, for a moment."""

import errno
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.serving import Serving
from bot.settings import Settings
from bot.watch.findings import Finding, fine, hint, wrong

_PATIENCE = 10.0
_NEARBY = ("127.0.0.1", "localhost", "::1")


async def examine_address(settings: Settings, transport: httpx.AsyncBaseTransport) -> list[Finding]:
    if not settings.public_url:
        await transport.aclose()
        return [hint("PUBLIC_URL", "doctor.address.none")]
    found = []
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https" and parts.hostname not in _NEARBY:
        found.append(wrong("PUBLIC_URL", "doctor.address.plain"))
    async with (
        httpx.AsyncClient(transport=transport, timeout=_PATIENCE, trust_env=False) as http,
        _here(settings) as word,
    ):
        return [*found, await _leads_here(http, settings, word)]


async def _leads_here(http: httpx.AsyncClient, settings: Settings, word: str) -> Finding:
    try:
        answer = await http.get(f"{settings.public_url}/health")
        body = answer.json() if answer.is_success else {}
    except httpx.HTTPError as error:
        return wrong("PUBLIC_URL", "doctor.address.away", why=type(error).__name__)
    except ValueError:
        body = {}
    ours = isinstance(body, dict) and body.get("ok") is True and (not word or body.get("word") == word)
    if ours:
        return fine("PUBLIC_URL")
    return wrong("PUBLIC_URL", "doctor.address.other", listen=settings.listen)


@asynccontextmanager
async def _here(settings: Settings) -> AsyncIterator[str]:
    """The word by which we know ourselves; empty where a program, ours as we hope, has the address already."""
    word = secrets.token_hex(8)

    async def answer(_: Request) -> Response:
        return JSONResponse({"ok": True, "word": word})

    serving = Serving(Starlette(routes=[Route("/health", answer)]), settings.listen)
    try:
        await serving.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        word = ""
    try:
        yield word
    finally:
        with suppress(OSError):
            await serving.stop()
