"""Which system takes a payment, or why none can. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP

from providers.base import Kind, Provider, Sheet, Verb
from providers.money import EXPONENTS, Money

_VERB = {Kind.COLLECTION: Verb.COLLECT, Kind.PAYOUT: Verb.PAYOUT, Kind.AIRTIME: Verb.AIRTIME}


@dataclass(frozen=True, slots=True)
class Need:
    """What must be moved. `operator` empty: the prefix says nothing, any operator of the country may be it."""

    kind: Kind
    amount: Money
    country: str
    operator: str


@dataclass(frozen=True, slots=True)
class Candidate:
    name: str
    sheet: Sheet
    verbs: frozenset[Verb]

    @classmethod
    def of(cls, provider: Provider) -> "Candidate":
        return cls(provider.name, provider.sheet, provider.verbs)


@dataclass(frozen=True, slots=True)
class Route:
    """`fee` is what the system is expected to keep; None where it publishes no tariff."""

    provider: str
    title: str
    fee: Money | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one system can't: a text's key and what it speaks of."""

    title: str
    key: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class NoRoute:
    obstacles: tuple[Obstacle, ...]


def choose(need: Need, candidates: Sequence[Candidate]) -> Route | NoRoute:
    """The first that can, in the order given."""
    obstacles = []
    for candidate in candidates:
        obstacle = _obstacle(need, candidate)
        if obstacle is None:
            return Route(candidate.name, candidate.sheet.title, _fee(need, candidate.sheet))
        obstacles.append(obstacle)
    return NoRoute(tuple(obstacles))


def _obstacle(need: Need, candidate: Candidate) -> Obstacle | None:
    title = candidate.sheet.title
    if _VERB[need.kind] not in candidate.verbs:
        return Obstacle(title, f"route.no_{need.kind}")
    here = [coverage for coverage in candidate.sheet.coverage if coverage.country == need.country]
    if not here:
        return Obstacle(title, "route.country", need.country)
    if need.operator and not any(need.operator in coverage.operators for coverage in here):
        return Obstacle(title, "route.operator", ", ".join(sorted(here[0].operators)))
    if not any(coverage.currency == need.amount.currency for coverage in here):
        return Obstacle(title, "route.currency", need.amount.currency)
    return None


def _fee(need: Need, sheet: Sheet) -> Money | None:
    """Rounded up to the smallest unit: a merchant is never told less than it costs."""
    share = sheet.fees.get(need.kind)
    if share is None:
        return None
    currency = need.amount.currency
    cost = (need.amount.decimal * share).scaleb(EXPONENTS[currency]).to_integral_value(ROUND_UP)
    return Money(int(cost), currency)
