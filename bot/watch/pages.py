"""The pages for who watches: /health, /ready, /metrics.

/metrics is on a listener of its own, never on the one that a proxy shows to the world. Even there it is refused to
what was passed on by a proxy, and to any address that is not private.
"""

from ipaddress import ip_address

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.watch.lookout import Lookout
from bot.watch.readiness import Readiness

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def health_page() -> Route:
    return Route("/health", _health)


def ready_page(readiness: Readiness) -> Route:
    """200, or 503 and what is missing. In words of ours: the page may be open to the world."""

    async def answer(_: Request) -> Response:
        missing = await readiness.missing()
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    return Route("/ready", answer)


def metrics_page(lookout: Lookout) -> Route:
    async def answer(request: Request) -> Response:
        if not _is_near(request):
            return PlainTextResponse("only from a private address, and not through a proxy\n", status_code=403)
        return Response(await lookout.scrape(), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", answer)


def _is_near(request: Request) -> bool:
    if request.client is None or any(header in request.headers for header in _PASSED_ON):
        return False
    try:
        return ip_address(request.client.host).is_private
    except ValueError:
        return False


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True})
