"""The control interface: what the demo's page and other programs use to be the customer, the operator and bad luck.

No token guards it, which is why the sandbox listens on this machine only unless told otherwise.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from providers.sandbox.accounts import wallet
from providers.sandbox.entries import Entry
from providers.sandbox.faults import Fault
from providers.sandbox.phones import NoPrompt, WrongPin
from providers.sandbox.world import World

LOCAL_PAGES = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def mount(self) -> Mount:
        routes = [
            Route("/state", self.state),
            Route("/ledger", self.ledger),
            Route("/phones", self.phones),
            Route("/phones/{msisdn:int}", self.phone),
            Route("/phones/{msisdn:int}/approve", self.approve, methods=["POST"]),
            Route("/phones/{msisdn:int}/decline", self.decline, methods=["POST"]),
            Route("/faults", self.faults, methods=["GET"]),
            Route("/faults", self.order_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/faults/{id:int}", self.clear_faults, methods=["DELETE"]),
            Route("/settings", self.change_settings, methods=["PATCH"]),
            Route("/balances", self.put_balance, methods=["POST"]),
            Route("/events", self.events),
        ]
        cors = Middleware(
            CORSMiddleware, allow_origin_regex=LOCAL_PAGES, allow_methods=["*"], allow_headers=["*"]
        )  # fmt: skip
        return Mount("/control", routes=routes, middleware=[cors])

    async def state(self, _: Request) -> Response:
        return JSONResponse(
            {
                "settings": self._world.settings.model_dump(),
                "faults": [ordered.show() for ordered in self._world.faults.all()],
                "balances": self._world.accounts.shown(),
                "last_event": self._world.events.last(),
            }
        )

    async def ledger(self, request: Request) -> Response:
        query = request.query_params
        entries = self._world.ledger.entries(query.get("system", ""), query.get("msisdn", ""))
        return JSONResponse({"entries": [self._entry(entry) for entry in entries]})

    async def phones(self, _: Request) -> Response:
        shown = [self._world.phones.show(msisdn) for msisdn in self._world.phones.known()]
        return JSONResponse({"phones": shown})

    async def phone(self, request: Request) -> Response:
        return JSONResponse(self._world.phones.show(_msisdn(request)))

    async def approve(self, request: Request) -> Response:
        body = await _body(request)
        msisdn, reference = _msisdn(request), str(body.get("reference") or "")
        try:
            entry = self._world.phones.approve(msisdn, str(body.get("pin", "")), reference)
        except WrongPin as error:
            return JSONResponse({"error": "wrong_pin", "tries_left": error.tries_left}, 403)
        except NoPrompt:
            raise HTTPException(404, "no such prompt on this phone") from None
        return JSONResponse(self._entry(entry))

    async def decline(self, request: Request) -> Response:
        body = await _body(request)
        try:
            entry = self._world.phones.decline(_msisdn(request), str(body.get("reference") or ""))
        except NoPrompt:
            raise HTTPException(404, "no such prompt on this phone") from None
        return JSONResponse(self._entry(entry))

    async def faults(self, _: Request) -> Response:
        return JSONResponse({"faults": [ordered.show() for ordered in self._world.faults.all()]})

    async def order_fault(self, request: Request) -> Response:
        try:
            ordered = self._world.faults.add(Fault.model_validate(await _body(request)))
        except ValidationError as error:
            raise HTTPException(400, _first(error)) from None
        self._world.events.tell("faults", faults=[item.show() for item in self._world.faults.all()])
        return JSONResponse(ordered.show(), 201)

    async def clear_faults(self, request: Request) -> Response:
        cleared = self._world.faults.clear(request.path_params.get("id"))
        self._world.events.tell("faults", faults=[item.show() for item in self._world.faults.all()])
        return JSONResponse({"cleared": cleared})

    async def change_settings(self, request: Request) -> Response:
        try:
            self._world.settings.patch(await _body(request))
        except ValidationError as error:
            raise HTTPException(400, _first(error)) from None
        self._world.events.tell("settings", settings=self._world.settings.model_dump())
        return JSONResponse(self._world.settings.model_dump())

    async def put_balance(self, request: Request) -> Response:
        """{"account": "campay/MTN/XAF", "balance": 10} or {"msisdn": "2376...", "balance": 10}."""
        body = await _body(request)
        account = wallet(str(body["msisdn"]), "XAF") if "msisdn" in body else body.get("account")
        balance = body.get("balance")
        if not isinstance(account, str) or isinstance(balance, bool) or not isinstance(balance, int) or balance < 0:
            raise HTTPException(400, "an account or msisdn, and a balance in whole francs")
        if "msisdn" not in body and account not in self._world.accounts.shown():
            raise HTTPException(404, "no such account")
        self._world.accounts.put(account, balance)
        return JSONResponse({"account": account, "balance": balance})

    async def events(self, request: Request) -> Response:
        """Server-sent events after ?after=N, or after the Last-Event-ID of a browser that reconnects."""
        after = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        if not after.isdigit():
            raise HTTPException(400, "after is the number of an event")
        return StreamingResponse(self._stream(int(after)), media_type="text/event-stream", headers=STREAM)

    async def _stream(self, after: int) -> AsyncIterator[str]:
        yield ": open\n\n"
        async for event in self._world.events.follow(after):
            if event is None:
                yield ": quiet\n\n"
            else:
                told = json.dumps({"at": event.at, **event.body})
                yield f"id: {event.seq}\nevent: {event.kind}\ndata: {told}\n\n"

    def _entry(self, entry: Entry) -> dict[str, Any]:
        callbacks = [{"tries": owed.tries, "state": owed.state, "answer": owed.answer} for owed in
                     self._world.callbacks.all(entry.id)]  # fmt: skip
        return {**entry.summary(), "callbacks": callbacks}


def _msisdn(request: Request) -> str:
    return str(request.path_params["msisdn"])


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return body


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
