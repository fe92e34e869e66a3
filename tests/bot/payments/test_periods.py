from datetime import UTC, date, datetime, timedelta

import pytest

from bot.payments.periods import Period

FRIDAY = date(2026, 11, 20)


def test_a_day_has_a_bar_for_each_hour_and_begins_at_the_shop_s_midnight() -> None:
    bounds = Period.day(FRIDAY).bounds("Africa/Douala")
    assert bounds[0] == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert bounds[-1] - bounds[0] == timedelta(hours=24)
    assert len(bounds) == 25


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_clocks_change_has_the_hours_that_it_has(day: date, hours: int) -> None:
    assert len(Period.day(day).bounds("Europe/Paris")) == hours + 1
    week = Period.week(day).bounds("Europe/Paris")
    assert len(week) == 8
    assert week[7] - week[6] == timedelta(hours=hours)


def test_a_week_is_from_monday_to_sunday_and_a_month_is_whole() -> None:
    assert (Period.week(FRIDAY).first, Period.week(FRIDAY).last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert (Period.month(FRIDAY).first, Period.month(FRIDAY).last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert Period.month(date(2024, 2, 5)).last == date(2024, 2, 29)
    assert len(Period.month(FRIDAY).bounds("Africa/Douala")) == 31


@pytest.mark.parametrize("period", [Period.day(FRIDAY), Period.week(FRIDAY), Period.month(FRIDAY)])
def test_periods_meet_their_neighbours(period: Period) -> None:
    assert period.before().last + timedelta(days=1) == period.first
    assert period.after().first - timedelta(days=1) == period.last
    assert period.before().after() == period
