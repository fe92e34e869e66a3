"""How often one source may call: payment systems often, a browser now and then."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SOURCES = 10_000
"""As many are remembered; whoever was silent for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and `each_second` from then on."""

    burst: float
    each_second: float


RATES = {
    "/callbacks/": Rate(300, 30),
    "/return/": Rate(30, 1),
    "/receipt/": Rate(30, 1),
}


class Gate:
    """An ASGI app before another. Counts by the address that the trusted proxies tell, which uvicorn has put there."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        """What each source may still do of a kind, and when that was so."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = self._wait(scope) if scope["type"] == "http" else 0.0
        if wait:
            refusal = JSONResponse({"error": "too many"}, 429, headers={"Retry-After": str(math.ceil(wait))})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _wait(self, scope: Scope) -> float:
        """Seconds until this source may call again; 0 where it may now, which then counts."""
        kind = next((prefix for prefix in RATES if scope["path"].startswith(prefix)), "")
        if not kind:
            return 0.0
        rate, now = RATES[kind], self._clock()
        key = (kind, _source(scope))
        left, since = self._left.pop(key, (rate.burst, now))
        left = min(rate.burst, left + (now - since) * rate.each_second)
        allowed = left >= 1
        self._left[key] = (left - allowed, now)
        if len(self._left) > _SOURCES:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate.each_second


def _source(scope: Scope) -> str:
    """Who has one address of the newer kind has a whole network of them."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
