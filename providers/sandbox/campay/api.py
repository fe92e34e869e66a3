"""CamPay's paths. Each handler: read, check, ask the ledger, answer in CamPay's words."""

import json
from collections.abc import Awaitable, Callable
from datetime import date
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.campay import checks, records, tokens
from providers.sandbox.campay.charges import CURRENCY, SYSTEM, Charges, merchant
from providers.sandbox.campay.checks import Refusal
from providers.sandbox.campay.links import Links
from providers.sandbox.entries import Entry, Kind
from providers.sandbox.settings import CamPaySettings
from providers.sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
Body = dict[str, Any]


class CamPay:
    """One application registered at CamPay: its wire, and what it announces to the merchant's callback address."""

    name = SYSTEM

    def __init__(self, world: World) -> None:
        self._world = world
        self._charges = Charges(world)
        self._links = Links(world, self._charges)
        self._open_accounts()
        world.callbacks.announcers[SYSTEM] = self
        world.ledger.operator_reference[SYSTEM] = lambda entry: records.operator_reference(
            entry, world.clock(), world.chance, self._campay
        )

    @property
    def _campay(self) -> CamPaySettings:
        return self._world.settings.campay

    def routes(self) -> list[BaseRoute]:
        paths: list[tuple[str, str, Handler]] = [
            ("POST", "/api/token/", self.token),
            ("POST", "/api/collect/", self._guarded(self.collect)),
            ("POST", "/api/withdraw/", self._guarded(self.withdraw)),
            ("POST", "/api/get_payment_link/", self._guarded(self.payment_link)),
            ("GET", "/api/transaction/{reference}/", self._guarded(self.transaction)),
            ("GET", "/api/balance/", self._guarded(self.balance)),
            ("POST", "/api/history/", self._guarded(self.history)),
            ("POST", "/api/utilities/airtime/transfer/", self._guarded(self.airtime)),
            ("GET", "/api/utilities/transaction/{reference}/", self._guarded(self.utility)),
        ]
        routes: list[BaseRoute] = [Route(path, _refusing(handler), methods=[verb]) for verb, path, handler in paths]
        # The official SDK polls without the last slash and lives on the redirect.
        routes += [
            Route("/pay/{token}/", self._links.open, methods=["GET"]),
            Route("/pay/{token}/", self._links.pay, methods=["POST"]),
        ]
        return routes + [Route(path.rstrip("/"), _add_slash, methods=[verb]) for verb, path, _ in paths]

    async def token(self, request: Request) -> Response:
        body = await _body(request)
        username, password = checks.text(body, "username"), checks.text(body, "password")
        checks.no_placeholder(username, password)
        if (username, password) != (self._campay.username, self._campay.password):
            # The list is measured, its words and the status are the framework's usual ones.
            return JSONResponse({"non_field_errors": ["No such user, or wrong password."]}, 400)
        token = tokens.access_token(self._campay, self._world.clock())
        return JSONResponse({"token": token, "expires_in": self._campay.token_life})

    async def collect(self, request: Request) -> Response:
        body = await _body(request)
        checks.require(body, "amount", "from", "description")
        entry = self._seen("collect", body) or self._charges.collect(body, path=request.url.path)
        ussd = "*126#" if entry.operator == "MTN" else "#150*50#"
        return JSONResponse({"reference": entry.id, "ussd_code": ussd, "operator": checks.spoken(entry.operator)})

    async def withdraw(self, request: Request) -> Response:
        body = await _body(request)
        checks.require(body, "amount", "to", "description")
        entry = self._seen("withdraw", body) or self._charges.withdraw(body, path=request.url.path)
        return JSONResponse({"reference": entry.id, "status": "PENDING"})

    async def airtime(self, request: Request) -> Response:
        body = await _body(request)
        checks.require(body, "amount", "to")
        entry = self._seen("airtime", body) or self._charges.airtime(body, path=request.url.path)
        return JSONResponse({"reference": entry.id, "status": "PENDING"})

    async def payment_link(self, request: Request) -> Response:
        return self._links.create(await _body(request), str(request.base_url))

    async def transaction(self, request: Request) -> Response:
        entry = self._find(request, Kind.COLLECTION, Kind.PAYOUT)
        return JSONResponse(self._record(entry))

    async def utility(self, request: Request) -> Response:
        return JSONResponse(records.utility(self._find(request, Kind.AIRTIME), self._campay.reasons))

    async def balance(self, _: Request) -> Response:
        mtn, orange, airtime = (self._world.accounts.balance(merchant(name)) for name in ("MTN", "ORANGE", "AIRTIME"))
        return JSONResponse(
            {
                "total_balance": float(mtn + orange),
                "mtn_balance": mtn,
                "orange_balance": orange,
                "currency": CURRENCY,
                "utility_balance": float(airtime),
                "utility_commission_balance": 0.0,
            }
        )

    async def history(self, request: Request) -> Response:
        body = await _body(request)
        checks.require(body, "start_date", "end_date")
        start, end = checks.day(body, "start_date"), checks.day(body, "end_date")
        rows = [records.statement_row(entry, self._campay.history_zone) for entry in self._ended_between(start, end)]
        return JSONResponse({"data": rows[::-1] if self._campay.history_newest_first else rows})

    def announces(self, entry: Entry) -> bool:
        """Airtime is never announced: the documentation names collect and withdraw only."""
        return bool(self._campay.callback_url) and entry.kind is not Kind.AIRTIME

    def announcement(self, entry: Entry, *, forged: bool) -> httpx.Request:
        fields = records.callback(self._record(entry, forged=forged), newer=self._campay.callback_newer_fields)
        if self._campay.callback_method == "POST":
            return httpx.Request("POST", self._campay.callback_url, json=fields)
        url = httpx.URL(self._campay.callback_url)
        return httpx.Request("GET", url.copy_merge_params(fields))

    def _record(self, entry: Entry, *, forged: bool = False) -> dict[str, str]:
        key = f"not {self._campay.webhook_key}" if forged else self._campay.webhook_key
        signature = tokens.callback_signature(key, self._campay.app_name, self._world.clock())
        return records.record(entry, signature, self._campay.reasons)

    def _seen(self, endpoint: str, body: Body) -> Entry | None:
        """The documentation promises both the first answer and a refusal for a reference used twice."""
        entry = self._world.ledger.find(SYSTEM, endpoint, checks.text(body, "external_reference"))
        if entry and self._campay.duplicates == "reject":
            raise Refusal("This external_reference was used before")
        return entry

    def _find(self, request: Request, *kinds: Kind) -> Entry:
        entry = self._world.ledger.get(_uuid(request.path_params["reference"]))
        if entry is None or entry.system != SYSTEM or entry.kind not in kinds:
            raise Refusal("Transaction not found", status=self._campay.unknown_reference_status)
        return entry

    def _ended_between(self, start: date, end: date) -> list[Entry]:
        zone = ZoneInfo(self._campay.history_zone)
        return [
            entry
            for entry in self._world.ledger.entries(SYSTEM)
            if entry.final
            and entry.kind is not Kind.AIRTIME
            and start <= entry.opened_at.astimezone(zone).date() <= end
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            if tokens.opens(request.headers.get("authorization", ""), self._campay, self._world.clock()):
                return await handler(request)
            return JSONResponse({"detail": "Invalid token."}, 401, {"WWW-Authenticate": "Token"})

        return guarded

    def _open_accounts(self) -> None:
        self._world.accounts.open(merchant("MTN"), self._campay.opening_mtn)
        self._world.accounts.open(merchant("ORANGE"), self._campay.opening_orange)
        self._world.accounts.open(merchant("AIRTIME"), self._campay.opening_airtime)


def _refusing(handler: Handler) -> Handler:
    @wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)

    return answered


async def _add_slash(request: Request) -> Response:
    return RedirectResponse(request.url.replace(path=request.url.path + "/"), 301)


async def _body(request: Request) -> Body:
    try:
        body = json.loads(await request.body())
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text
    except ValueError:
        raise Refusal("The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal("The body is not a JSON object")
    return body


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
