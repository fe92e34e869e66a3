"""Which systems can take a payment, in which order, or why none can. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from bot.payments.phone import wallet
from providers.base import Provider
from providers.messages import Channel, Health, Kind, Service
from providers.money import EXPONENTS, Money
from providers.sheet import Rail

Pockets = Mapping[tuple[str, str], Money]
"""By currency, and by operator, "AVAILABLE" or "" for the whole account."""


TARGET = "target"
"""The key in a transfer's extras: the country of the wallet that it reaches."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must be moved. `operator` empty: nobody knows it, any operator of the country may be it.

    A transfer's `country` is that of the wallet it leaves, `target` that of the one it reaches.
    """

    kind: Kind
    amount: Money
    country: str
    operator: str
    channel: Channel = Channel.MOBILE
    target: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account as routing sees it.

    `pockets` are balances that were asked just now, by currency and pocket; `services` what it said of its operators;
    empty is not known. `knows_operator`: what it moves without being told the operator. `unwell`: its last calls had
    no answer, so it is tried after the others.
    """

    name: str
    title: str
    rails: Sequence[Rail]
    fees: Mapping[Kind, Decimal] = field(default_factory=dict)
    knows_operator: frozenset[Kind] = frozenset()
    pockets: Pockets = field(default_factory=dict)
    services: Sequence[Service] = ()
    unwell: bool = False

    @classmethod
    def of(
        cls,
        provider: Provider,
        *,
        pockets: Pockets | None = None,
        services: Sequence[Service] | None = None,
        unwell: bool = False,
    ) -> "Candidate":
        sheet = provider.sheet
        return cls(
            provider.name,
            sheet.title,
            provider.rails(),
            sheet.fees,
            sheet.knows_operator,
            pockets or {},
            services or (),
            unwell,
        )


@dataclass(frozen=True, slots=True)
class Route:
    """`fee` is what the system is expected to keep; None where it publishes no tariff. `operator` is empty where the
    system will find it out by itself; `relies`: it sends to the operator that it is told. `slow`: it says that this
    operator's service is, for now.
    """

    provider: str
    title: str
    rail: Rail
    fee: Money | None
    operator: str = ""
    relies: bool = False
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one system can't: a text's key and what it speaks of, an amount where the text wants one."""

    title: str
    key: str
    subject: str | Money = ""

    def written(self) -> dict[str, str]:
        """As it is kept beside a payment's detours."""
        of = {"subject": str(self.subject)}
        if isinstance(self.subject, Money):
            of = {"subject": str(self.subject.minor), "currency": self.subject.currency}
        return {"title": self.title, "obstacle": self.key, **of}

    @classmethod
    def read(cls, row: Mapping[str, str]) -> "Obstacle":
        currency = row.get("currency")
        subject = Money(int(row["subject"]), currency) if currency else row["subject"]
        return cls(row["title"], row["obstacle"], subject)


@dataclass(frozen=True, slots=True)
class NoRoute:
    """One obstacle for each candidate. `operators`: naming the right one of them would open a way."""

    obstacles: tuple[Obstacle, ...]
    operators: tuple[str, ...] = ()


def choose(need: Need, candidates: Sequence[Candidate]) -> Route | NoRoute:
    """The first that can: those that are well before those that are not, then those that are not slow before those
    that are, otherwise in the order given.
    """
    operators = _possible(need, candidates)
    found = [(candidate, _rail(need, candidate, operators)) for candidate in candidates]
    able = [(one.unwell, _route(need, one, rail, operators)) for one, rail in found if isinstance(rail, Rail)]
    if able:
        return min(able, key=lambda each: (each[0], each[1].slow))[1]
    obstacles = tuple(each for _, each in found if isinstance(each, Obstacle))
    return NoRoute(obstacles, _asked(obstacles))


Sieve = tuple[str, Callable[[Rail], bool], Callable[[list[Rail]], str | Money]]

_UNTOLD = "route.untold"


