from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payments import rhythm
from bot.payments.rhythm import Heard, Rhythm, first_day, hear, moment, next_day

DOUALA, BERLIN, NEW_YORK = (ZoneInfo(name) for name in ("Africa/Douala", "Europe/Berlin", "America/New_York"))


@pytest.mark.parametrize(
    ("line", "every", "at"),
    [
        ("payout 50000 677123456 salaire every 25th", "month:25", "08:00"),
        ("payout 50000 677123456 salaire chaque 25", "month:25", "08:00"),
        ("payout 50000 677123456 salaire tous les 25", "month:25", "08:00"),
        ("payout 50000 677123456 salaire tous les 25 à 9h30", "month:25", "09:30"),
        ("payout 50000 677123456 salaire le 25 de chaque mois", "month:25", "08:00"),
        ("payout 50000 677123456 salaire every month on the 1st at 7am", "month:1", "07:00"),
        ("payout 50000 677123456 salaire monthly on 3, 18:05", "month:3", "18:05"),
        ("payout 50000 677123456 salaire chaque mois le 1er", "month:1", "08:00"),
        ("payout 50000 677123456 salaire fin du mois", "month:31", "08:00"),
        ("payout 50000 677123456 salaire end of each month", "month:31", "08:00"),
        ("payout 50000 677123456 salaire tous les lundis", "week:0", "08:00"),
        ("payout 50000 677123456 salaire Chaque Vendredi 17h", "week:4", "17:00"),
        ("payout 50000 677123456 salaire every sunday at 12pm", "week:6", "12:00"),
        ("payout 50000 677123456 salaire chaque jour 8h", "day:0", "08:00"),
        ("payout 50000 677123456 salaire tous les jours à 20h15", "day:0", "20:15"),
        ("payout 50000 677123456 salaire daily at 12am", "day:0", "00:00"),
        ("chaque 25 payout 50000 677123456 salaire", "month:25", "08:00"),
    ],
)
def test_a_rhythm_is_heard_in_both_languages_and_the_rest_is_left(line: str, every: str, at: str) -> None:
    assert hear(line) == Heard(Rhythm.read(every, at), "payout 50000 677123456 salaire")


@pytest.mark.parametrize(
    "words", ["every month", "chaque mois", "chaque semaine", "weekly", "every", "every 45th", "par mois"]
)
def test_a_vague_one_is_asked_about(words: str) -> None:
    heard = hear(f"request 500 677123456 rent {words}")
    assert (heard.rhythm, heard.vague) == (None, True)
    assert heard.rest.startswith("request 500 677123456 rent")


@pytest.mark.parametrize(
    "line", ["payout 5000 677123456 lessons", "500 677123456 the everyday shop", "5000 677123456 mon mari"]
)
def test_words_that_only_look_like_one_are_none(line: str) -> None:
    assert hear(line) == Heard(None, line)


@pytest.mark.parametrize(
    ("every", "after", "next_ones"),
    [
        ("month:31", date(2027, 1, 31), [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]),
        ("month:30", date(2028, 1, 30), [date(2028, 2, 29), date(2028, 3, 30)]),
        ("month:25", date(2026, 11, 25), [date(2026, 12, 25), date(2027, 1, 25)]),
        ("month:25", date(2026, 11, 24), [date(2026, 11, 25)]),
        ("week:0", date(2026, 11, 21), [date(2026, 11, 23), date(2026, 11, 30)]),
        ("week:5", date(2026, 11, 21), [date(2026, 11, 28)]),
        ("day:0", date(2028, 2, 28), [date(2028, 2, 29), date(2028, 3, 1)]),
    ],
)
def test_the_days_of_a_rhythm(every: str, after: date, next_ones: list[date]) -> None:
    days = rhythm.days(Rhythm.read(every, "08:00"), after)
    assert [next(days) for _ in next_ones] == next_ones


@pytest.mark.parametrize(
    ("zone", "day", "at", "then"),
    [
        (DOUALA, date(2026, 11, 25), time(8), datetime(2026, 11, 25, 7, tzinfo=UTC)),
        (BERLIN, date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (BERLIN, date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (NEW_YORK, date(2027, 7, 1), time(23, 30), datetime(2027, 7, 2, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_told_by_the_shops_clock(zone: ZoneInfo, day: date, at: time, then: datetime) -> None:
    assert moment(Rhythm("day", 0, at), day, zone) == then


units = st.one_of(st.just("day:0"), st.integers(0, 6).map("week:{}".format), st.integers(1, 31).map("month:{}".format))
rhythms = st.builds(Rhythm.read, units, st.times().map("{:%H:%M}".format))
zones = st.sampled_from([DOUALA, BERLIN, NEW_YORK, ZoneInfo("Asia/Kathmandu")])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(rhythms, zones, moments)
def test_the_first_is_to_come_and_none_between_was_left_out(one: Rhythm, zone: ZoneInfo, now: datetime) -> None:
    first = first_day(one, now, zone)
    assert moment(one, first, zone) > now
    local = now.astimezone(zone).date()
    between = rhythm.days(one, local - timedelta(days=1))
    assert all(moment(one, day, zone) <= now for day in iter(lambda: next(between), first))


@given(rhythms, zones, moments, st.integers(-40, 400))
def test_after_one_comes_a_later_one_and_never_one_that_is_over(
    one: Rhythm, zone: ZoneInfo, now: datetime, away: int
) -> None:
    done = first_day(one, now, zone)
    later = now + timedelta(days=away)
    following = next_day(one, done, later, zone)
    assert following > done
    assert moment(one, following, zone) > later


@given(st.text(max_size=60))
def test_any_line_is_heard(line: str) -> None:
    heard = hear(line)
    assert len(heard.rest) <= len(line)
