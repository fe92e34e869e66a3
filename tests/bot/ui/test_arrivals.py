"""What is told of money that somebody waits for is read as people write it."""

from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.payments.arrivals import USUAL, Findings, Found, Verdict, Wanted
from bot.texts import Voice
from bot.ui.arrivals import PAGE, buttons, read
from providers.money import Money
from storage.states import State
from tests.books import NOON, draft

FIVE = Money(5000, "XAF")
PHONE = "237677123456"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5000 677123456", Wanted(FIVE, PHONE)),
        ("677 12 34 56 5 000 F", Wanted(FIVE, PHONE)),
        ("5 000", Wanted(FIVE)),
        ("5k", Wanted(FIVE)),
        ("+237 677 12 34 56", Wanted(msisdn=PHONE)),
        ("5000", Wanted(FIVE, reference="5000", sure=False)),
        ("677123456", Wanted(msisdn=PHONE, reference="677123456", sure=False)),
        ("1880106956", Wanted(reference="1880106956")),
        ("7K3Q9X2MTD", Wanted(reference="7K3Q9X2MTD")),
        ("bcedde9b-62a7-4421-96ac-2e6179552a1a", Wanted(reference="bcedde9b-62a7-4421-96ac-2e6179552a1a")),
        ("5000 7K3Q9X2MTD", Wanted(FIVE, reference="7K3Q9X2MTD")),
        ("7K3Q9X2MTD 5000", Wanted(FIVE, reference="7K3Q9X2MTD")),
        ("5000 1880106956", Wanted(FIVE, reference="1880106956")),
        ("5000 677123456 MP240311.1409.A12345", Wanted(FIVE, PHONE, "MP240311.1409.A12345")),
    ],
)
def test_an_amount_a_phone_and_a_reference_are_told_apart(text: str, wanted: Wanted) -> None:
    assert read(text, "CM", "XAF") == wanted


@pytest.mark.parametrize("text", ["", "  ", "shoes", "5000 677123456 shoes", "did it arrive", "<b>", "5000 for shoes"])
def test_what_is_none_of_them_is_not_looked_for(text: str) -> None:
    with pytest.raises(UserError):
        read(text, "CM", "XAF")


def findings(count: int, verdict: Verdict = Verdict.RECEIVED) -> Findings:
    found = [Found(NOON - timedelta(minutes=one), "CamPay", draft(state=State.SUCCEEDED)) for one in range(count)]
    return Findings(Wanted(FIVE, PHONE), verdict, found, [], [], NOON - timedelta(days=7), NOON, USUAL)


def data(found: Findings, offset: int = 0, text: str = "5000 677123456", voice: Voice | None = None) -> list[str]:
    keyboard = buttons(voice or Voice("en", "UTC"), found, offset, text)
    return [str(one.callback_data) for row in keyboard.inline_keyboard for one in row] if keyboard else []


def data_of_a_check(voice: Voice) -> list[str]:
    return data(findings(3 * PAGE), PAGE, voice=voice) + data(findings(0, Verdict.UNSURE), voice=voice)


def test_a_long_answer_has_pages_each_with_its_cards() -> None:
    first, middle = data(findings(3 * PAGE)), data(findings(3 * PAGE), PAGE)
    assert [one.split(":")[0] for one in first] == ["card"] * PAGE + ["check"]
    assert middle[PAGE:] == [f"check:{USUAL}:0:5000 677123456", f"check:{USUAL}:{2 * PAGE}:5000 677123456"]
    assert set(first[:PAGE]).isdisjoint(middle[:PAGE])


def test_a_question_too_long_for_a_button_has_none_of_it() -> None:
    assert data(findings(0, Verdict.OPEN), text="é" * 40) == []
