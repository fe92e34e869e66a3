from datetime import date

import pytest

from bot.commands.reconcile import read_days
from bot.errors import UserError
from bot.payments.reconcile import Comparison, Difference, Oddity
from bot.payments.statements import Account
from bot.texts import LANGUAGES, Voice
from bot.ui import differences
from providers.messages import Balance, Outcome
from providers.money import Money
from tests.bot.payments.test_reconcile import line, paid
from tests.bot.telegram_html import plain

DAY = date(2026, 11, 20)
EN = Voice("en", "Africa/Douala")
HOSTILE = "</b><script>&amp;{x}" * 3


def told(account: Account, voice: Voice = EN) -> str:
    return plain(str(differences.told(voice, [account], DAY, DAY)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_oddity_has_its_line_and_what_to_do(language: str, outcome: Outcome) -> None:
    voice = Voice(language, "Africa/Douala")
    row = line(reference=HOSTILE, outcome=outcome, fee=None)
    for oddity in Oddity:
        payment = None if oddity is Oddity.NOT_HERE else paid(reference=HOSTILE, description=HOSTILE)
        found = Difference((oddity,), payment, None if oddity is Oddity.NOT_THERE else row)
        text = told(Account("CamPay", Comparison(differences=[found])), voice)
        assert "677777777" not in text.replace(" ", "")
        assert (payment.id if payment else HOSTILE) in text


def test_many_differences_still_fit_a_message() -> None:
    every = (Oddity.STATE, Oddity.AMOUNT, Oddity.DIRECTION, Oddity.FEE, Oddity.TWICE)
    found = [Difference(every, paid(amount=10**15), line(reference="r" * 36)) for _ in range(100)]
    for language in LANGUAGES:
        text = told(Account("CamPay", Comparison(matched=9, differences=found)), Voice(language, "Africa/Douala"))
        assert len(text) <= 4096
        assert "90" in text


def test_what_can_not_be_compared_says_so() -> None:
    balances = [Balance(Money(70, "XAF"), "MTN"), Balance(Money(5, "XAF"))]
    text = told(Account("KPay", balances=balances))
    assert "no statement" in text
    assert "not compared: 5\u00a0FCFA" in text
    assert "MTN 70\u00a0FCFA" in told(Account("KPay", balances=balances[:1]))
    assert "Gave no statement" in told(Account("CamPay", silent=True))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("", DAY, DAY),
        ("Today", DAY, DAY),
        ("aujourd’hui", DAY, DAY),
        ("hier", date(2026, 11, 19), date(2026, 11, 19)),
        ("19/11", date(2026, 11, 19), date(2026, 11, 19)),
        ("31/12", date(2025, 12, 31), date(2025, 12, 31)),
        ("1.11.2026 20.11.2026", date(2026, 11, 1), DAY),
        ("2026-11-05 .. 2026-11-02", date(2026, 11, 2), date(2026, 11, 5)),
        ("2026-11-01 to today", date(2026, 11, 1), DAY),
    ],
)
def test_days_as_people_write_them(text: str, first: date, last: date) -> None:
    assert read_days(text, DAY) == (first, last)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tomorrow", "reconcile.usage"),
        ("31/02", "reconcile.usage"),
        ("29/02", "reconcile.usage"),
        ("0/0/0000", "reconcile.usage"),
        ("1 2 3", "reconcile.usage"),
        ("2026-11-01 2026-11-02 2026-11-03", "reconcile.usage"),
        ("2026-11-21", "reconcile.ahead"),
        ("2026-10-20 2026-11-20", "reconcile.too_long"),
    ],
)
def test_what_is_no_day_is_told_how(text: str, key: str) -> None:
    with pytest.raises(UserError) as error:
        read_days(text, DAY)
    assert error.value.key == key
