"""What the outside may call: callbacks, the page where a payer ends, and a sign of life."""

import contextlib
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.body import read_body
from bot.gate import Gate
from bot.payments.callbacks import Callbacks
from bot.serving import Serving
from bot.settings import LOCAL_PROXIES
from bot.texts import Voice, language_for
from bot.watch.pages import health_page
from providers.errors import BadCallback, Unsupported
from providers.messages import CallbackRequest
from storage.engine import away
from storage.people import HOUSE

log = structlog.get_logger()

_BODY_MOST = 64 * 1024
_AT_ONCE = 1_000
_KEPT_ALIVE = 75
"""Longer than a proxy keeps a connection that nobody uses: the one that closes first must not be ours."""
_LAST_ANSWERS = 10

_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto; padding: 0 1.5rem;
text-align: center; color-scheme: light dark }}</style>
<h1>{title}</h1><p>{text}</p></html>"""
"""Says nothing of the payment: an address can be typed by anybody, and the card knows better."""


class Web:
    """Serves on `listen` ("host:port"; port 0 takes a free one) beside the bot."""

    def __init__(
        self,
        callbacks: Callbacks,
        listen: str,
        pages: Sequence[Route] = (),
        trusted_proxies: Sequence[str] = LOCAL_PROXIES,
    ) -> None:
        self._callbacks = callbacks
        routes = [
            Route("/callbacks/{provider}", self._callback, methods=["GET", "POST"]),
            Route("/callbacks/{provider}/{account}", self._callback, methods=["GET", "POST"]),
            Route("/return/{provider}", self._return, methods=["GET"]),
            Route("/return/{provider}/{account}", self._return, methods=["GET"]),
            health_page(),
            *pages,
        ]
        self.app = Starlette(routes=routes, exception_handlers={OperationalError: _busy})
        self._serving = Serving(
            Gate(self.app),
            listen,
            proxy_headers=True,
            forwarded_allow_ips=list(trusted_proxies),
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=_KEPT_ALIVE,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )

    async def start(self) -> None:
        """Raises OSError where the address can't be had."""
        await self._serving.start()

    async def stop(self) -> None:
        await self._serving.stop()

    async def _callback(self, request: Request) -> Response:
        """Stored before it is answered; asked about afterwards."""
        try:
            known = await self._receive(request)
        except (BadCallback, Unsupported):
            return JSONResponse({"error": "not accepted"}, status_code=400)
        return JSONResponse({"ok": True}) if known else JSONResponse({"error": "not found"}, status_code=404)

    async def _return(self, request: Request) -> Response:
        """Where a system sends the payer's browser. What it adds to the address may be signed, and is then a hint."""
        with contextlib.suppress(BadCallback, Unsupported):
            await self._receive(request)
        spoken = request.headers.get("accept-language", "").split(",")[0]
        voice = Voice(language_for(spoken, "fr"), "UTC")
        page = _PAGE.format(language=voice.language, title=voice.say("return.title"), text=voice.say("return.text"))
        return HTMLResponse(page)

    async def _receive(self, request: Request) -> bool:
        received = CallbackRequest(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query_params),
            body=await read_body(request, _BODY_MOST),
        )
        name, account = request.path_params["provider"], request.path_params.get("account")
        if account is None:
            return await self._callbacks.receive(HOUSE, name, received)
        return await self._callbacks.receive_at(account, name, received)


async def _busy(request: Request, error: Exception) -> Response:
    """Whoever calls is to come again. What is no matter of waiting stays an error."""
    words = away(error)
    if not words:
        raise error
    log.error("a call failed: the database did not answer", path=request.url.path, error=words)
    return JSONResponse({"error": "try later"}, status_code=503)
