from decimal import Decimal
from typing import Any

import pytest

from bot.payments.routing import Candidate, Need, NoRoute, Obstacle, Route, choose
from providers.base import Coverage, Kind, Sheet, Verb
from providers.money import Money
from tests.bot.payments.counter import Scripted

EVERY = frozenset(Verb)


def need(**changes: Any) -> Need:
    values: dict[str, Any] = {
        "kind": Kind.COLLECTION,
        "amount": Money(5000, "XAF"),
        "country": "CM",
        "operator": "MTN",
    }
    return Need(**{**values, **changes})


def candidate(
    name: str = "one",
    *,
    verbs: frozenset[Verb] = EVERY,
    country: str = "CM",
    currency: str = "XAF",
    operators: tuple[str, ...] = ("MTN", "ORANGE"),
    fees: dict[Kind, Decimal] | None = None,
) -> Candidate:
    coverage = (Coverage(country, currency, frozenset(operators)),)
    return Candidate(name, Sheet(title=name.title(), coverage=coverage, fees=fees or {}), verbs)


@pytest.mark.parametrize(
    ("needed", "one", "obstacle"),
    [
        (need(), candidate(verbs=EVERY - {Verb.COLLECT}), Obstacle("One", "route.no_collection")),
        (need(kind=Kind.PAYOUT), candidate(verbs=EVERY - {Verb.PAYOUT}), Obstacle("One", "route.no_payout")),
        (need(country="CI"), candidate(), Obstacle("One", "route.country", "CI")),
        (need(operator="NEXTTEL"), candidate(), Obstacle("One", "route.operator", "MTN, ORANGE")),
        (need(amount=Money(5000, "XOF")), candidate(), Obstacle("One", "route.currency", "XOF")),
        (need(), candidate(verbs=frozenset()), Obstacle("One", "route.no_collection")),
    ],
)
def test_a_system_that_cannot_says_why(needed: Need, one: Candidate, obstacle: Obstacle) -> None:
    assert choose(needed, [one]) == NoRoute((obstacle,))


@pytest.mark.parametrize("operator", ["MTN", "ORANGE", ""])
def test_an_operator_that_the_prefix_does_not_tell_is_left_to_the_system(operator: str) -> None:
    assert choose(need(operator=operator), [candidate()]) == Route("one", "One", None)


def test_the_first_that_can_is_chosen() -> None:
    away = candidate("abroad", country="CI", currency="XOF")
    assert choose(need(), [away, candidate("two"), candidate("three")]) == Route("two", "Two", None)


def test_where_none_can_each_says_why_in_order() -> None:
    chosen = choose(need(), [candidate("a", country="CI"), candidate("b", verbs=frozenset())])
    assert isinstance(chosen, NoRoute)
    assert [obstacle.key for obstacle in chosen.obstacles] == ["route.country", "route.no_collection"]


def test_without_any_system_there_is_no_route_and_no_reason() -> None:
    assert choose(need(), []) == NoRoute(())


def test_an_operator_of_any_of_a_countrys_coverages_will_do() -> None:
    sheet = Sheet(
        title="Two",
        coverage=(Coverage("CM", "XAF", frozenset({"MTN"})), Coverage("CM", "XAF", frozenset({"ORANGE"}))),
    )
    assert choose(need(operator="ORANGE"), [Candidate("two", sheet, EVERY)]) == Route("two", "Two", None)


@pytest.mark.parametrize(
    ("amount", "share", "fee"),
    [
        (Money(5000, "XAF"), "0.02", Money(100, "XAF")),
        (Money(20, "XAF"), "0.02", Money(1, "XAF")),
        (Money(51, "XAF"), "0.02", Money(2, "XAF")),
        (Money(5000, "XAF"), "0", Money(0, "XAF")),
        (Money(1001, "KES"), "0.015", Money(16, "KES")),
    ],
)
def test_a_fee_is_never_told_lower_than_it_is(amount: Money, share: str, fee: Money) -> None:
    one = candidate(currency=amount.currency, fees={Kind.COLLECTION: Decimal(share)})
    route = choose(need(amount=amount), [one])
    assert isinstance(route, Route)
    assert route.fee == fee


def test_a_tariff_of_another_kind_of_payment_says_nothing() -> None:
    assert choose(need(), [candidate(fees={Kind.PAYOUT: Decimal("0.01")})]) == Route("one", "One", None)


def test_a_system_is_a_candidate_with_what_it_overrides() -> None:
    found = Candidate.of(Scripted())
    assert found.name == "scripted"
    assert found.verbs == {Verb.COLLECT, Verb.PAYOUT, Verb.STATUS, Verb.BALANCE, Verb.PARSE_CALLBACK}
