"""Counts the calls to Telegram as they pass, on the wire: the library's own retries and waits are not among them."""

import time

import httpx

from bot.watch.meters import Meters


class Counted(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, meters: Meters) -> None:
        self._inner = inner
        self._meters = meters

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        started = time.perf_counter()
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.HTTPError:
            self._meters.telegram("unreachable")
            raise
        waits = request.url.path.endswith("/getUpdates")
        self._meters.telegram(_result(response.status_code), None if waits else time.perf_counter() - started)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _result(status: int) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "flood"
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return "unreachable"
    return "refused" if status >= httpx.codes.BAD_REQUEST else "ok"