def _possible(need: Need, candidates: Sequence[Candidate]) -> frozenset[str]:
    """The operators that a phone without a known one may have, as far as anybody's rails tell."""
    if need.operator or need.channel is not Channel.MOBILE:
        return frozenset({need.operator})
    rails = (rail for candidate in candidates for rail in candidate.rails)
    here = (
        rail for rail in rails if (rail.kind, rail.channel, rail.country) == (need.kind, need.channel, need.country)
    )
    return frozenset(wallet(rail.country, rail.operator) for rail in here if rail.operator)


def _asked(obstacles: Sequence[Obstacle]) -> tuple[str, ...]:
    names = {name for one in obstacles if one.key == _UNTOLD for name in str(one.subject).split(", ")}
    return tuple(sorted(names))


def _route(need: Need, candidate: Candidate, rail: Rail, operators: frozenset[str]) -> Route:
    sure = len(operators) <= 1 or need.channel is not Channel.MOBILE
    slow = _health(rail, candidate) is Health.SLOW
    operator = need.operator or (rail.operator if sure else "")
    relies = rail.channel is Channel.MOBILE and bool(rail.operator) and need.kind not in candidate.knows_operator
    return Route(candidate.name, candidate.title, rail, _fee(need, candidate), operator, relies, slow)


def _rail(need: Need, candidate: Candidate, operators: frozenset[str]) -> Rail | Obstacle:
    """The first rail that passes every sieve; otherwise the sieve that let none pass, and what it would have let."""
    left = list(candidate.rails)
    for key, fits, subject in _sieves(need, candidate, operators):
        passed = [rail for rail in left if fits(rail)]
        if not passed:
            return Obstacle(candidate.title, key, subject(left))
        left = passed
    return left[0]


def _sieves(need: Need, candidate: Candidate, operators: frozenset[str]) -> list[Sieve]:
    amount = need.amount
    untold = len(operators) > 1 and need.kind not in candidate.knows_operator
    return [
        (f"route.no_{need.kind}", lambda rail: rail.kind is need.kind, lambda _: ""),
        (f"route.no_{need.channel}", lambda rail: rail.channel is need.channel, lambda _: ""),
        ("route.country", lambda rail: _reaches(rail, need), lambda _: need.country),
        ("route.country", lambda rail: not need.target or need.target in rail.targets, lambda _: need.target),
        ("route.operator", lambda rail: _serves(rail, need), _operators),
        ("route.currency", lambda rail: rail.currency == amount.currency, lambda _: amount.currency),
        ("route.minimum", lambda rail: rail.minimum is None or amount.minor >= rail.minimum.minor, _minimum),
        ("route.maximum", lambda rail: rail.maximum is None or amount.minor <= rail.maximum.minor, _maximum),
        ("route.multiple", lambda rail: rail.multiple is None or amount.minor % rail.multiple.minor == 0, _multiple),
        (f"route.closed_{need.kind}", lambda rail: _health(rail, candidate) is not Health.CLOSED, _operators),
        ("route.balance", lambda rail: _covered(need, rail, candidate.pockets), lambda _: ""),
        (_UNTOLD, lambda rail: not (untold and rail.operator), _operators),
    ]


def _health(rail: Rail, candidate: Candidate) -> Health | None:
    phone = rail.channel is Channel.MOBILE
    return health(rail.kind, rail.country, rail.operator, candidate.services) if phone else None


def health(kind: Kind, country: str, operator: str, services: Sequence[Service]) -> Health | None:
    """None: nothing was said of it. Of two words on one service the worse counts."""
    name = wallet(country, operator)
    said = {one.health for one in services if one.kind is kind and wallet(country, one.operator) == name}
    return next((word for word in (Health.CLOSED, Health.SLOW, Health.UP) if word in said), None)


def _reaches(rail: Rail, need: Need) -> bool:
    """A blockchain is in no country."""
    return need.channel is Channel.CRYPTO or rail.country == need.country


def _serves(rail: Rail, need: Need) -> bool:
    """A phone's operator says nothing about a bank or a page; a network must be the one that was named."""
    if need.channel is Channel.CRYPTO:
        return need.operator == rail.operator
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
