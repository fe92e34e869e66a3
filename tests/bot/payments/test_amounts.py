import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.payments.amounts import MOST, as_money_of, parse_amount
from bot.texts import LANGUAGES, Voice
from providers.money import EXPONENTS, Money


@pytest.mark.parametrize(
    ("text", "francs"),
    [
        ("5000", 5000),
        ("5 000", 5000),
        (" 5000 ", 5000),
        ("5\u202f000", 5000),
        ("5\u00a0000", 5000),
        ("5\u2009000", 5000),
        ("5.000", 5000),
        ("5,000", 5000),
        ("5'000", 5000),
        ("1 250 000", 1_250_000),
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("5k", 5000),
        ("5K", 5000),
        ("5 k", 5000),
        ("1.5k", 1500),
        ("2,5 k", 2500),
        ("1.25k", 1250),
        ("0.5k", 500),
        ("150k", 150_000),
        ("5000 F", 5000),
        ("5000f", 5000),
        ("5.000 F", 5000),
        ("5000 frs", 5000),
        ("5000 francs", 5000),
        ("5000 FCFA", 5000),
        ("5 000 F CFA", 5000),
        ("5000 CFA", 5000),
        ("5000 francs CFA", 5000),
        ("5000 XAF", 5000),
        ("5000.", 5000),
        ("5k F", 5000),
        ("5000.00", 5000),
        ("5000,0", 5000),
        ("５０００", 5000),
        ("٥٠٠٠", 5000),
        ("1", 1),
        (str(MOST), MOST),
        ("05000", 5000),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, francs: int) -> None:
    assert parse_amount(text, "XAF") == Money(francs, "XAF")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0", "amount.not_positive"),
        ("0.00", "amount.not_positive"),
        ("0k", "amount.not_positive"),
        ("-5", "amount.not_positive"),
        ("- 5000", "amount.not_positive"),
        ("1.5", "amount.no_decimals"),
        ("1,50", "amount.no_decimals"),
        ("0.5", "amount.no_decimals"),
        (str(MOST + 1), "amount.too_large"),
        ("99999999999999", "amount.too_large"),
        ("9" * 5000, "amount.too_large"),
        ("999 999 999 999 999 999 999 999", "amount.too_large"),
        ("99999999999999k", "amount.too_large"),
        ("", "amount.unreadable"),
        (" ", "amount.unreadable"),
        ("1e9", "amount.unreadable"),
        ("NaN", "amount.unreadable"),
        ("Infinity", "amount.unreadable"),
        ("0x10", "amount.unreadable"),
        ("5_000", "amount.unreadable"),
        ("+5000", "amount.unreadable"),
        ("5000-", "amount.unreadable"),
        ("5000 6000 shoes", "amount.unreadable"),
        ("5.000k", "amount.unreadable"),
        ("5 000k", "amount.unreadable"),
        ("1.234", None),
        ("1.2345", "amount.unreadable"),
        ("50 00", "amount.unreadable"),
        ("5,00,000", "amount.unreadable"),
        ("1.000,500", "amount.unreadable"),
        ("1,000.50", "amount.unreadable"),
        ("5kk", "amount.unreadable"),
        ("5m", "amount.unreadable"),
        ("100 USD", "amount.unreadable"),
        ("💰", "amount.unreadable"),
        ("5💰", "amount.unreadable"),
        ("five", "amount.unreadable"),
        ("½", "amount.unreadable"),
        ("5/2", "amount.unreadable"),
        ("k", "amount.unreadable"),
        ("F", "amount.unreadable"),
    ],
)
def test_an_amount_that_is_none_is_refused_for_its_reason(text: str, key: str | None) -> None:
    if key is None:
        assert parse_amount(text, "XAF").minor == 1234
        return
    with pytest.raises(UserError) as refused:
        parse_amount(text, "XAF")
    assert refused.value.key == key


@pytest.mark.parametrize("text", ["5000 KES", "5000 ksh", "5000 XOF", "5000 RWF"])
def test_an_amount_of_another_currency_is_not_taken_for_one_of_ours(text: str) -> None:
    with pytest.raises(UserError):
        parse_amount(text, "XAF")


def test_a_currency_with_cents_takes_them() -> None:
    assert parse_amount("12.50 KES", "KES") == Money(1250, "KES")
    assert parse_amount("12,5", "KES") == Money(1250, "KES")
    assert parse_amount("1,250", "KES") == Money(125_000, "KES")


def test_too_large_an_amount_names_the_most() -> None:
    with pytest.raises(UserError) as refused:
        parse_amount("50000001", "XAF")
    assert refused.value.values == {"most": Money(MOST, "XAF")}


def attempt(text: str, currency: str) -> Money | UserError:
    try:
        return parse_amount(text, currency)
    except UserError as error:
        return error


WRITTEN = st.text(alphabet="0123456789kKfF .,'-+\u00a0\u202fe٥５²xXcCaA", max_size=30)


@settings(max_examples=300)
@given(text=st.one_of(st.text(max_size=40), WRITTEN), currency=st.sampled_from(["XAF", "KES", "USDT"]))
@example(text="9" * 5000, currency="XAF")
@example(text="00000000000000000005000", currency="XAF")
def test_any_text_is_a_positive_amount_or_a_refusal_in_words(text: str, currency: str) -> None:
    read = attempt(text, currency)
    if isinstance(read, UserError):
        assert read.key.startswith("amount.")
    else:
        assert 0 < read.minor <= MOST * 10 ** EXPONENTS[currency]
        assert read.currency == currency


@settings(max_examples=100)
@given(zeros=st.integers(0, 40), francs=st.integers(1, MOST))
def test_leading_zeros_never_make_another_amount(zeros: int, francs: int) -> None:
    read = attempt("0" * zeros + str(francs), "XAF")
    assert isinstance(read, UserError) or read.minor == francs


@settings(max_examples=100)
@given(minor=st.integers(1, MOST), language=st.sampled_from(LANGUAGES), currency=st.sampled_from(["XAF", "XOF", "KES"]))
def test_an_amount_as_it_is_shown_is_read_as_the_same(minor: int, language: str, currency: str) -> None:
    money = Money(minor, currency)
    shown = Voice(language, "Africa/Douala").amount(money)
    if EXPONENTS[currency] and minor >= 100_000:  # "1,234.50": grouped and with cents is nobody's way of typing
        return
    assert parse_amount(shown, currency) == money


@pytest.mark.parametrize(
    ("country", "money"),
    [("CM", Money(500, "XAF")), ("CI", Money(500, "XOF")), ("KE", Money(50_000, "KES")), ("RW", Money(500, "RWF"))],
)
def test_a_figure_is_in_the_money_of_the_phone(country: str, money: Money) -> None:
    assert as_money_of(Money(500, "XAF"), country) == money


def test_a_fraction_that_the_other_money_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="no_decimals"):
        as_money_of(Money(50_050, "KES"), "CM")
