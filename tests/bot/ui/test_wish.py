from typing import Any

import pytest

from bot.payments.phone import Phone
from bot.ui.wish import Wish, from_row, to_row
from providers.messages import Channel, Kind
from providers.money import Money

AMOUNT = Money(5000, "XAF")
PHONE = Phone("237677777777", "CM", "MTN")


@pytest.mark.parametrize(
    ("kind", "wish", "gap"),
    [
        (Kind.COLLECTION, Wish(), "amount"),
        (Kind.COLLECTION, Wish(AMOUNT), "phone"),
        (Kind.COLLECTION, Wish(AMOUNT, PHONE), "description"),
        (Kind.COLLECTION, Wish(AMOUNT, PHONE, ""), None),
        (Kind.AIRTIME, Wish(AMOUNT, PHONE), None),
        (Kind.COLLECTION, Wish(AMOUNT, channel=Channel.LINK), "description"),
        (Kind.COLLECTION, Wish(AMOUNT, channel=Channel.CRYPTO), "network"),
        (Kind.PAYOUT, Wish(AMOUNT, channel=Channel.CRYPTO), "phone"),
        (Kind.PAYOUT, Wish(AMOUNT, PHONE, "", channel=Channel.CRYPTO), "network"),
        (Kind.PAYOUT, Wish(AMOUNT, PHONE, "", channel=Channel.CRYPTO, network="BSC"), None),
        (Kind.TRANSFER, Wish(AMOUNT), "source"),
        (Kind.TRANSFER, Wish(AMOUNT, source="CM"), "target"),
        (Kind.TRANSFER, Wish(AMOUNT, source="CM", target="GA"), None),
        (Kind.PAYOUT, Wish(AMOUNT, PHONE, "", channel=Channel.PAGE), None),
    ],
)
def test_each_way_of_moving_money_has_its_questions(kind: Kind, wish: Wish, gap: str | None) -> None:
    assert wish.gap(kind) == gap


def test_a_row_holds_all_that_was_said() -> None:
    wish = Wish(AMOUNT, PHONE, "x", {"otp": "1234"}, "kpay", Channel.CRYPTO, "CM", "GA", "BSC")
    assert from_row(to_row(wish)) == wish
    assert from_row(to_row(Wish())) == Wish()


def test_a_row_of_an_earlier_version_is_still_read() -> None:
    old: dict[str, Any] = {"amount": [5000, "XAF"], "phone": None, "description": None, "extras": {}, "via": "kpay"}
    assert from_row(old) == Wish(AMOUNT, via="kpay")


def test_an_ask_names_a_country_where_nobodys_phone_is_concerned() -> None:
    link = Wish(AMOUNT, None, "", channel=Channel.LINK).as_ask(Kind.COLLECTION, "CM", 1, 2)
    assert link.phone == Phone("", "CM", "")
    moved = Wish(AMOUNT, None, "", source="KE", target="CM").as_ask(Kind.TRANSFER, "CM", 1, 2)
    assert (moved.phone.country, moved.amount, moved.extras["target"]) == ("KE", Money(500_000, "KES"), "CM")
    coins = Wish(Money(1, "USDT"), PHONE, "", channel=Channel.CRYPTO, network="BSC").as_ask(Kind.PAYOUT, "CM", 1, 2)
    assert (coins.phone.operator, coins.phone.msisdn, coins.amount.minor) == ("BSC", PHONE.msisdn, 1)
