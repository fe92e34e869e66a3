"""Opens collections, payouts and airtime in the ledger, with what will become of each by itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from providers.sandbox.accounts import Short, pocket
from providers.sandbox.campay import checks, records
from providers.sandbox.campay.checks import Refusal
from providers.sandbox.entries import Draft, Due, Entry, Kind, Reason, State
from providers.sandbox.faults import FaultKind
from providers.sandbox.settings import CamPaySettings
from providers.sandbox.world import World

SYSTEM = "campay"
CURRENCY = "XAF"
# From the demo's dashboard, as eight unrelated projects quote it.
TEST_NUMBERS = {
    "237677777777": State.SUCCEEDED,
    "237677777770": State.FAILED,
    "237699999999": State.SUCCEEDED,
    "237699999990": State.FAILED,
}


class Charges:
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _campay(self) -> CamPaySettings:
        return self._world.settings.campay

    def collect(
        self, body: dict[str, Any], *, path: str, extra: dict[str, str] | None = None, reference: UUID | None = None
    ) -> Entry:
        """`extra` and `reference` are a payment link's: its payer's names, and the reference it already has."""
        msisdn, operator = checks.payer(body["from"], self._campay)
        amount = checks.amount(body["amount"])
        checks.within_demo(amount, self._campay)
        checks.above_minimum(amount, operator, self._campay)
        self._within_rate(msisdn)
        due, prompted, moves = self._collection_ends(msisdn, amount)
        draft = Draft(
            **self._common(body, path, "collect", msisdn, operator),
            kind=Kind.COLLECTION, amount=amount, moves=moves, due=due, account=merchant(operator),
            fee=records.fee(amount, self._campay.collect_fee_percent), code=self._code("D"),
            id=reference, extra=extra or {},
        )  # fmt: skip
        with self._world.store.change():
            entry = self._world.ledger.open(draft)
            if prompted:
                self._world.phones.prompt(entry)
        return entry

    def withdraw(self, body: dict[str, Any], *, path: str) -> Entry:
        if not self._campay.withdrawals:
            raise Refusal("Withdrawals through the API are off for this application", status=403)
        msisdn, operator = checks.payer(body["to"], self._campay)
        amount = checks.amount(body["amount"])
        draft = Draft(
            **self._common(body, path, "withdraw", msisdn, operator),
            kind=Kind.PAYOUT, amount=amount, moves=amount, due=self._payout_ends(msisdn), account=merchant(operator),
            fee=records.fee(amount, self._campay.withdraw_fee_percent), code=self._code("W"),
        )  # fmt: skip
        return self._pay(draft)

    def airtime(self, body: dict[str, Any], *, path: str) -> Entry:
        msisdn, operator = checks.payer(body["to"], self._campay)
        amount = checks.amount(body["amount"])
        checks.within_airtime(amount, self._campay)
        draft = Draft(
            **self._common(body, path, "airtime", msisdn, operator),
            kind=Kind.AIRTIME, amount=amount, moves=amount, due=self._payout_ends(msisdn),
            account=merchant("AIRTIME"), code=self._code("U"),
        )  # fmt: skip
        return self._pay(draft)

    def _pay(self, draft: Draft) -> Entry:
        try:
            return self._world.ledger.open(draft)
        except Short:
            raise Refusal(f"Insufficient balance for {checks.spoken(draft.operator)}", "ER301") from None

    def _common(self, body: dict[str, Any], path: str, endpoint: str, msisdn: str, operator: str) -> dict[str, Any]:
        return {
            "system": SYSTEM,
            "endpoint": endpoint,
            "currency": checks.currency(body),
            "msisdn": msisdn,
            "operator": operator,
            "external_reference": checks.text(body, "external_reference"),
            "external_user": checks.text(body, "external_user"),
            "description": checks.text(body, "description"),
            "asker": self._campay.app_name,
            "held": bool(self._world.faults.take({FaultKind.STUCK}, path)),
        }

    def _collection_ends(self, msisdn: str, amount: int) -> tuple[Due, bool, int]:
        """(what happens by itself, whether the handset asks for a PIN, what the customer's wallet gives)."""
        settings = self._world.settings
        outcome = TEST_NUMBERS.get(msisdn)
        if outcome is State.FAILED:
            return Due(settings.test_delay, State.FAILED, Reason.UNKNOWN_PAYER), False, amount
        if outcome is State.SUCCEEDED and settings.test_numbers == "auto":
            moves = amount if self._campay.show_test_amounts else 0
            return Due(settings.test_delay, State.SUCCEEDED), False, moves
        return Due(settings.prompt_timeout, State.FAILED, Reason.TIMEOUT), True, amount

    def _payout_ends(self, msisdn: str) -> Due:
        delay = self._world.settings.payout_delay
        if TEST_NUMBERS.get(msisdn) is State.FAILED:
            return Due(delay, State.FAILED, Reason.UNKNOWN_PAYEE)
        return Due(delay, State.SUCCEEDED)

    def _within_rate(self, msisdn: str) -> None:
        limit = self._campay.collects_per_minute
        since = self._world.clock() - timedelta(seconds=60)
        if limit and self._world.ledger.opened_since(SYSTEM, "collect", msisdn, since) >= limit:
            # The text was seen; the status was not.
            raise Refusal("Rate limit per Phone number exceeded. Try again in a minute.", status=429)

    def _code(self, letter: str) -> str:
        now = self._world.clock()
        return records.code(letter, self._world.store.next(f"{SYSTEM}/{now:%y%m%d}"), now, self._world.chance)


def merchant(name: str) -> str:
    """The merchant's MTN, ORANGE or AIRTIME money at CamPay."""
    return pocket(SYSTEM, name, CURRENCY)
