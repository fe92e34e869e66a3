"""SauriPay's paths. Each handler: find the merchant, verify the signature over what came, check, answer."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.entries import Entry, State
from providers.sandbox.sauripay import checks, records, signatures
from providers.sandbox.sauripay.charges import B2C, C2B, SYSTEM, Charges
from providers.sandbox.sauripay.checks import Refusal
from providers.sandbox.sauripay.orders import Order, Orders, Stage
from providers.sandbox.sauripay.payers import Payers
from providers.sandbox.sauripay.settings import SauriPaySettings
from providers.sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]


class SauriPay:
    """One merchant of SauriPay: its wire, its payers' pages, and what it calls back."""

    name = SYSTEM

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders = Orders(world.store)
        self._charges = Charges(world, self._orders)
        self._payers = Payers(world, self._orders, self._charges)
        world.callbacks.announcers[SYSTEM] = self
        world.ledger.operator_reference[SYSTEM] = lambda entry: (
            f"MP.{world.chance.randrange(10**5):05d}.{entry.code[-4:]}"
        )

    @property
    def _sauripay(self) -> SauriPaySettings:
        return self._world.settings.sauripay

    def routes(self) -> list[BaseRoute]:
        """Two segments deep under any public id, so they go behind every other system's."""
        calls: list[tuple[str, Handler]] = [(C2B, self.collect), (B2C, self.pay_out), ("status", self.status)]
        own: list[BaseRoute] = [
            Route(f"/{{public_id}}/{call}", _refusing(handler), methods=["POST"]) for call, handler in calls
        ]
        return [*self._payers.routes(), *own]

    async def collect(self, request: Request) -> Response:
        return await self._order(C2B, request)

    async def pay_out(self, request: Request) -> Response:
        return await self._order(B2C, request)

    async def status(self, request: Request) -> Response:
        body = await self._authentic(request)
        order = self._orders.get(checks.order_id(body)) or self._orders.get(f"{B2C}:{checks.order_id(body)}")
        if order is None:
            raise Refusal(checks.UNKNOWN_ORDER, "PARENT OPERATION NOT FOUND")
        extra = body.get("extra")
        wrong = self._hand_in(order, extra) if isinstance(extra, dict) and "otp" in extra else None
        self._world.ledger.settle_due()
        return JSONResponse(self._standing(self._orders.get(order.key) or order, str(request.base_url), wrong))

    def announces(self, entry: Entry) -> bool:
        return bool(entry.extra["callback_url"])

    def announcement(self, entry: Entry, *, forged: bool) -> httpx.Request:
        order = self._orders.of_entry(entry.id)
        assert order is not None  # noqa: S101  # both are written in one change
        key = f"not {self._sauripay.secret_key}" if forged else self._sauripay.secret_key
        content = signatures.signed(records.callback(order, entry, self._sauripay), key)
        return httpx.Request(
            "POST", entry.extra["callback_url"], content=content, headers={"Content-Type": "application/json"}
        )

    async def _order(self, call: str, request: Request) -> Response:
        body = await self._authentic(request)
        key = checks.order_id(body)
        key = key if call == C2B or self._sauripay.shared_order_ids else f"{call}:{key}"
        if order := self._orders.get(key):
            return JSONResponse(self._again(order, body))
        asked = checks.asked(body, call, self._sauripay)
        order = self._charges.take(key, call, asked, body, request.url.path)
        return JSONResponse(order.first)

    def _again(self, order: Order, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The first answer, word for word: only /status has news. A confirmation is the one repeat that counts."""
        extra = body.get("extra")
        if order.stage is Stage.CONFIRMATION and isinstance(extra, dict) and "otp" in extra:
            wrong = self._hand_in(order, extra)
            return self._standing(self._orders.get(order.key) or order, "", wrong)
        self._world.events.tell("repeat", system=SYSTEM, order=order.key, differs=_fields(body) != _fields(order.asked))
        return order.first

    def _hand_in(self, order: Order, extra: Mapping[str, Any]) -> tuple[int, str] | None:
        """The payer's code, where one is waited for; what is wrong with it."""
        entry = self._world.ledger.get(order.entry)
        if entry is None or entry.final or order.stage not in (Stage.CODE, Stage.CONFIRMATION):
            return None
        if wrong := checks.code(extra.get("otp"), self._sauripay.otp):
            return wrong
        with self._world.store.change():
            self._orders.move(order.key, Stage.NOTHING)
            self._world.ledger.decide(entry, State.SUCCEEDED)
        return None

    def _standing(self, order: Order, base_url: str, wrong: tuple[int, str] | None) -> dict[str, Any]:
        entry = self._world.ledger.get(order.entry)
        code, message = wrong or (checks.OUTAGE if order.stage is Stage.UNREACHABLE else (0, "OK"))
        return records.answer(
            order, entry, self._world.clock(), self._sauripay,
            extra=self._extra(order, entry, base_url),
            result={"code": code, "message": message},
            confirm_type=self._sauripay.confirm_type if order.stage is Stage.CONFIRMATION else 0,
        )  # fmt: skip

    def _extra(self, order: Order, entry: Entry | None, base_url: str) -> dict[str, Any] | None:
        if entry is None or entry.final:
            return None
        if order.stage is Stage.TRANSFER:
            return dict(order.first["extra"])
        there = entry.opened_at + timedelta(seconds=self._sauripay.link_delay) <= self._world.clock()
        if order.stage is Stage.PAGE and there and base_url:
            return {"customer_redirect": f"{base_url.rstrip('/')}/sauripay/page/{order.token}"}
        return None

    async def _authentic(self, request: Request) -> dict[str, Any]:
        raw = await request.body()
        body = _read(raw)
        if request.path_params["public_id"] != self._sauripay.public_id:
            raise Refusal(*checks.WRONG_MERCHANT, status=self._sauripay.unknown_public_id_status)
        if body.get("merchant_id") != self._sauripay.merchant_id:
            raise Refusal(*checks.WRONG_MERCHANT)
        if not signatures.fits(raw, body.get("signature"), self._sauripay.secret_key):
            raise Refusal(*checks.WRONG_SIGNATURE, status=400 if self._sauripay.bad_signature == "html" else 200)
        return body


def _refusing(handler: Handler) -> Handler:
    @wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            if refusal.code == checks.WRONG_SIGNATURE[0] and refusal.status != 200:
                return HTMLResponse("<html><body>Signature is not valid</body></html>", refusal.status)
            body = records.refusal(_echo(await request.body()), refusal.code, refusal.message)
            return JSONResponse(body, refusal.status)

    return answered


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw.decode())
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text
    except (ValueError, RecursionError):
        raise Refusal(checks.BAD_FIELD, "MALFORMED JSON", status=400) from None
    if not isinstance(body, dict):
        raise Refusal(checks.BAD_FIELD, "MALFORMED JSON", status=400)
    return body


def _echo(raw: bytes) -> str:
    try:
        return checks.order_id(_read(raw))
    except Refusal:
        return ""


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "signature"}
