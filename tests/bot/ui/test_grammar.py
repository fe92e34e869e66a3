"""The tables in phrases/: how people say it, and what they say that must move nothing."""

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.payments.phone import Phone
from bot.texts import LANGUAGES
from bot.ui import lexicon, words
from bot.ui.grammar import understand
from bot.ui.meaning import Meaning, Place, Said
from bot.ui.parse import parse_wish
from providers.money import Money

HERE = Place("CM", "XAF")
TABLES = Path(__file__).parent / "phrases"


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return [
            {key: value or "" for key, value in row.items()}
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def read(row: dict[str, str]) -> dict[str, str]:
    """What the grammar makes of a row's phrase, as the table writes it."""
    meaning = understand(row["phrase"], HERE)
    if meaning is None:
        return {"phrase": row["phrase"]}
    said = meaning.choices[0]
    return {
        "phrase": row["phrase"],
        "how": "sure" if meaning.sure else "ask",
        "command": "|".join(one.command for one in meaning.choices),
        "amount": "|".join(dict.fromkeys(str(one.amount.whole) if one.amount else "" for one in meaning.choices)),
        "phone": said.phone.msisdn if said.phone else "",
        "name": said.name,
        "description": said.description,
        "text": said.text,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_say_is_understood(language: str) -> None:
    rows = table(language)
    assert len(rows) >= 150
    assert [found for row in rows if (found := read(row)) != row] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_order_is_not_even_asked_about(language: str) -> None:
    rows = table(f"{language}-not")
    assert len(rows) >= 60
    assert [found for row in rows if (found := read(row)) != {"phrase": row["phrase"]}] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_stands_in_a_table_twice(language: str) -> None:
    phrases = [row["phrase"] for name in (language, f"{language}-not") for row in table(name)]
    assert len(phrases) == len(set(phrases))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_of_a_command_says_what_was_understood(language: str) -> None:
    for row in table(language):
        meaning = understand(row["phrase"], HERE)
        assert meaning
        for said in meaning.choices:
            if said.amount or said.phone:
                wish = parse_wish(said.line, "CM", "XAF")
                about = " ".join(filter(None, (said.name, said.description)))
                assert (wish.amount, wish.phone, wish.description or "") == (said.amount, said.phone, about)


@pytest.mark.parametrize(
    "sms", [f"{before}{row['phrase']}" for row in table("fr-not")[:20] for before in ("ok ", "> ")]
)
def test_courtesy_or_a_quote_before_it_makes_no_order_of_it(sms: str) -> None:
    assert understand(sms, HERE) is None


def test_two_lines_and_odd_signs_are_read_as_one() -> None:
    expected = Said("request", Money(5000, "XAF"), Phone("237677123456", "CM", "MTN"), "", "robe")
    for line in ("demande 5000\nau 677123456\npour robe", "DEMANDE 5000 \u202a677 12 34 56\u202c, robe !"):
        assert understand(line, HERE) == Meaning((expected,), sure=True)


def test_a_number_gone_wrong_is_told_where_an_order_was_given() -> None:
    for line in ("envoie 5000 à 67712345", "send 5000 to 6771234567"):
        with pytest.raises(UserError) as refused:
            understand(line, HERE)
        assert refused.value.key == "phone.invalid"
    assert understand("rappelle 67712345", HERE) is None


def money(text: str) -> list[Said]:
    try:
        meaning = understand(text, HERE)
    except UserError:
        return []
    return [one for one in meaning.choices if one.command in lexicon.MONEY and meaning.sure] if meaning else []


VERBS = {word for verb in (*lexicon.VERBS, *lexicon.WEAK_VERBS) for word in verb}
LEARNED = {
    "paie",
    "lien",
    "credit",
    "rembourse",
    "rembourser",
    "remboursez",
    "remboursement",
    "refund",
    "reimburse",
    "payroll",
}
PIECES = [
    "5000",
    "5 000 F",
    "677123456",
    "à",
    "pour",
    "to",
    "for",
    "Paul",
    "client",
    "robe",
    "?",
    "5k",
    "dix mille",
    "le",
]
TALK = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.text(max_size=6),
        st.sampled_from(sorted(VERBS)),
        st.sampled_from(sorted(lexicon.NEVER)),
    ),
    max_size=9,
)


@settings(max_examples=400)
@given(TALK)
def test_any_text_is_understood_or_not_and_never_a_fault(pieces: list[str]) -> None:
    try:
        meaning = understand(" ".join(pieces), HERE)
    except UserError:
        return
    assert meaning is None or (meaning.choices and (len(meaning.choices) == 1 or not meaning.sure))


@settings(max_examples=400)
@given(TALK)
def test_without_a_verb_of_money_nothing_is_drafted(pieces: list[str]) -> None:
    text = " ".join(pieces)
    said = {word.plain for word in words.split(words.clean(text))}
    if not said & (VERBS | LEARNED):
        assert money(text) == []


@settings(max_examples=300)
@given(
    st.sampled_from(["envoie 5000 à 677123456", "send 5000 to 677123456", "demande 5000 à Paul", "pay Paul 5000"]),
    st.sampled_from(sorted(lexicon.NEVER)),
    st.integers(0, 3),
)
def test_a_word_that_takes_an_order_back_is_heard_wherever_it_stands(line: str, never: str, place: int) -> None:
    pieces: list[Any] = line.split()
    pieces.insert(place, f"{never}il" if never.endswith("'") else never)
    assert money(" ".join(pieces)) == []
