"""What a payer does outside the phone: a bank's page, and a deposit on a chain with the hash that comes of it."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from providers.sandbox.entries import Entry, Reason, State
from providers.sandbox.nkapsmart import pages
from providers.sandbox.nkapsmart.charges import SYSTEM, Charges
from providers.sandbox.world import World

ANSWERS = {
    "authorize": (State.SUCCEEDED, None),
    "short": (State.FAILED, Reason.INSUFFICIENT),
    "cancel": (State.FAILED, Reason.DECLINED),
}


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a payer sent, and the name that the chain gave to it."""

    ash: str
    tokens: str
    enough: bool


class Hosted:
    def __init__(self, world: World, charges: Charges) -> None:
        self._world = world
        self._charges = charges

    async def bank(self, request: Request) -> Response:
        entry = self._find(request, "bank")
        if entry is None:
            return HTMLResponse(pages.gone(), 404)
        if request.method == "POST":
            async with request.form() as form:
                state, reason = ANSWERS.get(str(form.get("answer")), (None, None))
            if state and not entry.final:
                self._decide(entry, state, reason)
            return RedirectResponse(str(request.url), 303)
        if not entry.final:
            asked = entry.due_reason is Reason.TIMEOUT
            return HTMLResponse(pages.bank(entry) if asked else pages.waiting(entry))
        back = entry.extra["success_url" if entry.state is State.SUCCEEDED else "cancel_url"]
        return RedirectResponse(back, 302) if back else HTMLResponse(pages.ended(entry, Markup("")))

    async def crypto(self, request: Request) -> Response:
        entry = self._find(request, "crypto")
        if entry is None:
            return HTMLResponse(pages.gone(), 404)
        if request.method == "POST":
            async with request.form() as form:
                tokens = _tokens(str(form.get("tokens", "")))
            awaited = not entry.final and not self.deposit(entry)
            if awaited and not tokens:
                return HTMLResponse(self._asking(entry, Markup(""), "That is no amount of tokens."), 400)
            if awaited and tokens:
                self._send(entry, tokens)
            return RedirectResponse(str(request.url), 303)
        made = self.deposit(entry)
        sent = pages.sent(made.tokens, made.ash, enough=made.enough) if made else Markup("")
        if entry.final:
            return HTMLResponse(pages.ended(entry, sent))
        return HTMLResponse(self._asking(entry, sent))

    def _asking(self, entry: Entry, sent: Markup, wrong: str = "") -> str:
        address = entry.extra["payee_address"] or entry.extra["payment_address"]
        return pages.deposit(entry, address, self._world.settings.nkapsmart.crypto_amount, sent, wrong)

    def deposit(self, entry: Entry) -> Deposit | None:
        row = self._world.store.row("SELECT body FROM links WHERE id = ?", f"{SYSTEM}/{entry.id}")
        return Deposit(**json.loads(row["body"])) if row else None

    def _send(self, entry: Entry, tokens: Decimal) -> None:
        """One deposit for a payment; a smaller one than was asked stays where it is."""
        ash = self._charges.transaction_hash(entry.extra["network"])
        enough = tokens >= Decimal(entry.extra["tokens"])
        body = json.dumps({"ash": ash, "tokens": f"{tokens:f}", "enough": enough})
        with self._world.store.change():
            place = f"{SYSTEM}/{entry.id}"
            self._world.store.run("INSERT INTO links VALUES (?, ?, ?)", (place, place, body))
            if enough:
                self._decide(entry, State.SUCCEEDED, None)

    def _decide(self, entry: Entry, state: State, reason: Reason | None) -> None:
        self._world.ledger.decide(entry, state, reason)
        self._world.ledger.settle_due()

    def _find(self, request: Request, endpoint: str) -> Entry | None:
        self._world.ledger.settle_due()
        entry = self._world.ledger.get(request.path_params["id"])
        return entry if entry and (entry.system, entry.endpoint) == (SYSTEM, endpoint) else None


def _tokens(typed: str) -> Decimal | None:
    try:
        read = Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return read if read.is_finite() and 0 < read < 10**12 else None
