"""Where SauriPay's payers act: the page behind a link, the bank's counter, and the keypad that gives a code."""

import re
from decimal import Decimal, DecimalException

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from providers.catalogue.unipesa import SAURIPAY
from providers.sandbox.entries import Entry, Reason, State
from providers.sandbox.sauripay import checks, pages
from providers.sandbox.sauripay.charges import Charges, asks_for_code
from providers.sandbox.sauripay.orders import Order, Orders, Stage
from providers.sandbox.sauripay.settings import SauriPaySettings
from providers.sandbox.world import World

_DIALS = [re.escape(one.dial).replace(r"\{amount\}", r"(\d+)") for one in SAURIPAY.listings if one.dial]


class Payers:
    def __init__(self, world: World, orders: Orders, charges: Charges) -> None:
        self._world = world
        self._orders = orders
        self._charges = charges

    @property
    def _sauripay(self) -> SauriPaySettings:
        return self._world.settings.sauripay

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sauripay/page/{token}", self.page, methods=["GET"]),
            Route("/sauripay/page/{token}", self.answer, methods=["POST"]),
            Route("/sauripay/bank", self.bank, methods=["GET"]),
            Route("/sauripay/bank", self.transfer, methods=["POST"]),
            Route("/sauripay/dial", self.keypad, methods=["GET"]),
            Route("/sauripay/dial", self.dial, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        order, entry = self._of_page(request)
        if order is None or entry is None:
            return HTMLResponse(pages.gone(), 404)
        return self._shown(order, entry)

    async def answer(self, request: Request) -> Response:
        order, entry = self._of_page(request)
        if order is None or entry is None:
            return HTMLResponse(pages.gone(), 404)
        async with request.form() as form:
            cancelled, code = "cancel" in form, str(form.get("code", ""))
        if not entry.final and order.stage is Stage.PAGE:
            wrong = None if cancelled else self._paid(order, entry, code)
            if cancelled:
                self._end(order, entry, Stage.CANCELLED, State.FAILED)
            if wrong:
                return self._shown(order, entry, wrong)
        return RedirectResponse(str(request.url), 303)

    async def bank(self, _: Request) -> Response:
        return HTMLResponse(pages.bank())

    async def transfer(self, request: Request) -> Response:
        async with request.form() as form:
            account, amount = str(form.get("account", "")).strip(), str(form.get("amount", "")).strip()
        order = self._orders.of_account(account)
        entry = self._world.ledger.get(order.entry) if order else None
        if order is None or entry is None or entry.final:
            return HTMLResponse(pages.bank("No such account, or it is closed."), 404)
        if not _is(amount, entry.extra["amount"]):
            return HTMLResponse(pages.bank(f"This account waits for {entry.extra['amount']} {entry.currency}."), 400)
        self._end(order, entry, order.stage, State.SUCCEEDED)
        return HTMLResponse(pages.ended(self._world.ledger.get(entry.id) or entry))

    async def keypad(self, _: Request) -> Response:
        return HTMLResponse(pages.keypad())

    async def dial(self, request: Request) -> Response:
        async with request.form() as form:
            msisdn, dialled = str(form.get("msisdn", "")).strip(), str(form.get("dial", "")).strip()
        if not re.fullmatch(r"[0-9]{6,20}", msisdn):
            return HTMLResponse(pages.keypad("That is no phone number."), 400)
        if not any(re.fullmatch(dial, dialled) for dial in _DIALS):
            return HTMLResponse(pages.keypad("The network does not know this code."), 400)
        self._charges.send_code(msisdn, "ORANGE")
        return HTMLResponse(pages.keypad(said=f"Your payment code is {self._sauripay.otp}."))

    def _paid(self, order: Order, entry: Entry, code: str) -> str:
        """What is wrong; empty where the payer did all there is to do on the page."""
        if asks_for_code(entry.extra["country"]) and (wrong := checks.code(code.strip(), self._sauripay.otp)):
            return wrong[1].capitalize()
        if entry.extra["country"] == "EG":
            with self._world.store.change():
                self._orders.move(order.key, Stage.NOTHING)
                self._world.phones.prompt(entry)
            return ""
        self._end(order, entry, Stage.NOTHING, State.SUCCEEDED)
        return ""

    def _end(self, order: Order, entry: Entry, stage: Stage, state: State) -> None:
        with self._world.store.change():
            self._orders.move(order.key, stage)
            self._world.ledger.decide(entry, state, Reason.DECLINED if state is State.FAILED else None)
            self._world.ledger.settle_due()

    def _of_page(self, request: Request) -> tuple[Order | None, Entry | None]:
        order = self._orders.of_page(request.path_params["token"])
        return order, self._world.ledger.get(order.entry) if order else None

    def _shown(self, order: Order, entry: Entry, wrong: str = "") -> Response:
        if entry.final:
            back = entry.extra["return_url"]
            return RedirectResponse(back, 302) if back else HTMLResponse(pages.ended(entry))
        if order.stage is not Stage.PAGE:
            return HTMLResponse(pages.waiting(entry))
        page = pages.form(entry, with_code=asks_for_code(entry.extra["country"]), wrong=wrong)
        return HTMLResponse(page, 400 if wrong else 200)


def _is(given: str, amount: str) -> bool:
    try:
        return Decimal(given) == Decimal(amount)
    except DecimalException:
        return False
