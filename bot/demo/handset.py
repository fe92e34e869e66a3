"""The customer's phone: the payment sandbox's control interface, so that the browser needs one address only."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.demo.switches import Switch

UNREACHABLE = JSONResponse({"error": "unreachable"}, status_code=503)
LITTLE = 10
PLENTY = 50_000
CUSTOMERS = ("phone/", "airtime/")
SLOW_SECONDS = 8.0


class Handset:
    """Every answer of the sandbox is passed on as it is; one that cannot be reached is 503."""

    def __init__(self, sandbox: str) -> None:
        self._client = httpx.AsyncClient(base_url=sandbox, timeout=5.0, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    def routes(self) -> list[Route]:
        return [
            Route("/api/phones", self.phones),
            Route("/api/phones/events", self.events),
            Route("/api/phones/{msisdn:int}", self.phone),
            Route("/api/phones/{msisdn:int}/{act}", self.act, methods=["POST"]),
        ]

    async def phones(self, _: Request) -> Response:
        """All phones, and the PIN that this demo's customers have."""
        try:
            phones, state = await self.get("phones"), await self.get("state")
        except httpx.HTTPError:
            return UNREACHABLE
        return JSONResponse({"phones": phones["phones"], "pin": state.get("settings", {}).get("pin", "")})

    async def phone(self, request: Request) -> Response:
        return await self._pass_on("GET", f"phones/{request.path_params['msisdn']}")

    async def act(self, request: Request) -> Response:
        act = request.path_params["act"]
        if act not in ("approve", "decline"):
            return JSONResponse({"error": "unknown"}, status_code=404)
        path = f"phones/{request.path_params['msisdn']}/{act}"
        return await self._pass_on("POST", path, await request.body())

    async def events(self, request: Request) -> Response:
        """Ends when the sandbox does; the page then asks again."""
        after = request.query_params.get("after", "0")
        patience = httpx.Timeout(5.0, read=60.0)
        stream = self._client.stream("GET", "/control/events", params={"after": after}, timeout=patience)
        return StreamingResponse(_chunks(stream), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._client.get(f"/control/{path}")).raise_for_status().json()
        return answer

    async def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        (await self._client.request(method, f"/control/{path}", json=body)).raise_for_status()

    async def _pass_on(self, method: str, path: str, body: bytes = b"") -> Response:
        try:
            answer = await self._client.request(method, f"/control/{path}", content=body)
        except httpx.HTTPError:
            return UNREACHABLE
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


async def _chunks(stream: AbstractAsyncContextManager[httpx.Response]) -> AsyncIterator[bytes]:
    with suppress(httpx.HTTPError):
        async with stream as answer:
            async for chunk in answer.aiter_raw():
                yield chunk


def of_sandbox(handset: Handset) -> dict[str, Switch]:
    """Bad luck that the sandbox itself can make."""
    luck = BadLuck(handset)
    return {
        "payment-reply": Switch(
            "Perdre la prochaine réponse",
            "Lose the next reply",
            luck.lose_reply,
            hint_fr="L’ordre est exécuté, la réponse se perd.",
            hint_en="The order is carried out; its answer is lost.",
        ),
        "payment-slow": Switch(
            "Systèmes lents",
            "Slow systems",
            luck.toggle_slow,
            luck.is_slow,
            f"Chaque réponse prend {SLOW_SECONDS:.0f} secondes.",
            f"Each answer takes {SLOW_SECONDS:.0f} seconds.",
        ),
        "payment-poor": Switch(
            "Comptes marchands vides",
            "Empty merchant accounts",
            luck.toggle_poor,
            luck.is_poor,
            "Il reste presque rien pour les retraits.",
            "Next to nothing is left for payouts.",
        ),
    }


class BadLuck:
    """What is on is asked of the sandbox each time; one that is down has nothing switched on."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._before: dict[str, int] = {}

    async def lose_reply(self) -> None:
        await self._handset.send("POST", "faults", {"kind": "drop_reply", "times": 1})

    async def is_slow(self) -> bool:
        with suppress(httpx.HTTPError):
            return bool(await self._delays())
        return False

    async def toggle_slow(self) -> None:
        delays = await self._delays()
        for number in delays:
            await self._handset.send("DELETE", f"faults/{number}")
        if not delays:
            await self._handset.send("POST", "faults", {"kind": "delay", "seconds": SLOW_SECONDS})

    async def is_poor(self) -> bool:
        with suppress(httpx.HTTPError):
            balances = await self._balances()
            return bool(balances) and max(balances.values()) <= LITTLE
        return False

    async def toggle_poor(self) -> None:
        """Empties the merchant's accounts; the second time they get back what they had."""
        balances, was_poor = await self._balances(), await self.is_poor()
        if not was_poor:
            self._before = balances
        for account in balances:
            left = self._before.get(account, PLENTY) if was_poor else LITTLE
            await self._handset.send("POST", "balances", {"account": account, "balance": left})

    async def _delays(self) -> list[int]:
        faults = (await self._handset.get("faults"))["faults"]
        return [fault["id"] for fault in faults if fault["kind"] == "delay" and fault["left"] != 0]

    async def _balances(self) -> dict[str, int]:
        balances: dict[str, int] = (await self._handset.get("state"))["balances"]
        return {name: left for name, left in balances.items() if not name.startswith(CUSTOMERS)}
