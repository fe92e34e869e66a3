from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payments.reconcile import SETTLES, Comparison, Oddity, Ours, Span, compare
from providers.messages import Kind, Outcome, StatementLine
from providers.money import Money
from storage.models import Payment
from storage.states import State
from tests.books import NOON, PHONE, draft

DAY = Span(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1))
NIGHT = NOON + timedelta(hours=14)


def paid(**changes: Any) -> Payment:
    values: dict[str, Any] = {
        "state": State.SUCCEEDED,
        "reference": "R1",
        "sent_at": NOON,
        "settled_at": NOON,
        "fee": 100,
        "fee_told": True,
    }
    return draft(**{**values, **changes})


def line(**changes: Any) -> StatementLine:
    standing = StatementLine(
        at=NOON,
        kind=Kind.COLLECTION,
        amount=Money(5000, "XAF"),
        fee=Money(100, "XAF"),
        msisdn=PHONE,
        operator="MTN",
        outcome=Outcome.SUCCEEDED,
        reference="R1",
        operator_reference="",
        description="shoes",
        payer_note="",
    )
    return replace(standing, **changes)


def between(ours: list[Payment], lines: list[StatementLine], now: datetime = NIGHT) -> Comparison:
    return compare("scripted", [Ours(payment, {f"key {payment.id}"}) for payment in ours], lines, DAY, now)


def oddities(found: Comparison) -> list[tuple[Oddity, ...]]:
    return [one.flaws for one in found.differences]


def test_what_both_sides_call_succeeded_is_counted_and_summed() -> None:
    out = paid(kind="payout", reference="R2", amount=700, fee_told=False)
    lines = [line(), line(reference="R2", kind=Kind.PAYOUT, amount=Money(700, "XAF"), fee=Money(7, "XAF"))]
    found = between([paid(), out], lines)
    assert (found.matched, found.differences) == (2, [])
    assert (found.came_in, found.went_out, found.fees) == ({"XAF": 5000}, {"XAF": 700}, {"XAF": 107})


def test_what_both_sides_call_failed_matches_and_moves_no_sum() -> None:
    found = between([paid(state=State.FAILED)], [line(outcome=Outcome.FAILED)])
    assert (found.matched, found.came_in, found.fees, found.differences) == (1, {}, {}, [])


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({}, {}, []),
        ({"state": State.REVERSED}, {}, []),
        ({"state": State.FAILED}, {}, [Oddity.STATE]),
        ({"state": State.REVIEW}, {}, [Oddity.STATE]),
        ({"state": State.PENDING}, {}, [Oddity.STATE]),
        ({"state": State.UNKNOWN}, {"outcome": Outcome.FAILED}, [Oddity.STATE]),
        ({}, {"outcome": Outcome.FAILED}, [Oddity.STATE]),
        ({"state": State.CANCELLED}, {}, [Oddity.STATE]),
        ({}, {"outcome": Outcome.UNKNOWN}, []),
        ({}, {"amount": Money(4999, "XAF")}, [Oddity.AMOUNT]),
        ({}, {"amount": Money(5000, "XOF")}, [Oddity.AMOUNT]),
        ({}, {"amount": Money(0, "XAF"), "fee": Money(0, "XAF")}, [Oddity.FEE]),
        ({}, {"kind": Kind.PAYOUT}, [Oddity.DIRECTION]),
        ({"kind": "payout"}, {"kind": Kind.PAYOUT}, []),
        ({"kind": "refund"}, {"kind": Kind.PAYOUT}, []),
        ({}, {"kind": None}, []),
        ({}, {"fee": Money(101, "XAF")}, [Oddity.FEE]),
        ({"fee_told": False}, {"fee": Money(101, "XAF")}, []),
        ({}, {"fee": None}, []),
        (
            {"state": State.FAILED},
            {"amount": Money(1, "XAF"), "kind": Kind.PAYOUT},
            [Oddity.STATE, Oddity.AMOUNT, Oddity.DIRECTION],
        ),
    ],
)
def test_a_row_and_its_payment(ours: dict[str, Any], theirs: dict[str, Any], expected: list[Oddity]) -> None:
    found = between([paid(**ours)], [line(**theirs)])
    assert oddities(found) == ([tuple(expected)] if expected else [])


def test_what_only_the_system_knows_is_told_if_money_moved() -> None:
    found = between([], [line(), line(reference="R2", outcome=Outcome.FAILED)])
    assert oddities(found) == [(Oddity.NOT_HERE,)]
    assert found.differences[0].line == line()


@pytest.mark.parametrize(
    ("ours", "missed"),
    [
        ({}, True),
        ({"kind": "payout"}, True),
        ({"state": State.FAILED}, False),
        ({"state": State.PENDING}, False),
        ({"kind": "airtime"}, False),
        ({"kind": "refund"}, False),
        ({"provider": "another"}, False),
        ({"settled_at": NOON - timedelta(days=1)}, False),
        ({"settled_at": DAY.end}, False),
        ({"settled_at": NIGHT - SETTLES + timedelta(seconds=1)}, False),
    ],
)
def test_what_only_we_know(ours: dict[str, Any], missed: bool) -> None:
    assert oddities(between([paid(**ours)], [])) == ([(Oddity.NOT_THERE,)] if missed else [])


