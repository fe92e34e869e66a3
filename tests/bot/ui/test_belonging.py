import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.ui.belonging import tagged, untagged


def data(keyboard: InlineKeyboardMarkup | None) -> list[object]:
    assert keyboard
    return [button.callback_data for row in keyboard.inline_keyboard for button in row]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("confirm:K7Q2@3", ("confirm:K7Q2", 3)),
        ("shops:@12", ("shops:", 12)),
        ("confirm:K7Q2", ("confirm:K7Q2", None)),
        ("confirm:K7Q2@", ("confirm:K7Q2@", None)),
        ("confirm:K7Q2@0", ("confirm:K7Q2@0", None)),
        ("confirm:K7Q2@-1", ("confirm:K7Q2@-1", None)),
        ("confirm:K7Q2@٣", ("confirm:K7Q2@٣", None)),
        ("confirm:K7Q2@9999999999", ("confirm:K7Q2@9999999999", None)),
        ("", ("", None)),
    ],
)
def test_a_button_says_whose_it_is_behind_an_at(given: str, found: tuple[str, int | None]) -> None:
    assert untagged(given) == found


def test_each_button_is_tagged_once_and_an_address_never() -> None:
    keyboard = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Go", callback_data="go:1"), InlineKeyboardButton("Page", url="https://pay.test")]]
    )
    once = tagged(keyboard, 2)
    assert data(once) == data(tagged(once, 3)) == ["go:1@2", None]
    assert tagged(keyboard, None) is keyboard
    assert tagged(None, 2) is None
