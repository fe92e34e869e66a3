"""Nkapsmart's paths, misspelt as they are. Each handler: read, check, ask the ledger, answer in Nkapsmart's words."""

import hmac
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.entries import Entry, Kind, State
from providers.sandbox.nkapsmart import checks, records, tokens
from providers.sandbox.nkapsmart.charges import BUSINESS, SYSTEM, Charges
from providers.sandbox.nkapsmart.checks import Refusal
from providers.sandbox.nkapsmart.hosted import Hosted
from providers.sandbox.nkapsmart.settings import NkapsmartSettings
from providers.sandbox.world import World

V2 = "/api/v2/TransactionSecond"
Handler = Callable[[Request], Awaitable[Response]]


class Nkapsmart:
    """One business at Nkapsmart: its wire, and what it announces to the merchant's callback address."""

    name = SYSTEM

    def __init__(self, world: World) -> None:
        self._world = world
        self._charges = Charges(world)
        self._hosted = Hosted(world, self._charges)
        self._signed_in: set[int] = set()
        world.accounts.open(BUSINESS, self._settings.opening)
        world.callbacks.announcers[SYSTEM] = self

    @property
    def _settings(self) -> NkapsmartSettings:
        return self._world.settings.nkapsmart

    def routes(self) -> list[BaseRoute]:
        guarded: list[tuple[str, str, Handler]] = [
            ("POST", f"{V2}/mobile", self.mobile),
            ("POST", "/api/Transaction/bank", self.bank),
            ("POST", f"{V2}/crypto", self.crypto),
            ("POST", f"{V2}/mobile/widraw", self.payout),
            ("POST", f"{V2}/crypto/widraw", self.crypto_payout),
            ("POST", f"{V2}/mobile/withdraw/bulk", self.bulk),
            ("GET", f"{V2}/mobile/widraw/bulk/{{batch}}", self.bulk_status),
            ("GET", f"{V2}/verify/{{key}}", self.verify),
            ("GET", f"{V2}/verify/{{key}}/{{ash}}", self.verify),
        ]
        return [
            Route(tokens.PATH, self._refusing(self.authenticate), methods=["POST"]),
            *(Route(path, self._refusing(self._guarded(handler)), methods=[verb]) for verb, path, handler in guarded),
            Route("/nkapsmart/bank/{id}", self._hosted.bank, methods=["GET", "POST"]),
            Route("/nkapsmart/crypto/{id}", self._hosted.crypto, methods=["GET", "POST"]),
        ]

    async def authenticate(self, request: Request) -> Response:
        """All that is wrong with a signature is 401, an assumption."""
        fields = await checks.body(request)
        key, signature = (checks.text(fields, name, required=True) for name in ("apiKey", "signature"))
        timestamp = fields.get("timestamp")
        if isinstance(timestamp, bool) or not isinstance(timestamp, int):
            raise Refusal("The JSON value of timestamp is not a number")
        now = self._world.clock()
        if not tokens.in_time(timestamp, now, self._settings):
            raise Refusal("The timestamp is outside the allowed window", 401)
        expected = tokens.signature(self._settings.secret_key, timestamp)
        if key != self._settings.api_key or not hmac.compare_digest(signature.encode(), expected.encode()):
            raise Refusal("Invalid signature", 401)
        if timestamp in self._signed_in and not self._settings.replays:
            raise Refusal("This signature was used before", 401)
        self._signed_in.add(timestamp)
        token, expires = tokens.access_token(self._settings, now)
        return JSONResponse(
            {"accessToken": token, "tokenType": "Bearer", "expiresAt": expires, "userId": self._settings.user_id}
        )

    async def mobile(self, request: Request) -> Response:
        return self._created(self._charges.mobile(await checks.body(request), request.url.path))

    async def bank(self, request: Request) -> Response:
        return self._created(self._charges.bank(await checks.body(request), request.url.path, str(request.base_url)))

    async def crypto(self, request: Request) -> Response:
        return self._created(self._charges.crypto(await checks.body(request), request.url.path, str(request.base_url)))

    async def payout(self, request: Request) -> Response:
        return self._created(self._charges.payout(await checks.body(request), request.url.path))

    async def crypto_payout(self, request: Request) -> Response:
        return self._created(self._charges.crypto_payout(await checks.body(request), request.url.path))

    async def bulk(self, request: Request) -> Response:
        fields = await checks.body(request)
        checks.application(fields, self._settings)
        batch = self._charges.bulk(fields, request.url.path)
        return self._shaped(self._bulk(batch), "bulkOperationId")

    async def bulk_status(self, request: Request) -> Response:
        return JSONResponse(self._bulk(request.path_params["batch"]))

    async def verify(self, request: Request) -> Response:
        """Of crypto only with the hash: without it the chain can't be asked."""
        ash = request.path_params.get("ash", "")
        self._world.ledger.settle_due()
        entry = self._world.ledger.get(request.path_params["key"])
        if entry is None or entry.system != SYSTEM:
            raise Refusal("No such transaction", self._settings.unknown_status)
        if not entry.endpoint.startswith("crypto"):
            if not ash and self._settings.verify_hash == "required":
                return Response(status_code=404)
            return JSONResponse(self._record(entry))
        if not ash:
            raise Refusal("The ash field is required")
        record = self._record(entry)
        if ash.lower() != self._hash(entry).lower():  # somebody else's transaction proves nothing
            record |= {"transactionStatus": records.STATUS[State.PENDING], "ash": None}
        return JSONResponse(record)

    def announces(self, entry: Entry) -> bool:
        """Successful charges; of nothing else is it said."""
        told = entry.state is State.SUCCEEDED or self._settings.callback_failures
        return bool(self._settings.callback_url) and entry.kind is Kind.COLLECTION and told

    def announcement(self, entry: Entry, *, forged: bool) -> httpx.Request:
        """Unsigned. A secret that the merchant put into the address is all that a forger does not know."""
        event = "charge.completed" if entry.state is State.SUCCEEDED else "charge.failed"
        url = httpx.URL(self._settings.callback_url)
        if forged:
            url = url.copy_with(query=None)
        data = {name: told for name, told in self._record(entry).items() if name != "transactionContact"}
        return httpx.Request("POST", url, json={"event": event, "data": data})

    def _created(self, entry: Entry) -> Response:
        return self._shaped(self._record(entry), "transactionKey")

    def _shaped(self, body: dict[str, Any], key: str) -> Response:
        """What a creating call answers is not documented."""
        match self._settings.reply:
            case "wrapped":
                return JSONResponse({"data": body})
            case "reference":
                return JSONResponse({key: body[key]})
        return JSONResponse(body)

    def _record(self, entry: Entry) -> dict[str, Any]:
        balance = self._world.accounts.balance(BUSINESS)
        return records.record(entry, self._hash(entry), self._settings, balance)

    def _hash(self, entry: Entry) -> str:
        made = self._hosted.deposit(entry)
        return made.ash if made else entry.extra.get("ash", "")

    def _bulk(self, batch: str) -> dict[str, Any]:
        self._world.ledger.settle_due()
        entries = self._world.ledger.under(SYSTEM, "bulk", batch)
        if not entries:
            raise Refusal("No such bulk operation", self._settings.unknown_status)
        return records.bulk(batch, entries, self._settings)

    def _guarded(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            if tokens.opens(request.headers.get("authorization", ""), self._settings, self._world.clock()):
                return await handler(request)
            raise Refusal("The token is missing, wrong or expired", 401)

        return guarded

    def _refusing(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as refusal:
                return refusal.answer(self._settings, self._world.store.next(f"{SYSTEM}/trace"))

        return answered
