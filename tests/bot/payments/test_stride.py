"""How looks are shared out where there are too few: the way from what is open to the gap of each."""

import random
from datetime import timedelta

import pytest

from bot.payments.stride import EDGES, Stride

CLOSEST = timedelta(seconds=3)
HOUR = 3600.0


def standing(**ages: int) -> list[int]:
    """How many are open, by the power of two of their age in seconds."""
    found = [0] * len(EDGES)
    for power, many in ages.items():
        found[int(power[1:])] = many
    return found


def stride(open_by_age: list[int], looks: int = 80) -> Stride:
    measured = Stride(CLOSEST)
    measured.measure(open_by_age, looks, 10)
    return measured


def gap(of: Stride, seconds: float) -> float:
    """Of some that are looked at one after the other, the mean."""
    return sum(of.gap(timedelta(seconds=seconds)).total_seconds() for _ in range(100)) / 100


def test_few_open_payments_are_asked_about_as_usual() -> None:
    assert not stride(standing(p3=2, p12=40)).scarce
    assert not Stride(CLOSEST).scarce


def test_more_than_the_account_allows_are_stretched_and_a_relief_ends_it() -> None:
    crowded = stride(standing(p6=50, p12=1000))
    assert crowded.scarce
    crowded.measure(standing(p6=3), 80, 10)
    assert not crowded.scarce


def test_an_account_without_a_single_look_left_over_is_only_slow() -> None:
    assert gap(stride(standing(p12=10), looks=0), 5000) < 48 * HOUR


@pytest.mark.parametrize("looks", [20, 80])
def test_all_together_ask_for_what_there_is_and_hardly_more(looks: int) -> None:
    crowd = standing(p4=20, p7=60, p10=200, p13=800)
    measured = stride(crowd, looks)
    ages = [1.5 * edge for edge in EDGES]
    asked = sum(many / gap(measured, age) for many, age in zip(crowd, ages, strict=True) if many) * 60
    assert looks * 0.8 < asked < looks * 1.15


def test_before_anything_is_known_gaps_grow_with_the_root_of_the_age() -> None:
    measured = stride(standing(p13=2000))
    assert gap(measured, 40_000) == pytest.approx(2 * gap(measured, 10_000), rel=0.25)
    assert 0 < gap(measured, 0) < gap(measured, 60)


def test_those_looked_at_together_do_not_come_back_together() -> None:
    measured = stride(standing(p13=1000))
    gaps = {round(measured.gap(timedelta(hours=3)).total_seconds()) for _ in range(10)}
    assert len(gaps) == 10
    assert max(gaps) < 1.6 * min(gaps)


def test_when_payments_settle_is_learned_and_looks_gather_there() -> None:
    """Every payment settles between two and four minutes, or hardly ever."""
    crowd = standing(p0=1, p1=1, p2=1, p3=2, p4=4, p5=8, p6=16, p7=50, p14=1000)
    measured, chance = stride(crowd), random.Random(1)
    before = gap(measured, 200) / gap(measured, 20_000)
    for _ in range(360):
        measured.measure(crowd, 80, 10)
        for _ in range(5):
            measured.settled(timedelta(seconds=chance.uniform(128, 256)))
    assert gap(measured, 200) / gap(measured, 20_000) < before / 3
    assert gap(measured, 0) > 100  # nobody settles sooner


def test_a_clock_that_was_set_back_hurts_nobody() -> None:
    measured = stride(standing(p13=1000))
    assert measured.gap(timedelta(hours=-1)) > timedelta()
    measured.settled(timedelta(hours=-1))
    assert gap(measured, 60) > 0
