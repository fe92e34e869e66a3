from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payments.routing import Candidate, Need, NoRoute, Obstacle, Route, choose
from providers.messages import Channel, Health, Kind, Service
from providers.money import Money
from providers.sheet import Rail


def need(**changes: Any) -> Need:
    values: dict[str, Any] = {
        "kind": Kind.COLLECTION,
        "amount": Money(5000, "XAF"),
        "country": "CM",
        "operator": "MTN",
    }
    return Need(**{**values, **changes})


def rail(**changes: Any) -> Rail:
    values: dict[str, Any] = {"kind": Kind.COLLECTION, "country": "CM", "currency": "XAF", "operator": "MTN"}
    return Rail(**{**values, **changes})


def xaf(amount: int) -> Money:
    return Money(amount, "XAF")


MTN = rail()
ORANGE = rail(operator="ORANGE")
OUT = rail(kind=Kind.PAYOUT)
ANY = rail(operator="")
CLOSED, SLOW = (Service("MTN", Kind.COLLECTION, health) for health in (Health.CLOSED, Health.SLOW))


def one(*rails: Rail, name: str = "one", **more: Any) -> Candidate:
    return Candidate(name, name.title(), rails, **more)


@pytest.mark.parametrize(
    ("needed", "candidate", "key", "subject"),
    [
        (need(), one(), "route.no_collection", ""),
        (need(kind=Kind.PAYOUT), one(MTN), "route.no_payout", ""),
        (need(channel=Channel.BANK), one(MTN), "route.no_bank", ""),
        (need(country="CI"), one(MTN), "route.country", "CI"),
        (need(operator="NEXTTEL"), one(MTN, ORANGE), "route.operator", "MTN, ORANGE"),
        (need(amount=Money(5000, "XOF")), one(MTN), "route.currency", "XOF"),
        (need(), one(rail(minimum=xaf(6000)), rail(minimum=xaf(5001))), "route.minimum", xaf(5001)),
        (need(), one(rail(maximum=xaf(100)), rail(maximum=xaf(4999))), "route.maximum", xaf(4999)),
        (need(), one(rail(multiple=xaf(300))), "route.multiple", xaf(300)),
        (
            need(kind=Kind.PAYOUT),
            one(OUT, pockets={("XAF", "MTN"): xaf(4999), ("XAF", ""): xaf(9000)}),
            "route.balance",
            "",
        ),
        (need(kind=Kind.PAYOUT), one(OUT, pockets={("XAF", ""): xaf(10)}), "route.balance", ""),
        (
            need(kind=Kind.PAYOUT),
            one(OUT, pockets={("XAF", ""): xaf(9000), ("XAF", "AVAILABLE"): xaf(10)}),
            "route.balance",
            "",
        ),
        (need(), one(MTN, services=[CLOSED]), "route.closed_collection", "MTN"),
        (need(), one(MTN, services=[SLOW, CLOSED]), "route.closed_collection", "MTN"),
        (need(country="KE"), one(rail(country="KE", operator="MPESA"), services=[CLOSED]), "route.operator", "MPESA"),
        (
            need(kind=Kind.PAYOUT),
            one(OUT, services=[Service("MTN", Kind.PAYOUT, Health.CLOSED)], pockets={("XAF", ""): xaf(10)}),
            "route.closed_payout",
            "MTN",
        ),
        (
            need(country="KE", operator="MPESA", amount=Money(5, "KES")),
            one(
                rail(country="KE", operator="SAFARICOM", currency="KES"),
                services=[Service("MPESA", Kind.COLLECTION, Health.CLOSED)],
            ),
            "route.closed_collection",
            "SAFARICOM",
        ),
    ],
)
def test_a_system_that_cannot_says_why(needed: Need, candidate: Candidate, key: str, subject: str | Money) -> None:
    assert choose(needed, [candidate]) == NoRoute((Obstacle("One", key, subject),))


@pytest.mark.parametrize(
    ("needed", "candidate"),
    [
        (need(), one(rail(minimum=xaf(5000), maximum=xaf(5000), multiple=xaf(500)))),
        (need(operator=""), one(ORANGE)),
        (need(operator="NEXTTEL"), one(rail(operator=""))),
        (need(kind=Kind.PAYOUT), one(OUT, pockets={("XAF", "MTN"): xaf(5000)})),
        (need(kind=Kind.PAYOUT), one(OUT, pockets={("XOF", ""): Money(1, "XOF")})),
        (need(), one(MTN, pockets={("XAF", "MTN"): xaf(0)})),
        (need(), one(MTN, services=[Service("ORANGE", Kind.COLLECTION, Health.CLOSED)])),
        (need(), one(MTN, services=[Service("MTN", Kind.PAYOUT, Health.CLOSED)])),
        (need(), one(rail(operator=""), services=[CLOSED])),
        (need(channel=Channel.PAGE), one(rail(operator="", channel=Channel.PAGE), services=[CLOSED])),
        (need(), one(MTN, services=[SLOW])),
    ],
)
def test_limits_are_inclusive_and_what_is_not_known_is_no_obstacle(needed: Need, candidate: Candidate) -> None:
    assert isinstance(choose(needed, [candidate]), Route)


