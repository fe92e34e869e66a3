"""Opens Nkapsmart's collections, payouts and batches in the ledger, with what will become of each by itself."""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import UUID

from providers.sandbox.accounts import Short, pocket
from providers.sandbox.entries import Draft, Due, Entry, Kind, Reason, State
from providers.sandbox.faults import FaultKind
from providers.sandbox.nkapsmart import checks
from providers.sandbox.nkapsmart.checks import Refusal
from providers.sandbox.nkapsmart.settings import NkapsmartSettings
from providers.sandbox.world import World

SYSTEM = "nkapsmart"
CURRENCY = "XAF"
BUSINESS = pocket(SYSTEM, "BUSINESS", CURRENCY)

Fields = Mapping[str, Any]


class Charges:
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _settings(self) -> NkapsmartSettings:
        return self._world.settings.nkapsmart

    def mobile(self, fields: Fields, path: str) -> Entry:
        msisdn, operator = checks.served(fields)
        due = Due(self._world.settings.prompt_timeout, State.FAILED, Reason.TIMEOUT)
        draft = self._collection(fields, path, "mobile", msisdn, operator, due, self._extra(fields))
        with self._world.store.change():
            entry = self._world.ledger.open(draft)
            self._world.phones.prompt(entry)
        return entry

    def bank(self, fields: Fields, path: str, base_url: str) -> Entry:
        msisdn, _ = checks.phone(fields, required=False)
        reference = self._world.ids()
        extra = self._extra(fields) | {
            "purse": f"bank/{checks.email(fields)}/{CURRENCY}",
            "payment_url": f"{base_url}nkapsmart/bank/{reference}",
            "success_url": checks.text(fields, "SuccessUrl"),
            "cancel_url": checks.text(fields, "CancelUrl"),
        }
        due = Due(self._settings.bank_timeout, State.FAILED, Reason.TIMEOUT)
        return self._world.ledger.open(
            self._collection(fields, path, "bank", msisdn, "BANK", due, extra, reference=reference)
        )

    def crypto(self, fields: Fields, path: str, base_url: str) -> Entry:
        msisdn, _ = checks.phone(fields, required=False)
        network = checks.network(fields, self._settings)
        told = checks.text(fields, "paymentAddress", required=True)
        reference = self._world.ids()
        extra = self._crypto(fields, network) | {
            "purse": f"chain/{checks.email(fields)}/{CURRENCY}",
            "payment_url": f"{base_url}nkapsmart/crypto/{reference}",
            "payment_address": told,
            "payee_address": DEPOSITS.get(network, DEPOSITS[""]) if self._settings.crypto_address == "sender" else "",
        }
        due = Due(self._settings.deposit_timeout, State.FAILED, Reason.TIMEOUT)
        return self._world.ledger.open(
            self._collection(fields, path, "crypto", msisdn, network, due, extra, reference=reference)
        )

    def payout(self, fields: Fields, path: str) -> Entry:
        msisdn, carrier = checks.served(fields)
        checks.email(fields)
        named = checks.operator(fields, self._settings)
        draft = self._payout(fields, path, "payout", msisdn, named, self._payout_ends(msisdn, named == carrier))
        return self._pay(draft)

    def crypto_payout(self, fields: Fields, path: str) -> Entry:
        msisdn, _ = checks.phone(fields)
        checks.email(fields)
        network = checks.network(fields, self._settings)
        checks.text(fields, "description", required=True)
        address = checks.text(fields, "payeeAddress", required=True)
        extra = self._crypto(fields, network) | {
            "purse": f"chain/{address}/{CURRENCY}",
            "payee_address": address,
            "ash": self.transaction_hash(network),
        }
        due = Due(self._world.settings.payout_delay, State.SUCCEEDED)
        return self._pay(self._payout(fields, path, "crypto_payout", msisdn, network, due, extra=extra))

    def bulk(self, fields: Fields, path: str) -> str:
        """The batch's id. Its lines are checked for their form at once, and for the rest one by one."""
        lines = fields.get("transactions")
        if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
            raise Refusal("The transactions field is required")
        if 0 < self._settings.bulk_maximum < len(lines):
            raise Refusal(f"At most {self._settings.bulk_maximum} transactions")
        batch = f"BK-{self._world.ids().hex[:12].upper()}"
        drafts = [self._line(checks.lowered(line), path, batch) for line in lines]
        with self._world.store.change():
            for draft in drafts:
                self._pay(draft)
        return batch

    def transaction_hash(self, network: str) -> str:
        digits = f"{self._world.chance.getrandbits(256):064x}"
        return digits if network == "TRON" else f"0x{digits}"

    def _line(self, fields: Fields, path: str, batch: str) -> Draft:
        msisdn, operator = checks.phone(fields)
        due = self._payout_ends(msisdn, operator in self._settings.operators)
        return self._payout(fields, path, "bulk", msisdn, operator, due, batch=batch)

    def _pay(self, draft: Draft) -> Entry:
        try:
            return self._world.ledger.open(draft)
        except Short:
            raise Refusal("Insufficient balance", self._settings.short_status) from None

    def _collection(
        self,
        fields: Fields,
        path: str,
        endpoint: str,
        msisdn: str,
        operator: str,
        due: Due,
        extra: dict[str, str],
        reference: UUID | None = None,
    ) -> Draft:
        checks.application(fields, self._settings)
        checks.email(fields)
        amount = self._francs(fields, endpoint)
        fee = -(-amount * self._settings.fee_percent // 100)
        return Draft(
            **self._common(fields, path, endpoint, msisdn, operator),
            kind=Kind.COLLECTION, amount=amount, moves=amount, due=due, fee=fee, id=reference, extra=extra,
        )  # fmt: skip

    def _payout(
        self,
        fields: Fields,
        path: str,
        endpoint: str,
        msisdn: str,
        operator: str,
        due: Due,
        *,
        batch: str = "",
        extra: dict[str, str] | None = None,
    ) -> Draft:
        if not batch:
            checks.application(fields, self._settings)
        amount = self._francs(fields, endpoint)
        return Draft(
            **self._common(fields, path, endpoint, msisdn, operator),
            kind=Kind.PAYOUT, amount=amount, moves=amount, due=due, external_reference=batch,
            extra=extra if extra is not None else self._extra(fields),
        )  # fmt: skip

    def _common(self, fields: Fields, path: str, endpoint: str, msisdn: str, operator: str) -> dict[str, Any]:
        return {
            "system": SYSTEM,
            "endpoint": endpoint,
            "currency": CURRENCY,
            "msisdn": msisdn,
            "operator": operator,
            "account": BUSINESS,
            "description": checks.text(fields, "description"),
            "asker": self._settings.business,
            "code": f"NK-{self._world.store.next(SYSTEM):08d}",
            "held": bool(self._world.faults.take({FaultKind.STUCK}, path)),
        }

    def _extra(self, fields: Fields) -> dict[str, str]:
        names = {"email": "email", "product": "productName", "receiver": "recieverName"}
        return {ours: told for ours, name in names.items() if (told := checks.text(fields, name))}

    def _crypto(self, fields: Fields, network: str) -> dict[str, str]:
        unit, rate = self._settings.crypto_amount, self._settings.francs_per_usdt
        asked = checks.amount(fields, unit)
        tokens = asked if unit == "USDT" else (asked / rate).quantize(Decimal("0.000001"), ROUND_UP)
        return self._extra(fields) | {
            "network": network,
            "currency": checks.text(fields, "payCurrency"),
            "amount": f"{asked:f}",
            "tokens": f"{tokens:f}",
        }

    def _francs(self, fields: Fields, endpoint: str) -> int:
        """What the ledger moves: tokens are counted in it by the locked rate."""
        if endpoint.startswith("crypto") and self._settings.crypto_amount == "USDT":
            return int((checks.amount(fields, "USDT") * self._settings.francs_per_usdt).to_integral_value(ROUND_UP))
        return int(checks.amount(fields))

    def _payout_ends(self, msisdn: str, reachable: bool) -> Due:
        delay = self._world.settings.payout_delay
        if not reachable or msisdn in self._settings.failing:
            return Due(delay, State.FAILED, Reason.UNKNOWN_PAYEE)
        return Due(delay, State.SUCCEEDED)


# Where the sandbox takes deposits when paymentAddress is the sender's: well written, and nobody's.
DEPOSITS = {
    "TRON": "TAx64Y6RZnS9R57RyLGpRSGaVG6N5QAm94",
    "": "0x0ac1EaA47124451B8f516026477046c16A8690DE",
}
