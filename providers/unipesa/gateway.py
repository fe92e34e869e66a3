"""Every brand's gateway: three calls, each signed in its body, and a callback signed the same way.

Its template page is https://docs-unipesa-io.pages.dev, read on 2026-11-21; a brand's own module has its quirks.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from providers.base import Clock, Provider
from providers.catalogue.unipesa import Catalogue
from providers.client import Client, Reply, json_object
from providers.errors import BadCallback, Misconfigured, Reason, Refused
from providers.fields import Unreadable, text
from providers.messages import Callback, CallbackRequest, Channel, Kind, Lookup, Order, Outcome, Report, Step, StepKind
from providers.sheet import Rail
from providers.unipesa.replies import BAD_CODES, OPERATIONS, STATUS, accepted, result, standing
from providers.unipesa.settings import UnipesaSettings
from providers.unipesa.signature import BadSignature, opened, sealed
from providers.unipesa.ways import RETURN_URL, Way, choose, ways

__all__ = ["STATUS", "Unipesa"]

_NEVER_SENT = "guichet-check"
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_ORDER_ID = re.compile(r"[\w:.-]{1,128}", re.ASCII)


class Unipesa(Provider):
    """A brand gives `name`, `sheet` and `catalogue`; another edition's paths or words are its to override."""

    Settings = UnipesaSettings
    catalogue: ClassVar[Catalogue]
    settings: UnipesaSettings

    def __init__(self, settings: UnipesaSettings, client: Client, now: Clock) -> None:
        super().__init__(settings, client, now)
        self._ways = ways(settings, self.catalogue)
        if not settings.return_url and any(RETURN_URL in way.extras for way in self._ways):
            raise Misconfigured(f"missing: {self.name.upper()}_RETURN_URL, which one of the ids needs")

    def rails(self) -> list[Rail]:
        return [way.rail() for way in self._ways]

    async def check(self) -> str:
        """Asks about an order that never was: the answer tells whether the keys are good."""
        standing(await self._send("status", {"order_id": _NEVER_SENT}), _NEVER_SENT, "")
        return ""

    async def collect(self, order: Order) -> Report:
        way = choose(self._ways, Kind.COLLECTION, self._country(order), order)
        report = await self._order("payment_c2b", way, order)
        if way.code_by_status and report.outcome is Outcome.PENDING and not report.step:
            return replace(report, step=Step(StepKind.GIVE_CODE))
        return report

    async def payout(self, order: Order) -> Report:
        return await self._order("payment_b2c", choose(self._ways, Kind.PAYOUT, self._country(order), order), order)

    async def status(self, lookup: Lookup) -> Report:
        """With `extras["otp"]` it also hands in the payer's code, where one of the country's ids takes it so."""
        key, takers = str(lookup.key), self._takers_of_codes(lookup)
        body: dict[str, Any] = {"order_id": key}
        code = lookup.extras.get("otp", "").strip() if takers else ""
        if code:
            body |= {"customer_id": takers[0].written(lookup.msisdn), "extra": {"otp": code}}
        reply = await self._send("status", body)
        report = standing(reply, key, lookup.amount.currency)
        return self._asking_for_code(report, reply, lookup, code)

    def parse_callback(self, request: CallbackRequest) -> Callback:
        try:
            opened(request.body, self.settings.secret_key.get_secret_value())
            fields = json_object(request.body) or {}
            key, word, merchant = (text(fields, name) for name in ("order_id", "status", "merchant_id"))
            amount, currency = text(fields, "amount"), text(fields, "currency").upper()
            kind = OPERATIONS.get(text(fields, "operation_type"))
        except (BadSignature, Unreadable) as error:
            raise BadCallback(str(error)) from None
        if merchant not in {"", self.settings.merchant_id}:
            raise BadCallback("another merchant's")
        if not _ORDER_ID.fullmatch(key) or not word:
            raise BadCallback("no order or no status")
        if amount and not _NUMBER.fullmatch(amount):
            raise BadCallback("unreadable amount")
        outcome = STATUS.get(word, Outcome.UNKNOWN)
        return Callback(key, key, word, outcome, Decimal(amount) if amount else None, currency, kind)

    async def _order(self, call: str, way: Way, order: Order) -> Report:
        extra = way.beyond(order, self.settings.return_url)
        body: dict[str, Any] = {
            "customer_id": way.customer(order),
            "order_id": str(order.key),
            "amount": f"{order.amount.decimal:.2f}",
            "currency": way.currency,
            "country": way.country,
            "provider_id": way.id,
        }
        body |= {"callback_url": self.settings.callback_url} if self.settings.callback_url else {}
        body |= {"extra": extra} if extra else {}
        return accepted(await self._send(call, body), str(order.key), way.currency, with_code="otp" in extra)

    async def _send(self, call: str, body: Mapping[str, Any]) -> Reply:
        secret = self.settings.secret_key.get_secret_value()
        try:
            content = sealed({**body, "merchant_id": self.settings.merchant_id}, secret)
        except BadSignature as error:
            raise Refused(Reason.OTHER, str(error)) from None
        return await self.client.post(f"/{self.settings.public_id}/{call}", content)

    def _country(self, order: Order) -> str:
        return order.country or self.catalogue.country_of(order.msisdn)

    def _takers_of_codes(self, lookup: Lookup) -> list[Way]:
        here = self._collecting_in(self.catalogue.country_of(lookup.msisdn)) if lookup.kind is Kind.COLLECTION else []
        return [way for way in here if way.code_by_status]

    def _collecting_in(self, country: str) -> list[Way]:
        found = (way for way in self._ways if (way.kind, way.country) == (Kind.COLLECTION, country))
        return [way for way in found if way.channel is Channel.MOBILE]

    def _asking_for_code(self, report: Report, reply: Reply, lookup: Lookup, code: str) -> Report:
        """Where the code was refused, or was not given though every id of the country wants one."""
        if report.outcome is not Outcome.PENDING or report.step:
            return report
        wrong, words = result(reply.body)
        takers = self._takers_of_codes(lookup)
        if takers and wrong in BAD_CODES:
            return replace(report, step=Step(StepKind.GIVE_CODE), detail=words or BAD_CODES[wrong])
        if takers and not code and takers == self._collecting_in(self.catalogue.country_of(lookup.msisdn)):
            return replace(report, step=Step(StepKind.GIVE_CODE))
        return report
