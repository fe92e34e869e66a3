from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.fields import Unreadable, loose, money, text
from providers.money import EXPONENTS, Money

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-(10**18) + 1, 10**18 - 1)
anything = st.none() | st.booleans() | st.integers() | st.text() | st.decimals() | st.lists(st.integers()) | st.floats()


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        (5000, "XAF", 5000),
        ("5000", "XAF", 5000),
        ("5000.00", "XAF", 5000),
        (Decimal("20.0"), "XAF", 20),
        ("0", "XAF", 0),
        ("-7", "XAF", -7),
        ("12.5", "KES", 1250),
        ("12.50", "USD", 1250),
        (Decimal("0.000001"), "USDT", 1),
        (Decimal("1E+3"), "XAF", 1000),
    ],
)
def test_amounts_are_read_as_systems_write_them(written: object, currency: str, minor: int) -> None:
    assert Money.from_wire(written, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "None",
        "",
        " 5",
        "5 ",
        "5,000",
        "5_000",
        "1e3",
        "٥",
        "+5",
        "NaN",
        "Infinity",
        ".5",
        "5.",
        5.0,
        True,
        [5],
        {},
    ],
)
def test_what_is_no_amount_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money.from_wire(written, "XAF")


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("5000.5", "XAF"),
        ("0.001", "KES"),
        (Decimal("1.0000000000000000000000000000001"), "XAF"),
        (Decimal("1E-30"), "XAF"),
        (Decimal("1E+999999999"), "XAF"),
        (Decimal("sNaN"), "XAF"),
        ("9" * 20, "XAF"),
        (10**18, "XAF"),
        ("5", "EURO"),
    ],
)
def test_nothing_is_rounded_and_nothing_is_beyond_a_64_bit_column(written: object, currency: str) -> None:
    with pytest.raises(ValueError, match=r"decimals|amount|payment|currency"):
        Money.from_wire(written, currency)


@given(anything, currencies)
def test_whatever_is_read_is_money_or_a_value_error(written: object, currency: str) -> None:
    try:
        amount = Money.from_wire(written, currency)
    except ValueError:
        return
    assert isinstance(written, int | str | Decimal)
    assert amount.decimal == Decimal(written)


@given(minors, currencies)
def test_an_amount_survives_the_wire_both_ways(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.from_wire(amount.plain, currency) == amount
    assert Money.from_decimal(amount.decimal, currency) == amount
    assert "e" not in amount.plain.lower()


@given(minors, minors, currencies)
def test_sums_are_exact(a: int, b: int, currency: str) -> None:
    left, right = Money(a // 4, currency), Money(b // 4, currency)
    assert (left + right).minor == a // 4 + b // 4
    assert left + right - right == left


def test_francs_and_dollars_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="USD is not XAF"):
        Money(5, "XAF") + Money(5, "USD")


def test_a_fraction_has_no_whole() -> None:
    assert Money(1200, "KES").whole == 12
    with pytest.raises(ValueError, match=r"12\.50 KES is not a whole amount"):
        _ = Money(1250, "KES").whole


@pytest.mark.parametrize("minor", [5.0, True, "5", Decimal(5)])
def test_money_is_made_of_whole_numbers(minor: int) -> None:
    with pytest.raises(TypeError):
        Money(minor, "XAF")


@pytest.mark.parametrize("absent", [None, "", "None", "none", "null", "  "])
def test_an_absent_field_is_empty_however_it_is_written(absent: object) -> None:
    assert text({"reason": absent}, "reason") == ""
    assert text({}, "reason") == ""
    assert money({"amount": absent}, "amount", "XAF") is None


@pytest.mark.parametrize(("written", "read"), [(237677123456, "237677123456"), (Decimal("5.00"), "5.00"), (" a ", "a")])
def test_a_number_where_a_text_should_be_is_a_text(written: object, read: str) -> None:
    assert text({"field": written}, "field") == read


@pytest.mark.parametrize("odd", [True, [], {}, Decimal("1E+999999999"), Decimal("NaN"), 1.5])
def test_a_field_that_holds_something_else_is_named_and_not_quoted(odd: object) -> None:
    with pytest.raises(Unreadable, match="unreadable field"):
        text({"field": odd}, "field")
    assert loose({"field": odd}, "field") == ""


def test_an_amount_without_a_currency_is_not_told() -> None:
    assert money({"amount": "5"}, "amount", "") is None


def test_an_amount_that_cannot_be_read_is_not_zero() -> None:
    with pytest.raises(Unreadable, match="unreadable amount"):
        money({"amount": "5 000"}, "amount", "XAF")
