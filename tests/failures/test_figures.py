"""F40 and F41: an amount is what was typed, a payee is who was meant."""

import ast
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Float, Numeric
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - the tables
from bot.errors import UserError
from bot.payments.phone import parse_phone
from providers.money import EXPONENTS, Money
from tests.shop import Shop
from tests.tree import ROOT

in_the_street = pytest.mark.asyncio(loop_scope="module")


@given(st.integers(min_value=1, max_value=10**17), st.sampled_from(sorted(EXPONENTS)))
def test_f40_an_amount_comes_back_from_the_wire_to_the_last_digit(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_wire(money.plain, currency) == money
    assert Money.from_wire(Decimal(money.plain), currency) == money


@pytest.mark.parametrize("value", [0.1, 5000.0, 1e3])
def test_f40_a_float_is_no_amount(value: float) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.from_wire(value, "XAF")
    with pytest.raises(TypeError):
        Money(value, "XAF")  # type: ignore[arg-type]


def test_f40_no_column_is_a_float_and_no_file_about_money_makes_one() -> None:
    inexact = [
        f"{table}.{column.name}"
        for table, columns in SQLModel.metadata.tables.items()
        for column in columns.columns
        if isinstance(column.type, Float | Numeric)
    ]
    assert inexact == []
    files = ["providers/money.py", "bot/payments/amounts.py", "bot/payments/service.py", "bot/payments/refunds.py"]
    trees = {name: ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in files}
    floats = [
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert floats == []


@pytest.mark.parametrize("old", ["77 77 77 77", "+237 77 77 77 77", "00237 96123456", "677 77 77 7"])
def test_f41_a_number_of_the_old_plan_is_refused_and_never_completed(old: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_phone(old, "CM")
    assert refused.value.key in {"phone.invalid", "phone.unreadable"}


@in_the_street
async def test_f41_another_operators_number_is_told_before_anything_is_sent(place: Shop) -> None:
    before = await place.payments()
    answer = await place.ask("/payout 20 661 23 45 67")
    assert "serves only MTN, ORANGE" in answer.text
    assert "valid number" in (await place.ask("/payout 20 77777777")).text
    assert "MTN" in (await place.card("/payout 20 677 77 77 77")).text
    assert "ORANGE" in (await place.card("/payout 20 699 99 99 99")).text
    assert len(await place.payments()) == len(before) + 2
