"""Bad luck over HTTP, for programs that do not hold the handle: /api/faults, /api/updates/again."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.demo.api import body_of, changing, whole
from bot.demo.faults import Fault, Faults, Kind
from bot.demo.world import World

DEFAULTS = {Kind.SLOW: 5.0, Kind.BAD_GATEWAY: 502, Kind.FLOOD: 5}


class Control:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def routes(self) -> list[Route]:
        return [
            Route("/api/faults", self.shown, methods=["GET"]),
            Route("/api/faults", changing(self.order), methods=["POST"]),
            Route("/api/faults", changing(self.clear), methods=["DELETE"]),
            Route("/api/updates/again", changing(self.again), methods=["POST"]),
        ]

    async def shown(self, _: Request) -> Response:
        planned = [
            {"kind": f.kind, "method": f.method, "times": f.times, "value": f.value} for f in self._faults.planned
        ]
        return JSONResponse({"faults": planned})

    async def order(self, request: Request) -> Response:
        """{"kind": "lost_reply", "method": "sendMessage", "times": 1, "value": 0}; value is seconds or a status."""
        body = await body_of(request)
        try:
            kind, value = Kind(str(body.get("kind"))), float(body.get("value") or 0)
        except ValueError:
            raise HTTPException(400, f"kind is one of {', '.join(Kind)}; value is a number") from None
        times = max(whole(body.get("times", 1)), 1)
        self._faults.planned.append(Fault(kind, str(body.get("method") or "*"), times, value or DEFAULTS.get(kind, 0)))
        return await self.shown(request)

    async def clear(self, request: Request) -> Response:
        self._faults.clear()
        return await self.shown(request)

    async def again(self, request: Request) -> Response:
        """{"update_id": 700000001}; without one the last update is delivered once more."""
        wanted = whole((await body_of(request)).get("update_id"))
        history = self._world.updates.history
        update = next((update for update in reversed(history) if wanted in (0, update.id)), None)
        if update is None:
            raise HTTPException(404, "no such update")
        self._world.updates.deliver_again(update)
        self._world.feed.publish("update")
        return JSONResponse(update.as_json())
