"""Opens deposits, withdrawals and refunds in the ledger, with what will become of each by itself.

A country's wallet is one account of the ledger. Amounts are minor units here, whole ones there. A withdrawal's
commission comes out of its amount.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from providers.catalogue.kpay import COUNTRIES, SUBMITTED, TEST_NUMBERS, Country, Operator
from providers.sandbox.accounts import Short, inside, pocket, wallet
from providers.sandbox.entries import Draft, Due, Entry, Kind, Reason, State
from providers.sandbox.faults import FaultKind
from providers.sandbox.kpay import records
from providers.sandbox.kpay.checks import Refusal
from providers.sandbox.kpay.records import DEPOSIT, REFUND, WITHDRAW
from providers.sandbox.kpay.settings import KPaySettings
from providers.sandbox.world import World

SYSTEM = "kpay"
_NEVER = 10 * 365 * 86_400.0
_WINDOW = timedelta(days=7)
_REASONS = {
    "PAYER_NOT_FOUND": Reason.UNKNOWN_PAYER,
    "RECIPIENT_NOT_FOUND": Reason.UNKNOWN_PAYEE,
    "INSUFFICIENT_BALANCE": Reason.INSUFFICIENT,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`id` is a hosted session's, which its payment keeps."""

    operator: Operator
    msisdn: str
    amount: int
    currency: str
    external_id: str
    description: str = ""
    metadata: dict[str, Any] | None = None
    id: str = ""
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Fate:
    due: Due
    asks: bool = False
    failure: str = ""


