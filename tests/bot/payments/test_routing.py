from decimal import Decimal
from typing import Any

import pytest

from bot.payments.routing import Candidate, Need, NoRoute, Obstacle, Route, choose
from providers.base import Channel, Kind, Rail
from providers.money import Money


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
    ],
)
def test_limits_are_inclusive_and_what_is_not_known_is_no_obstacle(needed: Need, candidate: Candidate) -> None:
    assert isinstance(choose(needed, [candidate]), Route)


def test_the_first_that_can_is_chosen_and_one_that_is_well_before_one_that_is_not() -> None:
    away, ill = one(rail(country="CI"), name="away"), one(MTN, name="ill", unwell=True)
    assert choose(need(), [away, one(MTN, name="two"), one(MTN, name="three")]) == Route("two", "Two", MTN, None)
    assert choose(need(), [ill, one(MTN, name="two")]) == Route("two", "Two", MTN, None)
    assert choose(need(), [ill, away]) == Route("ill", "Ill", MTN, None)


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
