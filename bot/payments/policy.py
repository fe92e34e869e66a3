"""A merchant's rules for money out: what is refused, and what a second person must approve. Pure.

Limits are whole minor units of one currency, over any 24 hours and all systems. They hold for owners too: who may
change a rule changes it, and that is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.errors import UserError
from providers.messages import Kind
from providers.money import EXPONENTS, Money
from storage.models import Role

DAY = timedelta(hours=24)
APPROVAL_LIVES = timedelta(hours=1)
"""What nobody approved in this time is not sent: the maker asks again."""
LINK_LIVES = timedelta(hours=24)
"""How long a payment link is shown to be good, unless its maker says otherwise."""
LINK_HOURS = (1, 6, 24)
FIRST_WAIT = timedelta(minutes=10)
"""How long a first payment to somebody lies still, where the merchant wants that; shorter than a confirmation lives."""

OUT = frozenset({Kind.PAYOUT, Kind.AIRTIME, Kind.REFUND})
"""Kinds by which money leaves the merchant."""
GUARDED = OUT | {Kind.TRANSFER}
"""Kinds that a pause stops and that may need a second person."""


class FirstPayee(StrEnum):
    """What happens to a payment to somebody who was never paid before."""

    FREE = "free"
    APPROVE = "approve"
    WAIT = "wait"


class Why(StrEnum):
    """Why a second person must approve."""

    AMOUNT = "amount"
    CASHIER = "cashier"
    FIRST_PAYEE = "first_payee"
    HOURS = "hours"


_HUNDRED_THOUSAND_FRANCS = {
    "XAF": 100_000, "XOF": 100_000, "KES": 20_000, "UGX": 600_000, "RWF": 200_000, "TZS": 400_000, "GHS": 2_000,
    "NGN": 250_000, "ZMW": 4_000, "CDF": 450_000, "GNF": 1_400_000, "MWK": 280_000, "MZN": 10_000, "ETB": 20_000,
    "SLE": 4_000, "GMD": 11_000, "EGP": 8_000, "ZAR": 3_000, "USD": 160, "EUR": 150, "USDT": 160,
}  # fmt: skip
"""What 100,000 francs CFA are about worth, in whole units: where the limits of another currency begin."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one currency, in minor units; None is no limit. `cashier_from`: a cashier's payment from there needs
    approval, whatever else holds.
    """

    approval_from: int | None
    cashier_from: int | None
    per_payout: int | None
    per_person: int | None
    per_payee: int | None
    factor_from: int | None

    @classmethod
    def standard(cls, currency: str) -> "Bounds":
        base: int = _HUNDRED_THOUSAND_FRANCS[currency] * 10 ** EXPONENTS[currency]
        return cls(base, 0, 5 * base, 20 * base, 10 * base, None)


@dataclass(frozen=True, slots=True)
class Remind:
    """When an unpaid request is asked again by itself; `after` nothing is never. Never outside `hours`."""

    after: timedelta = timedelta()
    most: int = 2
    hours: tuple[time, time] = (time(8), time(20))

    @property
    def plain(self) -> str:
        if not self.after:
            return "off"
        return f"{int(self.after.total_seconds() // 60)} min x{self.most} {self.hours[0]:%H:%M}-{self.hours[1]:%H:%M}"

    def due(self, settled_at: datetime, number: int, now: datetime, local: time) -> bool:
        """`number`: how often the request was asked again before. What has waited for a day longer is left alone."""
        age = now - settled_at
        ripe = bool(self.after) and self.after <= age < self.after + DAY
        return ripe and number < self.most and within(self.hours, local)


@dataclass(frozen=True, slots=True)
class House:
    """Rules that know no currency. `guarded`: from when until when, by the shop's clock, everything needs approval."""

    first_payee: FirstPayee = FirstPayee.APPROVE
    guarded: tuple[time, time] | None = None
    repeat: timedelta = timedelta(minutes=60)
    remind: Remind = field(default_factory=Remind)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at the moment of the question. `person_sum` and `payee_sum` are what left in the last 24 hours,
    without this payment. `second`: somebody else may approve.
    """

    kind: Kind
    amount: Money
    role: Role
    second: bool
    person_sum: int
    payee_sum: int
    known_payee: bool
    local: time


def demand_within(bounds: Bounds, facts: Facts) -> None:
    """Raises UserError for what no approval can allow: `limit.per_payout`, `limit.per_person`, `limit.per_payee`."""
    if facts.kind not in OUT:
        return
    amount, currency = facts.amount.minor, facts.amount.currency
    for key, limit, before in (
        ("limit.per_payout", bounds.per_payout, 0),
        ("limit.per_person", bounds.per_person, facts.person_sum),
        ("limit.per_payee", bounds.per_payee, facts.payee_sum),
    ):
        if limit is not None and before + amount > limit:
            raise UserError(key, most=Money(limit, currency), left=Money(max(limit - before, 0), currency))


def approvals_needed(bounds: Bounds, house: House, facts: Facts) -> list[Why]:
    """Empty: the maker's word is enough. Where nobody else could approve, nobody is waited for."""
    if not facts.second or facts.kind not in GUARDED:
        return []
    why = []
    if bounds.approval_from is not None and facts.amount.minor >= bounds.approval_from:
        why.append(Why.AMOUNT)
    if facts.role is Role.CASHIER and bounds.cashier_from is not None and facts.amount.minor >= bounds.cashier_from:
        why.append(Why.CASHIER)
    if facts.kind is Kind.PAYOUT and not facts.known_payee and house.first_payee is FirstPayee.APPROVE:
        why.append(Why.FIRST_PAYEE)
    if house.guarded and within(house.guarded, facts.local):
        why.append(Why.HOURS)
    return why


def waits(house: House, facts: Facts) -> bool:
    return facts.kind is Kind.PAYOUT and not facts.known_payee and house.first_payee is FirstPayee.WAIT


def within(hours: tuple[time, time], now: time) -> bool:
    """20:00 to 06:00 goes over midnight; from a time to the same time is the whole day."""
    start, end = hours
    return start <= now < end if start < end else now >= start or now < end


def left_today(bounds: Bounds, facts: Facts) -> int | None:
    """What the person may still send, this payment not counted; None is no limit."""
    return None if bounds.per_person is None else max(bounds.per_person - facts.person_sum, 0)


def looks_repeated(house: House, at: datetime, earlier: Sequence[tuple[str, datetime]]) -> tuple[str, datetime] | None:
    """The newest of the earlier payments of the same amount to the same payee that is too fresh to be chance."""
    fresh = [(payment_id, when) for payment_id, when in earlier if at - when < house.repeat]
    return max(fresh, key=lambda one: one[1], default=None)