TWO = one(MTN, name="two")
SECOND = Route("two", "Two", MTN, None, "MTN", relies=True)


def test_the_first_that_can_is_chosen_and_one_that_is_well_before_one_that_is_not() -> None:
    away, ill = one(rail(country="CI"), name="away"), one(MTN, name="ill", unwell=True)
    assert choose(need(), [away, one(MTN, name="two"), one(MTN, name="three")]) == Route(
        "two", "Two", MTN, None, "MTN", relies=True
    )
    assert choose(need(), [ill, one(MTN, name="two")]) == SECOND
    assert choose(need(), [ill, away]) == Route("ill", "Ill", MTN, None, "MTN", relies=True)


@pytest.mark.parametrize(
    "first",
    [
        one(MTN, services=[CLOSED]),
        one(MTN, services=[SLOW]),
        one(MTN, unwell=True),
        one(rail(maximum=xaf(25))),
        one(ORANGE),
    ],
    ids=["closed", "slow", "unwell", "limit", "operator"],
)
def test_the_next_is_used_where_the_first_is_worse(first: Candidate) -> None:
    assert choose(need(), [first, TWO]) == SECOND


def test_one_that_is_slow_is_used_where_nothing_is_better_and_before_one_that_does_not_answer() -> None:
    slow = one(MTN, name="slow", services=[SLOW])
    for others in ([], [one(ORANGE)], [one(MTN, unwell=True)], [one(MTN, services=[CLOSED])]):
        found = choose(need(), [*others, slow])
        assert isinstance(found, Route)
        assert (found.provider, found.slow) == ("slow", True)


def test_a_payout_goes_where_the_money_is() -> None:
    poor = one(OUT, pockets={("XAF", "MTN"): xaf(10)})
    found = choose(need(kind=Kind.PAYOUT), [poor, one(OUT, name="two")])
    assert isinstance(found, Route)
    assert found.provider == "two"


COLLECTS = frozenset({Kind.COLLECTION})
UNKNOWN = need(operator="")


@pytest.mark.parametrize(
    ("candidates", "chosen", "operator"),
    [
        ([one(ORANGE)], "one", "ORANGE"),
        ([one(ORANGE, rail(operator="ORANGE", minimum=xaf(1)))], "one", "ORANGE"),
        ([one(MTN, ORANGE, knows_operator=COLLECTS)], "one", ""),
        ([one(MTN, ORANGE), one(MTN, ORANGE, name="two", knows_operator=COLLECTS)], "two", ""),
        ([one(MTN, ORANGE), one(rail(operator=""), name="two")], "two", ""),
        ([one(MTN, rail(operator="ORANGE", country="CI"), rail(operator="ORANGE", kind=Kind.PAYOUT))], "one", "MTN"),
    ],
)
def test_an_operator_that_nobody_knows_is_never_guessed(
    candidates: list[Candidate], chosen: str, operator: str
) -> None:
    found = choose(UNKNOWN, candidates)
    assert isinstance(found, Route)
    assert (found.provider, found.operator) == (chosen, operator)


@pytest.mark.parametrize(
    "candidates",
    [
        [one(MTN, ORANGE)],
        [one(MTN), one(ORANGE, name="two")],  # each has one only, and one of them would be wrong
        [one(MTN, ORANGE, knows_operator=frozenset({Kind.PAYOUT}))],
        [one(MTN, ORANGE), one(rail(country="CI"), name="away", knows_operator=COLLECTS)],
    ],
)
def test_where_it_matters_the_operators_that_it_may_be_are_told(candidates: list[Candidate]) -> None:
    found = choose(UNKNOWN, candidates)
    assert isinstance(found, NoRoute)
    assert found.operators == ("MTN", "ORANGE")
    assert len(found.obstacles) == len(candidates)


def test_nobody_is_asked_for_an_operator_that_would_not_help() -> None:
    found = choose(UNKNOWN, [one(rail(maximum=xaf(1)), rail(operator="ORANGE", maximum=xaf(2)))])
    assert found == NoRoute((Obstacle("One", "route.maximum", xaf(2)),))


def test_a_way_that_takes_every_operator_is_the_one_for_an_unknown_one() -> None:
    assert choose(UNKNOWN, [one(MTN, ORANGE, ANY)]) == Route("one", "One", ANY, None)


