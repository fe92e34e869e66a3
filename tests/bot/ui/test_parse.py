import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.payments.phone import Phone
from bot.ui.parse import parse_wish
from bot.ui.wish import Wish
from providers.money import Money


def wish(francs: int | None = None, msisdn: str | None = None, description: str | None = None) -> Wish:
    return Wish(Money(francs, "XAF") if francs else None, Phone(msisdn, "CM", "MTN") if msisdn else None, description)


@pytest.mark.parametrize(
    ("line", "francs", "msisdn", "description"),
    [
        ("5000 677777777 shoes", 5000, "237677777777", "shoes"),
        ("5000 677777777", 5000, "237677777777", None),
        ("5 000 677 77 77 77 2 pairs", 5000, "237677777777", "2 pairs"),
        ("6 500 677 77 77 77 x", 6500, "237677777777", "x"),
        ("650 677 77 77 77 x", 650, "237677777777", "x"),
        ("5k 677777777 shoes", 5000, "237677777777", "shoes"),
        ("1.5k +237 6 77 77 77 77 two  pairs", 1500, "237677777777", "two pairs"),
        ("5 000 F 677777777 shoes", 5000, "237677777777", "shoes"),
        ("5 000 F CFA 677777777 shoes", 5000, "237677777777", "shoes"),
        ("5000 FCFA 677.77.77.77", 5000, "237677777777", None),
        ("5000 00237677777777 x", 5000, "237677777777", "x"),
        ("5000 237 677 77 77 77 x", 5000, "237677777777", "x"),
        ("5000 677777777 2 pairs of 3", 5000, "237677777777", "2 pairs of 3"),
        ("5000 677777777 671000101", 5000, "237677777777", "671000101"),
        ("5\u00a0000 677\u202f77\u202f77\u202f77 shoes", 5000, "237677777777", "shoes"),
        ("5000 \u202a+237 6 77 77 77 77\u202c shoes", 5000, "237677777777", "shoes"),
        ("5000 677777777 👨\u200d👩\u200d👧", 5000, "237677777777", "👨\u200d👩\u200d👧"),
        ("677777777 5000 shoes", 5000, "237677777777", "shoes"),
        ("677 77 77 77 5 000 shoes", 5000, "237677777777", "shoes"),
        ("+237 677 77 77 77 5k", 5000, "237677777777", None),
        ("237 677 77 77 77 5000 shoes", 5000, "237677777777", "shoes"),
        ("00237 677 77 77 77 5000 shoes", 5000, "237677777777", "shoes"),
        ("00237 677777777 shoes", None, "237677777777", "shoes"),
        ("1 650 000 677 77 77 77", 1_650_000, "237677777777", None),
        ("1 650 000 677 77 77 77 wages", 1_650_000, "237677777777", "wages"),
        ("2 650 000 677 77 77 77 2 pairs", 2_650_000, "237677777777", "2 pairs"),
        ("237 650 +237 677 77 77 77", 237_650, "237677777777", None),
        ("5 677 777 677 77 77 77", 5_677_777, "237677777777", None),
        ("5000 à 677777777 pour les chaussures", 5000, "237677777777", "les chaussures"),
        ("5 000 F de 677 77 77 77 pour", 5000, "237677777777", "pour"),
        ("5k from +237677777777 for shoes", 5000, "237677777777", "shoes"),
        ("5000 677777777 riz pour Paul", 5000, "237677777777", "riz pour Paul"),
        ("5000", 5000, None, None),
        ("5 000", 5000, None, None),
        ("5000 shoes", 5000, None, "shoes"),
        ("5000 2 pairs", 5000, None, "2 pairs"),
        ("677777777", None, "237677777777", None),
        ("677 77 77 77 shoes", None, "237677777777", "shoes"),
        ("", None, None, None),
        (" \n ", None, None, None),
    ],
)
def test_a_line_is_read_as_people_write_it(
    line: str, francs: int | None, msisdn: str | None, description: str | None
) -> None:
    assert parse_wish(line, "CM", "XAF") == wish(francs, msisdn, description)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("shoes", "amount.unreadable"),
        ("0 677777777", "amount.not_positive"),
        ("-5 677777777 x", "amount.not_positive"),
        ("1.5 677777777", "amount.no_decimals"),
        ("99999999999 677777777", "amount.too_large"),
        ("5.000k 677777777", "amount.unreadable"),
        ("five 677777777", "amount.unreadable"),
        ("5000 67777777", "phone.invalid"),
        ("5000 677 77 77 77 77", None),
        ("5000 6777777777 shoes", "phone.invalid"),
        ("5000 222000101 shoes", "phone.landline"),
        ("5000 123456789", "phone.invalid"),
        ("5000 +15550100", "phone.invalid"),
    ],
)
def test_what_is_there_and_cannot_be_read_is_refused_for_its_reason(line: str, key: str | None) -> None:
    if key is None:
        assert parse_wish(line, "CM", "XAF") == wish(5000, "237677777777", "77")
        return
    with pytest.raises(UserError) as refused:
        parse_wish(line, "CM", "XAF")
    assert refused.value.key == key


def attempt(line: str) -> Wish | UserError:
    try:
        return parse_wish(line, "CM", "XAF")
    except UserError as error:
        return error


WORDS = st.lists(
    st.one_of(
        st.text(alphabet="0123456789+k.,-() ", max_size=12),
        st.sampled_from(["5000", "5", "000", "677", "77", "677777777", "+237", "237", "F", "CFA", "shoes", "👟"]),
        st.text(max_size=6),
    ),
    max_size=9,
)


@settings(max_examples=300)
@given(WORDS)
def test_any_line_is_a_wish_or_a_refusal_in_words(words: list[str]) -> None:
    read = attempt(" ".join(words))
    if isinstance(read, UserError):
        assert read.key.partition(".")[0] in {"amount", "phone"}
    else:
        assert read.amount is None or read.amount.minor > 0
        assert read.description is None or read.description.strip()


AMOUNTS = st.sampled_from(["{}", "{} F", "{}F", "{} FCFA"])
PHONES = st.sampled_from(
    ["677777777", "677 77 77 77", "6 77 77 77 77", "+237 677 77 77 77", "237677777777", "00237677777777"]
)
RESTS = st.sampled_from(["", "shoes", "2 pairs", "for Awa, n° 7"])


@settings(max_examples=300)
@given(
    francs=st.integers(1, 50_000_000),
    spaced=st.booleans(),
    written=AMOUNTS,
    phone=PHONES,
    rest=RESTS,
    first=st.booleans(),
)
@example(francs=2_650_000, spaced=True, written="{}", phone="677 77 77 77", rest="2 pairs", first=True)
def test_what_is_written_is_what_is_read(
    francs: int, *, spaced: bool, written: str, phone: str, rest: str, first: bool
) -> None:
    """Whichever comes first, however it is spaced, no other amount and no other phone is ever read."""
    amount = written.format(f"{francs:,}".replace(",", " ") if spaced else francs)
    # "5 237 677 77 77 77" is 5 to +237 677 77 77 77 as well as 5 237 to 677 77 77 77: only the card can tell.
    assume(not (first and amount.endswith(" 237") and phone.startswith("6")))
    line = " ".join([amount, phone, rest] if first else [phone, amount, rest])
    assert parse_wish(line, "CM", "XAF") == wish(francs, "237677777777", rest.removeprefix("for ") or None)
