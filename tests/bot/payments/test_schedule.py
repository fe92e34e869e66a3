from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.payments.schedule import GIVE_UP, next_look
from tests.books import NOON, draft
from tests.bot.payments.counter import PACE


def wait(age: timedelta, looks: int = 3) -> timedelta:
    now = NOON + age
    return next_look(draft(sent_at=NOON, looks=looks), now, PACE) - now


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        (timedelta(seconds=5), 3),
        (timedelta(minutes=1), 3),
        (timedelta(minutes=2), 6),
        (timedelta(minutes=20), 60),
        (timedelta(hours=10), 1800),
        (timedelta(hours=20), 3600),
        (timedelta(hours=47), 3600),
    ],
)
def test_the_wait_is_a_twentieth_of_the_age_within_bounds(age: timedelta, seconds: int) -> None:
    assert wait(age) == timedelta(seconds=seconds)


def test_the_first_look_comes_when_the_system_likes_it() -> None:
    assert wait(timedelta(hours=1), looks=0) == PACE.first
    assert next_look(draft(sent_at=None, looks=5), NOON, PACE) == NOON + PACE.first


def test_a_clock_that_was_set_back_does_not_bring_looks_nearer() -> None:
    assert wait(-timedelta(hours=1)) == PACE.closest


@pytest.mark.parametrize(
    ("age", "share", "waits"),
    [
        (timedelta(), timedelta(minutes=2), timedelta(minutes=2)),  # the first look too
        (timedelta(minutes=1), timedelta(seconds=1), PACE.closest),
        (timedelta(hours=2), timedelta(seconds=40), timedelta(seconds=40)),
        (timedelta(hours=40), timedelta(days=20), timedelta(hours=8)),  # by then a person has to decide
        (timedelta(hours=50), timedelta(days=20), timedelta(hours=1)),
    ],
)
def test_where_looks_are_scarce_the_wait_is_what_the_account_allows(
    age: timedelta, share: timedelta, waits: timedelta
) -> None:
    pace = replace(PACE, scarce=lambda _: share)
    assert next_look(draft(sent_at=NOON, looks=0), NOON + age, pace) - NOON - age == waits


def test_a_link_is_looked_at_when_it_lapses_however_scarce_looks_are() -> None:
    end = NOON + timedelta(minutes=5)
    link = draft(sent_at=NOON, looks=1, checks={"until": end.isoformat()})
    assert next_look(link, NOON, replace(PACE, scarce=lambda _: timedelta(hours=1))) == end


@settings(max_examples=50)
@given(st.timedeltas(timedelta(), GIVE_UP))
def test_an_end_is_noticed_soon_after_it_came(age: timedelta) -> None:
    assert PACE.closest <= wait(age) <= max(PACE.closest, age / 20)


def test_a_payment_that_stays_open_costs_about_200_looks() -> None:
    payment, now = draft(sent_at=NOON, looks=0), NOON
    while now - NOON < GIVE_UP:
        now = next_look(payment, now, PACE)
        payment.looks += 1
    assert 150 <= payment.looks <= 250
