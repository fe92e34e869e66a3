"""What is asked of whom before a system is chosen."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.payments.accounts import Accounts
from bot.payments.health import Health
from bot.payments.routes import Routes
from bot.payments.routing import Need, NoRoute, Route
from providers import messages
from providers.base import Provider
from providers.errors import NotSent
from providers.messages import Balance, Channel, Kind, Service
from providers.money import Money
from providers.sheet import Coverage, Rail, Sheet
from storage.people import HOUSE
from tests.books import Clock
from tests.bot.payments.counter import Scripted

UP, SLOW, CLOSED = messages.Health.UP, messages.Health.SLOW, messages.Health.CLOSED


class Plain(Scripted):
    """Tells its balance and nothing of its operators."""

    name = "plain"
    purse = 70

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def balance(self) -> list[Balance]:
        self.asked.append("balance")
        return [Balance(Money(self.purse, "XAF"), "MTN")]


class Teller(Plain):
    name = "teller"
    sheet = Sheet("Teller", (Coverage("CM", "XAF", frozenset({"MTN", "ORANGE"})),))
    said: Mapping[Kind, messages.Health] = {}
    error: Exception | None = None
    meeting: asyncio.Barrier | None = None
    purse = 9_000

    def rails(self) -> list[Rail]:
        return [*super().rails(), Rail(Kind.COLLECTION, "CM", "XAF", channel=Channel.PAGE)]

    async def balance(self) -> list[Balance]:
        if self.meeting:
            await self.meeting.wait()
        return await super().balance()

    async def availability(self, country: str) -> list[Service]:
        self.asked.append(f"availability {country}")
        if self.meeting:
            await self.meeting.wait()
        if self.error:
            raise self.error
        return [Service("MTN", kind, health) for kind, health in self.said.items()]


class Third(Teller):
    name = "third"


class House:
    def __init__(self, *systems: Provider) -> None:
        self.clock = Clock()
        self.health = Health(self.clock)
        self.routes = Routes(Accounts({HOUSE: systems}), self.health, self.clock)

    async def find(self, kind: Kind = Kind.COLLECTION, amount: int = 50, **more: Any) -> Route | NoRoute:
        channel = more.pop("channel", Channel.MOBILE)
        return await self.routes.find(HOUSE, Need(kind, Money(amount, "XAF"), "CM", "MTN", channel), **more)

    async def chosen(self, kind: Kind = Kind.COLLECTION, amount: int = 50, **more: Any) -> str:
        found = await self.find(kind, amount, **more)
        assert isinstance(found, Route), found
        return found.provider


async def test_a_service_that_is_closed_gives_way_and_is_not_asked_about_for_a_while() -> None:
    teller, plain = Teller(), Plain()
    house = House(teller, plain)
    teller.said = {Kind.COLLECTION: CLOSED}
    assert [await house.chosen() for _ in range(3)] == ["plain"] * 3
    assert teller.asked == ["availability CM"]
    teller.said = {Kind.COLLECTION: UP}
    house.clock.skip(seconds=60)
    assert await house.chosen() == "teller"


async def test_one_that_is_slow_comes_after_one_that_is_not_and_before_none_and_is_known_as_slow() -> None:
    teller, plain = Teller(), Plain()
    teller.said = {Kind.COLLECTION: SLOW, Kind.PAYOUT: UP}
    both = House(teller, plain)
    assert await both.chosen() == "plain"
    alone = House(teller)
    assert await alone.chosen() == "teller"
    about = (HOUSE, "teller", "CM")
    assert alone.routes.slow(*about, "MTN", Kind.COLLECTION)
    assert not alone.routes.slow(*about, "ORANGE", Kind.COLLECTION)
    assert not alone.routes.slow(*about, "MTN", Kind.PAYOUT)
    alone.clock.skip(seconds=60)
    assert not alone.routes.slow(*about, "MTN", Kind.COLLECTION)


@pytest.mark.parametrize("error", [NotSent(), ValueError("a gateway's own fault")], ids=repr)
async def test_a_system_that_does_not_tell_is_not_in_its_own_way(error: Exception) -> None:
    teller = Teller()
    teller.error = error
    assert await House(teller, Plain()).chosen() == "teller"


async def test_nobody_is_asked_where_the_answer_would_change_nothing() -> None:
    first, last = Plain(), Teller()
    house = House(first, last)
    assert await house.chosen() == "plain"
    assert await house.chosen(via="plain") == "plain"
    assert await house.chosen(Kind.PAYOUT, via="plain") == "plain"
    assert await house.chosen(channel=Channel.PAGE) == "teller"
    assert (first.asked, last.asked) == ([], [])
    assert await house.chosen(via="teller") == "teller"
    assert last.asked == ["availability CM"]


async def test_one_that_is_unwell_is_asked_only_where_it_may_be_needed() -> None:
    teller, plain = Teller(), Plain()
    house = House(teller, plain)
    for _ in range(3):
        house.health.missed(HOUSE, "teller")
    assert await house.chosen() == "plain"
    assert teller.asked == []


async def test_all_questions_are_out_at_the_same_time() -> None:
    """Four wait for each other: two systems, their balance and their operators."""
    systems = [Teller(), Third()]
    meeting = asyncio.Barrier(4)
    for system in systems:
        system.meeting = meeting
    async with asyncio.timeout(30):
        assert await House(*systems).chosen(Kind.PAYOUT) == "teller"


async def test_a_payout_passes_by_the_closed_and_the_poor_and_with_none_able_each_says_why() -> None:
    closed, poor, rich = Teller(), Plain(), Third()
    closed.said = {Kind.PAYOUT: CLOSED}
    assert await House(closed, poor, rich).chosen(Kind.PAYOUT, 500) == "third"
    found = await House(closed, poor).find(Kind.PAYOUT, 500)
    assert isinstance(found, NoRoute)
    assert [(one.title, one.key, one.subject) for one in found.obstacles] == [
        ("Teller", "route.closed_payout", "MTN"),
        ("Scripted", "route.balance", ""),
    ]
