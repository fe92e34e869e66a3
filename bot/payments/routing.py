"""Which systems can take a payment, in which order, or why none can. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from bot.payments.phone import wallet
from providers.base import Channel, Kind, Provider, Rail
from providers.money import EXPONENTS, Money

Pockets = Mapping[tuple[str, str], Money]
"""By currency, and by operator, "AVAILABLE" or "" for the whole account."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must be moved. `operator` empty: the prefix says nothing, any operator of the country may be it."""

    kind: Kind
    amount: Money
    country: str
    operator: str
    channel: Channel = Channel.MOBILE


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account as routing sees it.

    `pockets` are balances that were asked just now, by currency and pocket; empty is not known.
    `unwell`: its last calls had no answer, so it is tried after the others.
    """

    name: str
    title: str
    rails: Sequence[Rail]
    fees: Mapping[Kind, Decimal] = field(default_factory=dict)
    pockets: Pockets = field(default_factory=dict)
    unwell: bool = False

    @classmethod
    def of(cls, provider: Provider, *, pockets: Pockets | None = None, unwell: bool = False) -> "Candidate":
        sheet = provider.sheet
        return cls(provider.name, sheet.title, provider.rails(), sheet.fees, pockets or {}, unwell)


@dataclass(frozen=True, slots=True)
class Route:
    """`fee` is what the system is expected to keep; None where it publishes no tariff."""

    provider: str
    title: str
    rail: Rail
    fee: Money | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one system can't: a text's key and what it speaks of, an amount where the text wants one."""

    title: str
    key: str
    subject: str | Money = ""


@dataclass(frozen=True, slots=True)
class NoRoute:
    obstacles: tuple[Obstacle, ...]


def choose(need: Need, candidates: Sequence[Candidate]) -> Route | NoRoute:
    """The first that can: those that are well before those that are not, otherwise in the order given."""
    obstacles = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.unwell):
        rail = _rail(need, candidate)
        if isinstance(rail, Rail):
            return Route(candidate.name, candidate.title, rail, _fee(need, candidate))
        obstacles.append(rail)
    return NoRoute(tuple(obstacles))


Sieve = tuple[str, Callable[[Rail], bool], Callable[[list[Rail]], str | Money]]


def _rail(need: Need, candidate: Candidate) -> Rail | Obstacle:
    """The first rail that passes every sieve; otherwise the sieve that let none pass, and what it would have let."""
    left = list(candidate.rails)
    for key, fits, subject in _sieves(need, candidate):
        passed = [rail for rail in left if fits(rail)]
        if not passed:
            return Obstacle(candidate.title, key, subject(left))
        left = passed
    return left[0]


def _sieves(need: Need, candidate: Candidate) -> list[Sieve]:
    amount = need.amount
    return [
        (f"route.no_{need.kind}", lambda rail: rail.kind is need.kind, lambda _: ""),
        (f"route.no_{need.channel}", lambda rail: rail.channel is need.channel, lambda _: ""),
        ("route.country", lambda rail: rail.country == need.country, lambda _: need.country),
        ("route.operator", lambda rail: _serves(rail, need), _operators),
        ("route.currency", lambda rail: rail.currency == amount.currency, lambda _: amount.currency),
        ("route.minimum", lambda rail: rail.minimum is None or amount.minor >= rail.minimum.minor, _minimum),
        ("route.maximum", lambda rail: rail.maximum is None or amount.minor <= rail.maximum.minor, _maximum),
        ("route.multiple", lambda rail: rail.multiple is None or amount.minor % rail.multiple.minor == 0, _multiple),
        ("route.balance", lambda rail: _covered(need, rail, candidate.pockets), lambda _: ""),
    ]


def _serves(rail: Rail, need: Need) -> bool:
    """A phone's operator says nothing about a bank or a page."""
    if need.channel is not Channel.MOBILE:
        return True
    same = wallet(rail.country, rail.operator) == wallet(need.country, need.operator)
    return not need.operator or not rail.operator or same


def _operators(rails: list[Rail]) -> str:
    return ", ".join(sorted({rail.operator for rail in rails}))


def _minimum(rails: list[Rail]) -> Money | str:
    return min((rail.minimum for rail in rails if rail.minimum), key=lambda money: money.minor, default="")


def _maximum(rails: list[Rail]) -> Money | str:
    return max((rail.maximum for rail in rails if rail.maximum), key=lambda money: money.minor, default="")


def _multiple(rails: list[Rail]) -> Money | str:
    return min((rail.multiple for rail in rails if rail.multiple), key=lambda money: money.minor, default="")


def _covered(need: Need, rail: Rail, pockets: Pockets) -> bool:
    """A balance that is not known is no obstacle: the system will say."""
    if need.kind is Kind.COLLECTION:
        return True
    known = (pockets.get((need.amount.currency, name)) for name in (rail.operator, "AVAILABLE", ""))
    pocket = next((amount for amount in known if amount is not None), None)
    return pocket is None or pocket.minor >= need.amount.minor


def _fee(need: Need, candidate: Candidate) -> Money | None:
    """Rounded up to the smallest unit: a merchant is never told less than it costs."""
    share = candidate.fees.get(need.kind)
    if share is None:
        return None
    currency = need.amount.currency
    cost = (need.amount.decimal * share).scaleb(EXPONENTS[currency]).to_integral_value(ROUND_UP)
    return Money(int(cost), currency)
