"""What stands before the instances in webhook mode: each call goes to the next of them that can be reached."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.demo.server import listening

_HOP_BY_HOP = {"host", "connection", "content-length", "transfer-encoding"}


@asynccontextmanager
async def proxy(port: int, instances: Sequence[str]) -> AsyncIterator[None]:
    """An instance that dies with a call in hand makes it a 502, which may have been heard all the same."""
    turns = count()

    async def passed_on(request: Request) -> Response:
        body, turn = await request.body(), next(turns)
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        headers["x-forwarded-for"] = request.client.host if request.client else ""
        for number in range(len(instances)):
            instance = instances[(turn + number) % len(instances)]
            url = f"{instance}{request.url.path}?{request.url.query}"
            try:
                answer = await http.request(request.method, url, content=body, headers=headers)
            except httpx.ConnectError:
                continue
            except httpx.HTTPError:
                return Response(status_code=502)
            return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
        return Response(status_code=503)

    app = Starlette(routes=[Route("/{path:path}", passed_on, methods=["GET", "POST"])])
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http, listening(app, "127.0.0.1", port):
        yield
