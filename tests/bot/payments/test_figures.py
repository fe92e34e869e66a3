"""The pages of a report, from sums. What is drawn is only what stands there."""

from datetime import date
from typing import Any

import pytest

from bot.payments.figures import Flow, Page, pages_of
from bot.payments.periods import Period
from storage.figures import Sum, Waited
from storage.states import State

WEEK = Period.week(date(2026, 11, 20)).bounds("Africa/Douala")


def one(**changes: Any) -> Sum:
    values: dict[str, Any] = {
        "slot": 0,
        "kind": "collection",
        "currency": "XAF",
        "provider": "campay",
        "operator": "MTN",
        "state": State.SUCCEEDED,
        "count": 1,
        "amount": 1000,
        "fees": 20,
        "untold": 0,
    }
    return Sum(**values | changes)


def page(*sums: Sum, payee_bears: set[tuple[str, str]] | None = None) -> Page:
    [found] = pages_of(sums, {"XAF": Waited(30, 90)}, WEEK, payee_bears or set())
    return found


def test_what_came_and_went_is_summed_and_what_failed_is_counted() -> None:
    found = page(one(count=3), one(kind="payout", amount=400), one(kind="refund", amount=50), one(state=State.FAILED))
    assert found.came == Flow(count=3, failed=1, amount=1000)
    assert found.went == Flow(count=1, failed=0, amount=400)
    assert found.back == Flow(count=1, failed=0, amount=50)
    assert (found.fees, found.net) == (60, 1000 - 450 - 60)
    assert found.came.success == pytest.approx(0.75)


def test_each_slot_has_its_bar() -> None:
    refund = one(slot=5, kind="refund", amount=3)
    found = page(one(slot=2), one(slot=2, operator="Orange"), refund, one(slot=6, kind="airtime", amount=7))
    assert [bar.back for bar in found.bars] == [0, 0, 0, 0, 0, 3, 0]
    assert [(bar.came, bar.went) for bar in found.bars] == [(0, 0), (0, 0), (2000, 0), (0, 0), (0, 0), (0, 0), (0, 7)]
    assert [bar.start for bar in found.bars] == WEEK[:-1]


def test_bars_shares_and_sums_agree() -> None:
    found = page(*(one(slot=n % 7, operator="ABC"[n % 3], provider="xy"[n % 2], amount=10 + n) for n in range(40)))
    for part in (found.operators, found.systems):
        assert sum(share.came.amount for share in part) == found.came.amount
    assert sum(bar.came for bar in found.bars) == found.came.amount


def test_who_moved_most_stands_first_and_who_moved_nothing_is_left_out() -> None:
    found = page(one(operator="MTN"), one(operator="Orange", amount=5000), one(kind="transfer", operator="Camtel"))
    assert [share.name for share in found.operators] == ["Orange", "MTN"]


def test_a_transfer_between_own_wallets_only_costs() -> None:
    found = page(one(), one(kind="transfer", amount=9000, fees=15))
    assert (found.came.amount, found.went.amount, found.fees) == (1000, 0, 35)
    assert found.net == 1000 - 35


def test_a_fee_that_the_payee_bore_is_no_cost() -> None:
    found = page(one(kind="payout", provider="kpay", untold=1), payee_bears={("kpay", "payout")})
    assert (found.fees, found.untold, found.net) == (0, 0, -1000)


def test_fees_of_what_failed_are_no_cost() -> None:
    assert page(one(), one(state=State.FAILED, fees=20)).fees == 20


def test_currencies_are_never_mixed() -> None:
    sums = [one(count=5), one(currency="XOF", amount=70)]
    first, second = pages_of(sums, {"XOF": Waited(1, 2)}, WEEK, set())
    assert (first.currency, first.came.amount, first.waited) == ("XAF", 1000, None)
    assert (second.currency, second.came.amount, second.waited) == ("XOF", 70, Waited(1, 2))


def test_nothing_is_no_page() -> None:
    assert pages_of([], {}, WEEK, set()) == []