def test_a_page_needs_no_operator() -> None:
    pages = [rail(operator=name, channel=Channel.PAGE) for name in ("MTN", "ORANGE")]
    assert isinstance(choose(need(operator="", channel=Channel.PAGE), [one(*pages)]), Route)


OPERATORS, COUNTRIES, CURRENCIES = ["MTN", "ORANGE", ""], ["CM", "CI"], ["XAF", "XOF"]
kinds, channels = st.sampled_from([Kind.COLLECTION, Kind.PAYOUT]), st.sampled_from([Channel.MOBILE, Channel.PAGE])
amounts = st.builds(Money, st.integers(1, 9), st.just("XAF"))
needs = st.builds(Need, kinds, amounts, st.sampled_from(COUNTRIES), st.sampled_from(OPERATORS), channels)
rails = st.builds(
    Rail,
    kinds,
    st.sampled_from(COUNTRIES),
    st.sampled_from(CURRENCIES),
    st.sampled_from(OPERATORS),
    channels,
    minimum=st.none() | amounts,
    maximum=st.none() | amounts,
    multiple=st.none() | amounts,
)
services = st.builds(Service, st.sampled_from(OPERATORS[:2]), kinds, st.sampled_from(Health))
pockets = st.dictionaries(st.tuples(st.just("XAF"), st.sampled_from([*OPERATORS, "AVAILABLE"])), amounts, max_size=2)
candidates = st.lists(
    st.builds(
        Candidate,
        st.sampled_from("abcd"),
        st.just("One"),
        st.lists(rails, max_size=6),
        st.just({}),
        st.frozensets(kinds),
        pockets,
        st.lists(services, max_size=3),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda one: one.name,
)


@given(needs, candidates)
def test_any_need_finds_a_way_that_is_open_or_one_reason_for_each_system(needed: Need, some: list[Candidate]) -> None:
    found = choose(needed, some)
    if isinstance(found, NoRoute):
        assert len(found.obstacles) == len(some)
        return
    taker = next(one for one in some if one.name == found.provider)
    assert found.rail in taker.rails
    assert obeyed(needed, found, taker)
    rivals = [one for one in some if isinstance(choose(needed, [one]), Route)]
    assert taker.unwell <= min((one.unwell for one in rivals), default=True) or not needed.operator


def obeyed(needed: Need, route: Route, taker: Candidate) -> bool:
    way, minor = route.rail, needed.amount.minor
    told = {(one.operator, one.kind, one.health) for one in taker.services if way.channel is Channel.MOBILE}
    purse = next(
        (taker.pockets[key] for name in (way.operator, "AVAILABLE", "") if (key := ("XAF", name)) in taker.pockets),
        None,
    )
    return all(
        [
            (way.kind, way.channel, way.country, way.currency)
            == (needed.kind, needed.channel, needed.country, needed.amount.currency),
            needed.channel is not Channel.MOBILE or not way.operator or needed.operator in ("", way.operator),
            way.minimum is None or minor >= way.minimum.minor,
            way.maximum is None or minor <= way.maximum.minor,
            way.multiple is None or minor % way.multiple.minor == 0,
            (way.operator, way.kind, Health.CLOSED) not in told,
            needed.kind is Kind.COLLECTION or purse is None or purse.minor >= minor,
            needed.operator in ("", route.operator),
        ]
    )


def test_with_none_able_each_one_gives_its_reason() -> None:
    found = choose(need(operator="NEXTTEL"), [one(MTN), one(OUT, name="two")])
    assert found == NoRoute((Obstacle("One", "route.operator", "MTN"), Obstacle("Two", "route.no_collection")))


def test_without_candidates_there_is_no_reason_to_give() -> None:
    assert choose(need(), []) == NoRoute(())


@pytest.mark.parametrize(
    ("amount", "share", "fee"),
    [(5000, "0.02", 100), (20, "0.02", 1), (1, "0.02", 1), (149, "0.01", 2), (100, "0", 0)],
)
def test_a_fee_is_rounded_up_so_nobody_is_told_less_than_it_costs(amount: int, share: str, fee: int) -> None:
    route = choose(need(amount=xaf(amount)), [one(MTN, fees={Kind.COLLECTION: Decimal(share)})])
    assert isinstance(route, Route)
    assert route.fee == xaf(fee)


@pytest.mark.parametrize(
    ("way", "knows", "relies"),
    [
        (MTN, frozenset(), True),
        (MTN, COLLECTS, False),
        (ANY, frozenset(), False),
        (MTN, frozenset({Kind.PAYOUT}), True),
    ],
)
def test_a_route_says_whether_it_relies_on_the_operator(way: Rail, knows: frozenset[Kind], relies: bool) -> None:
    found = choose(need(kind=way.kind), [one(way, knows_operator=knows)])
    assert isinstance(found, Route)
    assert found.relies == relies