class Charges:
    def __init__(self, world: World) -> None:
        self._world = world
        self._opened = False

    @property
    def _kpay(self) -> KPaySettings:
        return self._world.settings.kpay

    def open_wallets(self) -> None:
        """With the first call, so that a sandbox used for another system shows none."""
        if not self._opened:
            for country in COUNTRIES.values():
                for currency in country.currencies:
                    self._world.accounts.open(account(country, currency), self._kpay.opening)
            self._opened = True

    def deposit(self, wanted: Wanted, path: str) -> Entry:
        self._up(wanted.operator, "DEPOSIT")
        fate = self._deposit_ends(wanted)
        fee = records.share(wanted.amount, self._kpay.deposit_fee_percent)
        draft = self._draft(wanted, path, DEPOSIT, Kind.COLLECTION, fate, moves=wanted.amount, fee=fee, charged=fee)
        with self._world.store.change():
            entry = self._world.ledger.open(draft)
            if fate.asks:
                self._world.phones.prompt(entry)
            elif fate.due.state is State.SUCCEEDED:  # a number that always pays has the money
                purse = wallet(wanted.msisdn, wanted.currency)
                self._world.accounts.put(purse, self._world.accounts.balance(purse) + entry.amount)
        return entry

    def withdraw(self, wanted: Wanted, path: str) -> Entry:
        self._up(wanted.operator, "PAYOUT")
        fee = records.share(wanted.amount, self._kpay.payout_fee_percent)
        fate = self._payout_ends(wanted.msisdn, wanted.operator.country)
        draft = self._draft(wanted, path, WITHDRAW, Kind.PAYOUT, fate, moves=wanted.amount - fee, fee=fee)
        try:
            return self._world.ledger.open(draft)
        except Short:
            raise Refusal("Insufficient wallet balance", 422) from None

    def refund(self, original: Entry, operator: Operator, external_id: str, reason: str, path: str) -> Entry:
        self._refundable(original)
        wanted = Wanted(operator, original.msisdn, records.minor(original), original.currency, external_id, reason)
        fate = self._payout_ends(original.msisdn, operator.country)
        draft = self._draft(wanted, path, REFUND, Kind.PAYOUT, fate, moves=wanted.amount, fee=0, original=original.id)
        try:
            return self._world.ledger.open(draft)
        except Short:
            raise Refusal("Insufficient wallet balance for this refund") from None

    def cancel(self, session_id: str, endpoint: str, country: Country, minor: int, external_id: str) -> None:
        """A hosted page that somebody left: an entry that nobody's money is in, for its end to be told."""
        currency = country.currencies[0]
        purse = inside(SYSTEM, "nobody", currency)
        extra = {"minor": str(minor), "fee": "0", "provider_reference": "", "cancelled": "yes", "purse": purse}
        draft = Draft(
            system=SYSTEM, endpoint=endpoint, kind=Kind.COLLECTION, amount=records.whole(minor, currency), moves=0,
            currency=currency, msisdn="", operator="", account=account(country, currency),
            due=Due(0, State.FAILED, Reason.DECLINED), external_reference=external_id, extra=extra, id=UUID(session_id),
        )  # fmt: skip
        self._world.ledger.open(draft)
        self._world.ledger.settle_due()

    def active(self, endpoint: str, external_id: str) -> Entry | None:
        """The entry that keeps an externalId from being used again."""
        row = self._world.store.row(
            "SELECT * FROM entries WHERE system = ? AND endpoint = ? AND external_reference = ? AND state != 'failed'",
            SYSTEM, endpoint, external_id,
        )  # fmt: skip
        return Entry.from_row(row) if row else None

    def refunds(self, original: Entry) -> list[Entry]:
        rows = self._world.store.rows(
            "SELECT * FROM entries WHERE msisdn = ? AND system = ? AND endpoint = ? AND external_user = ?",
            original.msisdn, SYSTEM, REFUND, original.id,
        )  # fmt: skip
        return [Entry.from_row(row) for row in rows]

    def refunded(self, original: Entry) -> bool:
        return any(entry.state is State.SUCCEEDED for entry in self.refunds(original))

    def reserved(self, country: Country, currency: str, endpoint: str = "") -> int:
        row = self._world.store.row(
            "SELECT SUM(amount) AS held FROM entries WHERE state = 'pending' AND system = ? AND account = ? "
            "AND endpoint IN (?, ?)",
            SYSTEM, account(country, currency), endpoint or WITHDRAW, endpoint or REFUND,
        )  # fmt: skip
        return int(row["held"] or 0) if row else 0

    def _refundable(self, original: Entry) -> None:
        if original.state is not State.SUCCEEDED or original.ended_at is None:
            raise Refusal("Only a COMPLETED payment can be refunded")
        if self._world.clock() - original.ended_at > _WINDOW:
            raise Refusal("The refund window of 7 days is over")
        for known in self.refunds(original):
            if known.state is not State.FAILED:
                raise Refusal(f"A refund exists already: {known.id} ({records.word(known, self._kpay)})")

    def _draft(
        self, wanted: Wanted, path: str, endpoint: str, kind: Kind, fate: _Fate, *, moves: int, fee: int,
        charged: int = 0, original: str = "",
    ) -> Draft:  # fmt: skip
        """`charged` is what the ledger takes beside the amount; a withdrawal's commission is within it."""
        extra = {
            "minor": str(wanted.amount),
            "fee": str(fee),
            "provider_reference": str(self._world.ids()),
            **dict(wanted.extra),
        }
        extra |= {"failure": fate.failure} if fate.failure else {}
        extra |= {"metadata": json.dumps(wanted.metadata, default=float)} if wanted.metadata is not None else {}
        currency = wanted.currency
        return Draft(
            system=SYSTEM, endpoint=endpoint, kind=kind, amount=records.whole(wanted.amount, currency),
            currency=currency, msisdn=wanted.msisdn, operator=wanted.operator.name,
            account=account(wanted.operator.country, currency), due=fate.due, moves=records.whole(moves, currency),
            fee=records.whole(charged, currency), external_reference=wanted.external_id, external_user=original,
            description=wanted.description, asker=self._kpay.application, code=wanted.operator.code, extra=extra,
            held=bool(self._world.faults.take({FaultKind.STUCK}, path)), id=UUID(wanted.id) if wanted.id else None,
        )  # fmt: skip

    def _deposit_ends(self, wanted: Wanted) -> _Fate:
        settings = self._world.settings
        failure = self._documented(wanted.msisdn, wanted.operator.country, "deposits")
        if failure is None or (failure == "" and settings.test_numbers == "ask"):
            return _Fate(Due(settings.prompt_timeout, State.FAILED, Reason.TIMEOUT), asks=True)
        return _fate(failure, settings.test_delay)

    def _payout_ends(self, msisdn: str, country: Country) -> _Fate:
        return _fate(self._documented(msisdn, country, "payouts") or "", self._world.settings.payout_delay)

    def _documented(self, msisdn: str, country: Country, side: str) -> str | None:
        """A test number's failure code or nothing (it completes); None is a number like any other."""
        if not self._kpay.test:
            return None
        table = TEST_NUMBERS[country.code]
        known = (table.deposits if side == "deposits" else table.payouts).get(msisdn)
        if known is not None or self._kpay.other_numbers == "ask":
            return known
        if self._kpay.other_numbers == "refuse":
            raise Refusal("phoneNumber is not a test number")
        return "UNSPECIFIED_FAILURE"

    def _up(self, operator: Operator, operation: Any) -> None:
        if self._kpay.services.get(operator.code, {}).get(operation) == "CLOSED":
            raise Refusal("The operator is down, try again later", 500)


def account(country: Country, currency: str) -> str:
    """The merchant's wallet of a country."""
    return pocket(SYSTEM, country.code, currency)


def _fate(failure: str, delay: float) -> _Fate:
    if failure == SUBMITTED:
        return _Fate(Due(_NEVER, State.FAILED, Reason.TIMEOUT))
    if failure:
        return _Fate(Due(delay, State.FAILED, _REASONS.get(failure, Reason.DECLINED)), failure=failure)
    return _Fate(Due(delay, State.SUCCEEDED))
