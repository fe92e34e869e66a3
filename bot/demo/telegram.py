"""The Bot API over HTTP: /bot{token}/{method} and /file/bot{token}/{path}, with the faults in between."""

import asyncio
import hmac
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.demo.arguments import Arguments, arguments_of
from bot.demo.faults import Fault, Faults, Kind
from bot.demo.methods import METHODS
from bot.demo.refusals import Refused, too_many_requests
from bot.demo.world import World

UNAUTHORIZED = Refused(401, "Unauthorized")
NOT_FOUND = Refused(404, "Not Found")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot, for assertions; `error` is Telegram's description where it refused."""

    method: str
    arguments: Mapping[str, Any]
    at: datetime
    error: str = ""


class Lost(Response):
    """No answer at all: the connection is cut. Needs uvicorn, whose transport it closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["guichet.cut"]()
        await asyncio.sleep(0.01)


class BotApi:
    """`latency` is added to every call but getUpdates, which waits anyway."""

    def __init__(self, world: World, token: str, faults: Faults, latency: float = 0.0) -> None:
        self.world = world
        self.faults = faults
        self.latency = latency
        self.calls: list[Call] = []
        self._token = token

    def routes(self) -> list[Route]:
        return [
            Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self.download, methods=["GET"]),
        ]

    async def call(self, request: Request) -> Response:
        if not self._knows(request.path_params["token"]):
            return refusal(UNAUTHORIZED)
        name = request.path_params["method"]
        met = {fault.kind: fault for fault in self.faults.spend(name)}
        if Kind.LOST_REQUEST in met:
            return Lost()
        await self._delay(name, met.get(Kind.SLOW))
        if Kind.BAD_GATEWAY in met:
            return bad_gateway(int(met[Kind.BAD_GATEWAY].value))
        response = await self._answer(name, request, met.get(Kind.FLOOD))
        return Lost() if Kind.LOST_REPLY in met else response

    async def download(self, request: Request) -> Response:
        file = self.world.files.at(request.path_params["path"])
        if not self._knows(request.path_params["token"]):
            return refusal(UNAUTHORIZED)
        if file is None:
            return refusal(NOT_FOUND)
        return Response(file.content, media_type="application/octet-stream")

    async def _answer(self, name: str, request: Request, flood: Fault | None) -> Response:
        arguments, error = Arguments({}), ""
        try:
            arguments = await arguments_of(request)
            method = METHODS.get(name.lower())
            if method is None:
                raise NOT_FOUND
            if flood:
                raise too_many_requests(int(flood.value))
            result = await while_connected(request, method(self.world, arguments))
            return JSONResponse({"ok": True, "result": result})
        except ConnectionAbortedError:
            return Lost()
        except Refused as refused:
            error = refused.description
            return refusal(refused)
        finally:
            self.calls.append(Call(name, arguments.values, self.world.clock(), error))

    async def _delay(self, name: str, slow: Fault | None) -> None:
        seconds = (slow.value if slow else 0.0) + (0.0 if name.lower() == "getupdates" else self.latency)
        if seconds:
            await asyncio.sleep(seconds)

    def _knows(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())


async def while_connected(request: Request, work: Awaitable[Any]) -> Any:
    """A caller who hung up waits for nothing: a dead long poll must not swallow updates."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_hang_up(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ConnectionAbortedError
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        # It may have ended while its caller was hanging up; what it has to say is for nobody then.
        working.add_done_callback(lambda work: work.cancelled() or work.exception())


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def refusal(refused: Refused) -> Response:
    return JSONResponse(refused.as_json(), status_code=refused.code)


def bad_gateway(status: int) -> Response:
    reason = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}.get(status, "Error")
    page = f"<html><head><title>{status} {reason}</title></head><body><center><h1>{status} {reason}</h1>"
    return HTMLResponse(f"{page}</center><hr><center>nginx</center></body></html>", status_code=status)
