"""Whose operator a phone is, where its prefix is a hint and a system may know better."""

import pytest

from bot.payments.accounts import Accounts
from bot.payments.carriers import Carriers, believed
from bot.payments.phone import Phone, portable
from providers.errors import NotSent, Reason, Refused
from providers.sheet import Coverage, Sheet
from storage.people import HOUSE
from tests.books import PHONE, Clock
from tests.bot.payments.counter import Scripted

MTN = Phone(PHONE, "CM", "MTN")


class Teller(Scripted):
    sheet = Sheet("Teller", tuple(Coverage(c, "XAF", frozenset({"MTN", "ORANGE"})) for c in ("CM", "GA")))

    def __init__(self, *script: str | Exception) -> None:
        super().__init__()
        self.script, self.asked = list(script), 0

    async def identify(self, msisdn: str) -> str:
        self.asked += 1
        turn = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(turn, Exception):
            raise turn
        return turn


class Other(Teller):
    name = "other"


def carriers(*systems: Scripted) -> Carriers:
    return Carriers(Accounts({HOUSE: systems}), Clock())


@pytest.mark.parametrize(
    ("prefix", "said", "operator"),
    [
        ("MTN", [], "MTN"),
        ("MTN", ["MTN"], "MTN"),
        ("MTN", ["ORANGE"], "ORANGE"),
        ("", ["ORANGE"], "ORANGE"),
        ("NEXTTEL", ["MTN"], "MTN"),
        ("MTN", ["VODAFONE_GHA"], "MTN"),
        ("MTN", ["VODAFONE_GHA", "ORANGE"], "ORANGE"),
        ("MTN", ["MTN", "ORANGE"], "MTN"),
        ("", ["MTN", "ORANGE"], ""),
    ],
)
def test_a_system_corrects_the_prefix_where_nobody_contradicts_it(prefix: str, said: list[str], operator: str) -> None:
    assert believed(prefix, said, {"MTN", "ORANGE"}) == operator


async def test_a_number_that_moved_has_its_new_operator_and_is_asked_for_once() -> None:
    teller = Teller("ORANGE")
    house = carriers(teller)
    for _ in range(3):
        assert (await house.corrected(HOUSE, MTN)).operator == "ORANGE"
    assert teller.asked == 1


@pytest.mark.parametrize("error", [Refused(Reason.OTHER, "Number not recognised"), NotSent()], ids=repr)
async def test_a_system_that_does_not_know_the_number_changes_nothing(error: Exception) -> None:
    assert await carriers(Teller(error)).corrected(HOUSE, MTN) == MTN


async def test_two_systems_that_contradict_each_other_leave_the_prefix() -> None:
    assert await carriers(Teller("MTN"), Other("ORANGE")).corrected(HOUSE, MTN) == MTN


async def test_nobody_is_asked_where_numbers_stay_or_the_system_is_not_at_home() -> None:
    teller = Teller("ORANGE")
    gabon, kenya = Phone("24174000001", "GA", "AIRTEL"), Phone("254700000001", "KE", "MPESA")
    assert not portable("GA")
    assert portable("KE")
    for phone in (gabon, kenya):
        assert await carriers(teller).corrected(HOUSE, phone) == phone
    assert teller.asked == 0
    assert (await carriers(teller).corrected(HOUSE, Phone("24102000001", "GA", ""))).operator == "ORANGE"
