import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.payments.phone import Phone, parse_phone, pretty
from tests.books import PHONE

MTN = [*range(650, 655), *range(670, 680), *range(680, 684)]
ORANGE = [*range(640, 643), *range(655, 660), *range(686, 700)]
NEXTTEL = [*range(660, 670), 684, 685]
CAMTEL = [*range(620, 630), 242, 243]

BY_PREFIX = [
    (prefix, operator)
    for operator, prefixes in [("MTN", MTN), ("ORANGE", ORANGE), ("NEXTTEL", NEXTTEL), ("CAMTEL", CAMTEL)]
    for prefix in prefixes
]


@pytest.mark.parametrize(("prefix", "operator"), BY_PREFIX)
def test_the_prefix_tells_the_operator(prefix: int, operator: str) -> None:
    assert parse_phone(f"{prefix}000101", "CM") == Phone(f"237{prefix}000101", "CM", operator)


@pytest.mark.parametrize(
    "text",
    [
        "677777777",
        "677 77 77 77",
        "6 77 77 77 77",
        "677.77.77.77",
        "677-77-77-77",
        "(677) 77 77 77",
        "+237677777777",
        "+237 6 77 77 77 77",
        "+237-677-777-777",
        "(+237) 677 77 77 77",
        "00237677777777",
        "00237 677 77 77 77",
        "00 237 677 77 77 77",
        "237677777777",
        "237 677 77 77 77",
        "  677777777  ",
        "677\u00a077\u202f77\u00a077",
        "\u202a+237 6 77 77 77 77\u202c",
        "\u202a677 77 77 77\u202c",
        "６７７７７７７７７",
        "＋237677777777",
        "٦٧٧٧٧٧٧٧٧",
    ],
)
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    assert parse_phone(text, "CM") == Phone(PHONE, "CM", "MTN")


def test_a_number_of_another_country_is_read_as_its_own() -> None:
    assert parse_phone("+225 07 00 00 01 01", "CM").country == "CI"
    assert parse_phone("+237 677 77 77 77", "CI") == Phone(PHONE, "CM", "MTN")
    assert parse_phone("00237 677 77 77 77", "CI").msisdn == PHONE


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("222 23 01 01", "phone.landline"),
        ("222 000 101", "phone.landline"),
        ("+237 233 000 101", "phone.landline"),
        ("67777777", "phone.invalid"),
        ("6777777777", "phone.invalid"),
        ("630 00 01 01", "phone.invalid"),
        ("123456789", "phone.invalid"),
        ("000000000", "phone.unreadable"),
        ("+1 555 0100", "phone.invalid"),
        ("+237 677 77 77 77 #5", "phone.invalid"),
        ("677777777 ext 5", "phone.unreadable"),
        ("677777777;ext=5", "phone.unreadable"),
        ("67777777x", "phone.unreadable"),
        ("tel:+237677777777", "phone.unreadable"),
        ("++237677777777", "phone.unreadable"),
        ("237 677 +777 777", "phone.unreadable"),
        ("+237677777777+237677777777", "phone.unreadable"),
        ("237677777777677777777", "phone.unreadable"),
        ("67777777²", "phone.unreadable"),
        ("", "phone.unreadable"),
        (" ", "phone.unreadable"),
        ("+", "phone.unreadable"),
        ("5", "phone.unreadable"),
        ("📱", "phone.unreadable"),
        ("Awa", "phone.unreadable"),
        ("6" * 4000, "phone.unreadable"),
    ],
)
def test_what_is_no_mobile_number_is_refused_for_its_reason(text: str, key: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_phone(text, "CM")
    assert refused.value.key == key


def test_a_number_of_the_united_states_is_not_local() -> None:
    assert parse_phone("+1 202 555 0123", "CM").country == "US"
    with pytest.raises(UserError):
        parse_phone("202 555 0123", "CM")


def attempt(text: str, home: str) -> Phone | UserError:
    try:
        return parse_phone(text, home)
    except UserError as error:
        return error


WRITTEN = st.text(alphabet="0123456789+()-. /#;*²٦６\u00a0\u200b", max_size=24)


@settings(max_examples=300)
@given(text=st.one_of(st.text(max_size=30), WRITTEN), home=st.sampled_from(["CM", "CI", "US"]))
def test_any_text_is_a_number_or_a_refusal_in_words(text: str, home: str) -> None:
    read = attempt(text, home)
    if isinstance(read, UserError):
        assert read.key in {"phone.unreadable", "phone.invalid", "phone.landline"}
        assert read.values == {"text": text}
    else:
        assert read.msisdn.isascii()
        assert read.msisdn.isdigit()


@settings(max_examples=100)
@given(prefix=st.sampled_from([prefix for prefix, _ in BY_PREFIX]), rest=st.integers(0, 200))
def test_a_number_as_it_is_shown_is_read_as_the_same(prefix: int, rest: int) -> None:
    phone = parse_phone(f"{prefix}{rest:06}", "CM")
    assert parse_phone(pretty(phone.msisdn), "CM") == phone


@pytest.mark.parametrize(
    ("msisdn", "shown"), [(PHONE, "+237 6 77 77 77 77"), ("", ""), ("not a number", "not a number")]
)
def test_a_number_is_shown_as_its_country_writes_it(msisdn: str, shown: str) -> None:
    assert pretty(msisdn) == shown
