"""Opens what was ordered in the ledger, with what will become of it by itself."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_CEILING
from typing import Any

from providers.catalogue.unipesa import Flow
from providers.sandbox.accounts import Short, pocket
from providers.sandbox.entries import Draft, Due, Entry, Kind, Reason, State
from providers.sandbox.faults import FaultKind
from providers.sandbox.sauripay import records
from providers.sandbox.sauripay.checks import OUTAGE, Asked, flow
from providers.sandbox.sauripay.orders import Order, Orders, Stage
from providers.sandbox.sauripay.settings import SauriPaySettings
from providers.sandbox.world import World

SYSTEM = "sauripay"
C2B, B2C = "payment_c2b", "payment_b2c"
_NEVER = 10 * 365 * 86400.0
_WAITS = {Flow.OTP_STATUS: Stage.CODE, Flow.REDIRECT: Stage.PAGE, Flow.BANK: Stage.TRANSFER}


class Charges:
    def __init__(self, world: World, orders: Orders) -> None:
        self._world = world
        self._orders = orders

    @property
    def _sauripay(self) -> SauriPaySettings:
        return self._world.settings.sauripay

    def take(self, key: str, call: str, asked: Asked, body: Mapping[str, Any], path: str) -> Order:
        """Remembers the order with its first answer, which later repeats get again."""
        stage = self._stage(call, asked)
        serial = self._world.store.next(f"{SYSTEM}/order")
        account = f"4{serial:09d}" if stage is Stage.TRANSFER else ""
        with self._world.store.change():
            entry = None
            if stage not in (Stage.REFUSED, Stage.UNREACHABLE):
                entry, stage = self._opened(call, asked, stage, serial, path)
            order = Order(key, entry.id if entry else "", self._world.ids().hex, account, stage, body, {})
            order = replace(order, first=self._first(order, entry, asked))
            self._orders.add(order)
        return order

    def bank_details(self, order: Order, asked: Mapping[str, Any], amount: int | float) -> dict[str, Any]:
        return {
            "transfer_amount": amount,
            "account_name": f"{self._sauripay.app_name} / {asked['order_id'][:8]}",
            "account_number": order.account,
            "bank_name": "Sandbox Bank",
        }

    def _stage(self, call: str, asked: Asked) -> Stage:
        if asked.provider_id in self._sauripay.down_ids:
            return Stage.UNREACHABLE
        if asked.provider_id in self._sauripay.refusing_ids:
            return Stage.REFUSED
        if call == B2C:
            return Stage.CONFIRMATION if self._sauripay.confirm_type else Stage.NOTHING
        return _WAITS.get(flow(asked.listing, asked.provider_id, self._sauripay), Stage.NOTHING)

    def _opened(self, call: str, asked: Asked, stage: Stage, serial: int, path: str) -> tuple[Entry | None, Stage]:
        draft = self._draft(call, asked, stage, serial, path)
        self._world.accounts.open(draft.account, self._sauripay.opening)
        try:
            entry = self._world.ledger.open(draft)
        except Short:
            return None, Stage.NO_FUNDS
        way = flow(asked.listing, asked.provider_id, self._sauripay)
        if call == C2B and way is Flow.PUSH:
            self._world.phones.prompt(entry)
        if call == C2B and (stage is Stage.CODE or (stage is Stage.PAGE and asks_for_code(asked.country))):
            self.send_code(entry.msisdn, entry.operator)
        return entry, stage

    def send_code(self, msisdn: str, operator: str) -> None:
        self._world.phones.receive(msisdn, operator, f"Your payment code is {self._sauripay.otp}.")

    def _draft(self, call: str, asked: Asked, stage: Stage, serial: int, path: str) -> Draft:
        """The ledger counts whole units: cents are rounded up there, and exact on the wire."""
        purse = {} if asked.listing.mobile else {"purse": f"bank/{asked.customer_id}/{asked.currency}"}
        whole = int(asked.amount.to_integral_value(ROUND_CEILING))
        return Draft(
            system=SYSTEM, endpoint=call, kind=Kind.COLLECTION if call == C2B else Kind.PAYOUT, amount=whole,
            moves=whole, currency=asked.currency, msisdn=asked.msisdn, operator=asked.listing.operator,
            account=pocket(SYSTEM, "main", asked.currency), due=self._due(call, asked, stage),
            external_reference=asked.order_id, asker=self._sauripay.app_name, code=f"{732 * 10**9 + serial}",
            held=bool(self._world.faults.take({FaultKind.STUCK}, path)),
            extra={
                "amount": str(asked.amount), "provider_id": str(asked.provider_id), "country": asked.country,
                "customer_id": asked.customer_id, "callback_url": asked.callback_url,
                "return_url": asked.extra.get("return_url", ""), **purse,
            },
        )  # fmt: skip

    def _due(self, call: str, asked: Asked, stage: Stage) -> Due:
        settings = self._world.settings
        way = flow(asked.listing, asked.provider_id, self._sauripay)
        if way is Flow.NEVER_ENDS or stage is Stage.CONFIRMATION:
            return Due(_NEVER, State.FAILED, Reason.TIMEOUT)
        if call == B2C:
            return Due(settings.payout_delay, State.SUCCEEDED)
        if way is Flow.OTP_INLINE:  # the payer agreed before there was an order
            return Due(settings.test_delay, State.SUCCEEDED)
        patience = self._sauripay.page_timeout if stage in (Stage.PAGE, Stage.TRANSFER) else settings.prompt_timeout
        return Due(patience, State.FAILED, Reason.TIMEOUT)

    def _first(self, order: Order, entry: Entry | None, asked: Asked) -> dict[str, Any]:
        if order.stage is Stage.UNREACHABLE:
            return records.refusal(asked.order_id, *OUTAGE)
        extra = None
        if order.stage is Stage.TRANSFER:
            extra = self.bank_details(order, order.asked, records.number(asked.amount))
        confirm_type = self._sauripay.confirm_type if order.stage is Stage.CONFIRMATION else 0
        return records.answer(
            order, entry, self._world.clock(), self._sauripay, extra=extra, confirm_type=confirm_type, first=True
        )


def asks_for_code(country: str) -> bool:
    """Rwanda's and Uganda's pages want a code from the payer; Egypt's is followed by a prompt on the phone."""
    return country in ("RW", "UG")
