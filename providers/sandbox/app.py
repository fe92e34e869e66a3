"""Puts the systems, the control interface and the help page on one Starlette app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from providers.sandbox import front
from providers.sandbox.breakage import Breakage
from providers.sandbox.campay.api import CamPay
from providers.sandbox.control import Control
from providers.sandbox.kpay.api import KPay
from providers.sandbox.nkapsmart.api import Nkapsmart
from providers.sandbox.sauripay.api import SauriPay
from providers.sandbox.world import World


def build(world: World) -> Starlette:
    """The whole sandbox over one world, which it closes at its end."""
    campay = CamPay(world)
    nkapsmart = Nkapsmart(world)
    kpay = KPay(world)
    sauripay = SauriPay(world)

    async def front_page(request: Request) -> Response:
        return HTMLResponse(front.page(world.settings, str(request.base_url)))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(world.run())
        yield
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        await world.close()

    return Starlette(
        routes=[
            Route("/", front_page),
            *campay.routes(),
            *nkapsmart.routes(),
            *kpay.routes(),
            Control(world).mount(),
            *sauripay.routes(),
        ],
        middleware=[Middleware(Breakage, faults=world.faults, events=world.events)],
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


async def _not_found(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": "Not found."}, 404)
