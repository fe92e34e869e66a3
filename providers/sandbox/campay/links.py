"""CamPay's payment links: the request for one, and the page that a payer opens in a browser.

The reference of a link has no transaction until its payer starts (the SDK's documentation). One link, one payment.
"""

import json
from dataclasses import asdict, dataclass, field
from sqlite3 import Row
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from providers.sandbox.campay import checks, pages, records
from providers.sandbox.campay.charges import Charges
from providers.sandbox.campay.checks import Refusal
from providers.sandbox.entries import Entry, State
from providers.sandbox.settings import CamPaySettings
from providers.sandbox.world import World

OPTIONS = {"MOMO", "CARD"}


@dataclass(frozen=True, slots=True)
class Link:
    """`body` is the request's, as it came. What the payer may still choose is the phone, and a larger amount."""

    token: str
    id: str
    amount: int
    may_pay_more: bool
    success_url: str
    failure_url: str
    msisdn: str
    description: str
    external_reference: str
    names: dict[str, str] = field(default_factory=dict)

    def order(self, phone: str, amount: object) -> dict[str, Any]:
        """What `collect` would have been asked."""
        asked = checks.amount(amount) if self.may_pay_more else self.amount
        if asked < self.amount:
            raise Refusal(f"At least {self.amount} XAF", "ER201")
        return {
            "from": phone, "amount": asked, "description": self.description,
            "external_reference": self.external_reference,
        }  # fmt: skip

    def extra(self) -> dict[str, str]:
        return {**self.names, "redirect_url": self.success_url, "failure_redirect_url": self.failure_url}


class Links:
    def __init__(self, world: World, charges: Charges) -> None:
        self._world = world
        self._charges = charges

    @property
    def _campay(self) -> CamPaySettings:
        return self._world.settings.campay

    def create(self, body: dict[str, Any], base_url: str) -> Response:
        link = self._read(body)
        with self._world.store.change():
            self._world.store.run("INSERT INTO links VALUES (?, ?, ?)", (link.token, link.id, json.dumps(asdict(link))))
        return JSONResponse({"link": f"{base_url.rstrip('/')}/pay/{link.token}/", "reference": link.id})

    async def open(self, request: Request) -> Response:
        """The form; while the phone asks, a waiting page; at the end, back to the merchant."""
        link = self._find(request)
        if link is None:
            return HTMLResponse(pages.gone(), 404)
        entry = self._world.ledger.get(link.id)
        if entry is None:
            return HTMLResponse(pages.form(link, self._campay.app_name))
        if entry.final:
            return RedirectResponse(_return_url(link, entry), 302)
        return HTMLResponse(pages.waiting(entry))

    async def pay(self, request: Request) -> Response:
        link = self._find(request)
        if link is None:
            return HTMLResponse(pages.gone(), 404)
        async with request.form() as form:
            typed, amount = str(form.get("phone", "")), str(form.get("amount", ""))
            cancelled = form.get("action") == "cancel"
        if cancelled and self._world.ledger.get(link.id) is None:  # the link stays open, and has no transaction
            return RedirectResponse(_failed_url(link), 303)
        if self._world.ledger.get(link.id) is None:  # a second tap finds the first one's payment
            try:
                order = link.order(_international(typed), amount)
                self._charges.collect(order, path=request.url.path, extra=link.extra(), reference=UUID(link.id))
            except Refusal as refusal:
                page = pages.form(link, self._campay.app_name, refusal.body["message"], typed)
                return HTMLResponse(page, refusal.status)
        return RedirectResponse(str(request.url), 303)

    def _read(self, body: dict[str, Any]) -> Link:
        checks.require(body, "amount", "description", "redirect_url")
        checks.currency(body)
        amount = checks.amount(body["amount"])
        checks.within_demo(amount, self._campay)
        success = checks.return_page(checks.text(body, "redirect_url"), self._campay)
        failure = checks.return_page(checks.text(body, "failure_redirect_url") or success, self._campay)
        if not set(checks.text(body, "payment_options").split(",")) - {""} <= OPTIONS:
            raise Refusal("payment_options are MOMO and CARD")
        return Link(
            token=self._world.ids().hex[:16], id=str(self._world.ids()), amount=amount,
            may_pay_more=checks.text(body, "payer_can_pay_more") == "yes", success_url=success, failure_url=failure,
            msisdn=checks.payer(body["from"], self._campay)[0] if body.get("from") else "",
            description=checks.text(body, "description"),
            external_reference=checks.text(body, "external_reference"),
            names={name: checks.text(body, name) for name in records.EXTRA},
        )  # fmt: skip

    def _find(self, request: Request) -> Link | None:
        row = self._world.store.row("SELECT body FROM links WHERE token = ?", request.path_params["token"])
        return _link(row) if row else None


def _link(row: Row) -> Link:
    return Link(**json.loads(row["body"]))


def _international(phone: str) -> str:
    """A payer types what they know: with spaces, with or without the country's code."""
    digits = "".join(character for character in phone if character.isdigit()).removeprefix("00")
    return f"237{digits}" if len(digits) == 9 else digits


def _return_url(link: Link, entry: Entry) -> str:
    return _with(
        link.success_url if entry.state is State.SUCCEEDED else link.failure_url,
        {
            "status": records.STATUS[entry.state].lower(),
            "reference": entry.id,
            "external_reference": entry.external_reference,
            "operator": checks.spoken(entry.operator),
            "operator_reference": entry.operator_reference,
            "reason": "timeout" if entry.reason == "timeout" else "failed" if entry.reason else "",
        },
    )


def _failed_url(link: Link) -> str:
    told = {"status": "failed", "reference": link.id, "external_reference": link.external_reference}
    return _with(link.failure_url, {**told, "operator": "", "operator_reference": "", "reason": "failed"})


def _with(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