@pytest.mark.parametrize("at", [DAY.start - timedelta(hours=3), DAY.end + timedelta(hours=3)])
def test_a_row_of_another_day_belongs_to_that_day_but_its_payment_is_not_missed(at: datetime) -> None:
    found = between([paid()], [line(at=at, amount=Money(1, "XAF")), line(at=at, reference="R2")])
    assert found.empty


def test_our_key_finds_a_payment_whose_reference_never_came() -> None:
    payment = paid(reference="", state=State.UNKNOWN)
    found = between([payment], [line(reference="R7", payer_note=f"key {payment.id}")])
    assert [(one.payment, one.flaws) for one in found.differences] == [(payment, (Oddity.STATE,))]


def test_an_empty_reference_or_key_is_nobodys() -> None:
    found = between([paid(reference="", state=State.FAILED)], [line(reference="", payer_note="")])
    assert oddities(found) == [(Oddity.NOT_HERE,)]


def test_one_payment_that_succeeded_there_twice_is_told() -> None:
    payment = paid()
    twice = line(reference="R2", at=NOON + timedelta(seconds=5), payer_note=f"key {payment.id}")
    found = between([payment], [line(), twice])
    assert [(one.flaws, one.line) for one in found.differences] == [((Oddity.TWICE,), twice)]
    assert found.matched == 1


def test_a_first_try_that_failed_there_and_a_second_that_succeeded_are_not_twice() -> None:
    payment = paid()
    failed = line(reference="R0", outcome=Outcome.FAILED, at=NOON - timedelta(hours=1), payer_note=f"key {payment.id}")
    assert (Oddity.TWICE,) not in oddities(between([payment], [failed, line()]))


def test_a_row_that_stands_there_twice_word_for_word_is_one() -> None:
    assert between([paid()], [line(), line()]).matched == 1


def test_a_system_that_was_left_for_another_and_paid_all_the_same_is_told() -> None:
    payment = paid(provider="another", reference="R9")
    found = between([payment], [line(payer_note=f"key {payment.id}")])
    assert oddities(found) == [(Oddity.ELSEWHERE,)]
    failed = between([payment], [line(payer_note=f"key {payment.id}", outcome=Outcome.FAILED)])
    assert failed.differences == []


def test_another_systems_reference_is_no_match() -> None:
    found = between([paid(provider="another")], [line()])
    assert oddities(found) == [(Oddity.NOT_HERE,)]


def test_a_payment_that_is_still_settling_is_left_in_peace() -> None:
    young = paid(state=State.PENDING, sent_at=NOON)
    assert between([young], [line()], now=NOON + timedelta(minutes=1)).differences == []
    assert oddities(between([young], [line()], now=NOON + SETTLES)) == [(Oddity.STATE,)]


MOVED = st.tuples(
    st.integers(1, 10**9), st.sampled_from(["collection", "payout"]), st.integers(0, 86399), st.booleans()
)


@given(st.lists(MOVED, max_size=20), st.randoms(use_true_random=False))
def test_books_that_agree_have_no_difference_in_whatever_order_they_come(
    moved: list[tuple[int, str, int, bool]], chance: Any
) -> None:
    ours, lines = [], []
    for number, (amount, kind, second, done) in enumerate(moved):
        at = DAY.start + timedelta(seconds=second)
        state = State.SUCCEEDED if done else State.FAILED
        ours.append(paid(amount=amount, kind=kind, reference=f"R{number}", state=state, settled_at=at, fee_told=False))
        outcome = Outcome.SUCCEEDED if done else Outcome.FAILED
        money = Money(amount, "XAF")
        lines.append(line(amount=money, kind=Kind(kind), reference=f"R{number}", outcome=outcome, at=at))
    chance.shuffle(lines)
    found = between(ours, lines, now=DAY.end + timedelta(hours=2))
    assert found.differences == []
    assert found.matched == len(moved)
    sums = found.came_in.get("XAF", 0) + found.went_out.get("XAF", 0)
    assert sums == sum(amount for amount, _, _, done in moved if done)


@given(st.lists(st.sampled_from(["both", "here", "there"]), max_size=20))
def test_whatever_is_on_one_side_only_is_told_once_and_by_its_side(sides: list[str]) -> None:
    ours = [paid(reference=f"R{number}") for number, side in enumerate(sides) if side != "there"]
    lines = [line(reference=f"R{number}") for number, side in enumerate(sides) if side != "here"]
    found = between(ours, lines)
    told = [flaw for flaws in oddities(found) for flaw in flaws]
    assert told.count(Oddity.NOT_THERE) == sides.count("here")
    assert told.count(Oddity.NOT_HERE) == sides.count("there")
    assert found.matched == sides.count("both")
    assert len(told) == len(sides) - sides.count("both")


def test_a_row_that_is_written_ahead_of_our_clock_is_of_today_until_the_day_has_ended() -> None:
    late = DAY.end - timedelta(minutes=20)
    ahead = line(at=late + timedelta(hours=1))
    assert between([paid(settled_at=late)], [ahead], now=DAY.end - timedelta(minutes=1)).matched == 1
    assert between([paid(settled_at=late)], [ahead], now=DAY.end + timedelta(hours=3)).empty
    stranger = line(at=late + timedelta(hours=1), reference="R9")
    assert oddities(between([], [stranger], now=late)) == [(Oddity.NOT_HERE,)]
