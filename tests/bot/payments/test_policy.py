from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.payments import policy
from bot.payments.approvals import RIGHTS, Right
from bot.payments.dispatch import TOO_LATE
from bot.payments.policy import Bounds, Facts, FirstPayee, House, Remind, Why
from providers.messages import Kind
from providers.money import EXPONENTS, Money
from storage.models import Role
from storage.people import APPROVERS
from tests.books import NOON

BOUNDS = Bounds(100_000, 0, 500_000, 2_000_000, 1_000_000, None)
HOUSE = House()
FACTS = Facts(Kind.PAYOUT, Money(5000, "XAF"), Role.OWNER, True, 0, 0, True, time(12))


@pytest.mark.parametrize("currency", EXPONENTS)
def test_every_currency_has_limits_to_begin_with(currency: str) -> None:
    bounds = Bounds.standard(currency)
    assert bounds.approval_from
    assert bounds.per_payout
    assert 0 < bounds.approval_from < bounds.per_payout < (bounds.per_payee or 0) < (bounds.per_person or 0)
    assert bounds.cashier_from == 0


def test_who_may_approve_by_the_books_may_by_the_rights() -> None:
    assert {role for role in Role if Right.APPROVE in RIGHTS[role]} == APPROVERS


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"amount": Money(500_000, "XAF")}, ""),
        ({"amount": Money(500_001, "XAF")}, "limit.per_payout"),
        ({"person_sum": 1_995_000}, ""),
        ({"person_sum": 1_995_001}, "limit.per_person"),
        ({"payee_sum": 995_000}, ""),
        ({"payee_sum": 995_001}, "limit.per_payee"),
        ({"kind": Kind.AIRTIME, "amount": Money(500_001, "XAF")}, "limit.per_payout"),
        ({"kind": Kind.REFUND, "amount": Money(500_001, "XAF")}, "limit.per_payout"),
        ({"kind": Kind.COLLECTION, "amount": Money(50_000_000, "XAF")}, ""),
        ({"kind": Kind.TRANSFER, "amount": Money(50_000_000, "XAF")}, ""),
    ],
)
def test_a_limit_holds_to_the_franc(facts: dict[str, object], key: str) -> None:
    told = ""
    try:
        policy.demand_within(BOUNDS, replace(FACTS, **facts))  # type: ignore[arg-type]
    except UserError as refused:
        told = refused.key
    assert told == key


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_what_passes_leaves_every_sum_within_its_limit(amount: int, person: int, payee: int) -> None:
    facts = replace(FACTS, amount=Money(amount, "XAF"), person_sum=person, payee_sum=payee)
    try:
        policy.demand_within(BOUNDS, facts)
    except UserError:
        assert amount > 500_000 or person + amount > 2_000_000 or payee + amount > 1_000_000
    else:
        assert amount <= 500_000
        assert person + amount <= 2_000_000
        assert payee + amount <= 1_000_000


@pytest.mark.parametrize(
    ("facts", "house", "why"),
    [
        ({}, {}, []),
        ({"amount": Money(99_999, "XAF")}, {}, []),
        ({"amount": Money(100_000, "XAF")}, {}, [Why.AMOUNT]),
        ({"role": Role.CASHIER}, {}, [Why.CASHIER]),
        ({"known_payee": False}, {}, [Why.FIRST_PAYEE]),
        ({"known_payee": False}, {"first_payee": FirstPayee.FREE}, []),
        ({"known_payee": False}, {"first_payee": FirstPayee.WAIT}, []),
        ({"local": time(23)}, {"guarded": (time(20), time(6))}, [Why.HOURS]),
        ({"local": time(12)}, {"guarded": (time(20), time(6))}, []),
        ({"role": Role.CASHIER, "amount": Money(100_000, "XAF")}, {}, [Why.AMOUNT, Why.CASHIER]),
        ({"role": Role.CASHIER, "second": False, "known_payee": False}, {}, []),
        ({"kind": Kind.COLLECTION, "role": Role.CASHIER}, {}, []),
        ({"kind": Kind.TRANSFER, "amount": Money(100_000, "XAF")}, {}, [Why.AMOUNT]),
        ({"kind": Kind.REFUND, "known_payee": False}, {}, []),
    ],
)
def test_when_a_second_person_is_needed(facts: dict[str, object], house: dict[str, object], why: list[Why]) -> None:
    assert policy.approvals_needed(BOUNDS, replace(HOUSE, **house), replace(FACTS, **facts)) == why  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "now", "inside"),
    [
        ((time(20), time(6)), time(20), True),
        ((time(20), time(6)), time(5, 59), True),
        ((time(20), time(6)), time(6), False),
        ((time(8), time(18)), time(7, 59), False),
        ((time(8), time(18)), time(8), True),
        ((time(8), time(8)), time(3), True),
    ],
)
def test_hours_go_over_midnight(hours: tuple[time, time], now: time, inside: bool) -> None:
    assert policy.within(hours, now) is inside


def test_only_a_fresh_payment_looks_repeated() -> None:
    earlier = [("OLD", NOON - timedelta(minutes=60)), ("NEW", NOON - timedelta(minutes=4))]
    assert policy.looks_repeated(HOUSE, NOON, earlier) == ("NEW", NOON - timedelta(minutes=4))
    assert policy.looks_repeated(HOUSE, NOON, earlier[:1]) is None
    assert policy.looks_repeated(House(repeat=timedelta()), NOON, earlier) is None


def test_a_first_payment_that_waits_leaves_before_its_confirmation_is_too_old() -> None:
    assert policy.FIRST_WAIT < TOO_LATE
    assert policy.waits(House(FirstPayee.WAIT), replace(FACTS, known_payee=False))


@pytest.mark.parametrize(
    ("age", "number", "hour", "due"),
    [
        (timedelta(minutes=59), 0, 12, False),
        (timedelta(hours=1), 0, 12, True),
        (timedelta(hours=1), 0, 7, False),
        (timedelta(hours=1), 0, 20, False),
        (timedelta(hours=1), 1, 12, True),
        (timedelta(hours=1), 2, 12, False),
        (timedelta(hours=24, minutes=59), 0, 12, True),
        (timedelta(hours=25), 0, 12, False),
    ],
)
def test_a_reminder_is_due_after_its_time_by_day_and_only_so_often(
    age: timedelta, number: int, hour: int, due: bool
) -> None:
    rule = Remind(timedelta(hours=1), 2)
    assert rule.due(NOON - age, number, NOON, time(hour)) is due
    assert not Remind().due(NOON - age, number, NOON, time(hour))
