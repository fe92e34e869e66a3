from datetime import date

import pytest

from bot.errors import UserError
from bot.payments.periods import Period
from bot.texts import Voice
from bot.ui.periods import named, read_period

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("", Period.day(TODAY)),
        ("Aujourd’hui", Period.day(TODAY)),
        ("today", Period.day(TODAY)),
        ("hier", Period.day(date(2026, 11, 19))),
        ("20/11", Period.day(TODAY)),
        ("31/12", Period.day(date(2025, 12, 31))),
        ("2026-11-01", Period.day(date(2026, 11, 1))),
        ("semaine", Period.week(TODAY)),
        ("cette semaine", Period.week(TODAY)),
        ("la semaine dernière", Period.week(date(2026, 11, 13))),
        ("last week", Period.week(date(2026, 11, 13))),
        ("2026-W46", Period.week(date(2026, 11, 13))),
        ("mois", Period.month(TODAY)),
        ("this month", Period.month(TODAY)),
        ("le mois dernier", Period.month(date(2026, 10, 1))),
        ("novembre", Period.month(TODAY)),
        ("en septembre", Period.month(date(2026, 9, 1))),
        ("Août", Period.month(date(2026, 8, 1))),
        ("déc.", Period.month(date(2025, 12, 1))),
        ("December 2024", Period.month(date(2024, 12, 1))),
        ("2026-11", Period.month(TODAY)),
        ("2026-1", Period.month(date(2026, 1, 1))),
    ],
)
def test_a_period_is_read_as_people_name_it(text: str, period: Period) -> None:
    assert read_period(text, TODAY) == period


@pytest.mark.parametrize("text", ["demain", "soon", "32/11", "2026-13", "2026-W60", "novembre 26", "1 2 3", "0000-01"])
def test_what_is_no_period_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UserError) as told:
        read_period(text, TODAY)
    assert told.value.key == "period.unreadable"


@pytest.mark.parametrize("text", ["2026-11-21", "2026-12", "2099-W01", "december 2026"])
def test_what_has_not_begun_is_said_to_be_ahead(text: str) -> None:
    with pytest.raises(UserError) as told:
        read_period(text, TODAY)
    assert told.value.key == "period.ahead"


@pytest.mark.parametrize("period", [Period.day(TODAY), Period.week(TODAY), Period.month(TODAY)])
def test_a_button_s_period_is_read_again(period: Period) -> None:
    assert read_period(str(period), TODAY) == period


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("fr", ["vendredi 20 novembre 2026", "16 – 22 nov. 2026", "30 nov. – 6 déc. 2026", "novembre 2026"]),
        ("en", ["Friday 20 November 2026", "16 – 22 Nov 2026", "30 Nov – 6 Dec 2026", "November 2026"]),
    ],
)
def test_a_period_is_named_in_the_reader_s_language(language: str, names: list[str]) -> None:
    periods = [Period.day(TODAY), Period.week(TODAY), Period.week(date(2026, 12, 1)), Period.month(TODAY)]
    assert [named(Voice(language, "Africa/Douala"), period) for period in periods] == names
