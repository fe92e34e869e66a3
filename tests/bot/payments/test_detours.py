"""Another system takes over from one that refused before it took the order, or was never reached; never after doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.payments.routing import Obstacle
from providers.errors import MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.messages import Balance, Outcome, Report
from providers.money import Money
from providers.sheet import Rail
from storage.engine import Storage
from storage.states import State
from tests.bot.payments.counter import Counter, Scripted

S = State


class Second(Scripted):
    name = "second"

    async def balance(self) -> list[Balance]:
        return [Balance(Money(9_000, "XAF"), "MTN")]


@pytest.fixture
def two(storage: Storage) -> Counter:
    return Counter(storage, second=Second())


def orders(counter: Counter) -> tuple[int, int]:
    assert counter.second
    return len(counter.system.orders), len(counter.second.orders)


@pytest.mark.parametrize(
    "answer",
    [
        Refused(Reason.OPERATOR_UNSUPPORTED),
        Refused(Reason.BALANCE_TOO_LOW),
        Refused(Reason.LIMIT_REACHED),
        Misconfigured("Invalid token"),
        NotSent(),
    ],
    ids=repr,
)
async def test_the_next_system_is_tried_and_the_card_knows_why(two: Counter, answer: Exception) -> None:
    two.system.answers = [answer]
    payment = await two.sent()
    assert (payment.state, payment.provider) == (S.QUEUED, "second")
    assert payment.detours == [{"provider": "scripted", "title": "Scripted", "reason": answer.reason}]  # type: ignore[attr-defined]
    await two.send()
    assert (two.now(payment).state, orders(two)) == (S.PENDING, (1, 1))
    first, second = (two.system.orders[0].key, two.second.orders[0].key)  # type: ignore[union-attr]
    assert first != second
    assert two.providers(payment) == ["scripted", "second"]


async def test_one_that_says_come_later_is_not_left_since_it_may_have_begun(two: Counter) -> None:
    """A limiter that answers 429 after the work was seen in a storm: elsewhere the payer would be asked twice."""
    two.system.answers = [NotSent(Reason.LIMIT_REACHED, code="429"), Report(Outcome.PENDING, "R1")]
    payment = await two.sent()
    assert (payment.state, payment.provider) == (S.QUEUED, "scripted")
    two.clock.skip(seconds=10)
    await two.send()
    assert orders(two) == (2, 0)
    assert two.system.orders[0].key == two.system.orders[1].key


@pytest.mark.parametrize(
    "answer",
    [MaybeSent("read timeout"), Report(Outcome.UNKNOWN), ValueError("a gateway's own fault"), Report(Outcome.PENDING)],
    ids=repr,
)
async def test_after_doubt_nobody_else_is_tried(two: Counter, answer: Report | Exception) -> None:
    two.system.answers = [answer]
    payment = await two.sent()
    for _ in range(3):
        two.clock.skip(seconds=60)
        await two.send()
        await two.look()
    assert orders(two) == (1, 0)
    assert two.now(payment).provider == "scripted"


@pytest.mark.parametrize("reason", [Reason.BAD_PHONE, Reason.DECLINED, Reason.PAYEE_NOT_FOUND, Reason.DUPLICATE])
async def test_what_is_wrong_everywhere_is_not_tried_elsewhere(two: Counter, reason: Reason) -> None:
    two.system.answers = [Refused(reason)]
    payment = await two.sent()
    assert (payment.state, payment.reason, orders(two)) == (S.FAILED, reason, (1, 0))


async def test_with_both_refusing_the_last_reason_stands_and_the_first_is_told(two: Counter) -> None:
    assert two.second
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    two.second.answers = [Refused(Reason.BALANCE_TOO_LOW)]
    payment = await two.sent()
    await two.send()
    ended = two.now(payment)
    assert (ended.state, ended.reason, orders(two)) == (S.FAILED, Reason.BALANCE_TOO_LOW, (1, 1))
    assert [detour["provider"] for detour in ended.detours] == ["scripted"]


async def test_with_both_away_nothing_goes_in_circles(two: Counter) -> None:
    assert two.second
    two.system.answers = two.second.answers = [NotSent()]
    payment = await two.sent()
    for _ in range(4):
        two.clock.skip(seconds=6)
        await two.send()
    assert orders(two)[0] == 1
    assert two.now(payment).provider == "second"


async def test_a_payout_goes_where_the_money_is(two: Counter) -> None:
    """The first holds 70 F, the second 9,000 F."""
    route = await two.route("payout", 5_000)
    assert route.provider == "second"
    assert (await two.route("payout", 50)).provider == "scripted"
    assert (await two.route("collection", 5_000)).provider == "scripted"


async def test_a_system_that_did_not_answer_lately_comes_last_for_a_while(two: Counter) -> None:
    two.system.answers = [MaybeSent("timeout")]
    for _ in range(3):
        await two.sent()
    assert (await two.route("collection", 5_000)).provider == "second"
    two.clock.now += timedelta(minutes=6)
    assert (await two.route("collection", 5_000)).provider == "scripted"


class Limited(Second):
    """Its collections end at 100 F."""

    def rails(self) -> list[Rail]:
        return [replace(rail, maximum=Money(100, "XAF")) for rail in super().rails()]


async def test_with_nobody_to_take_over_the_failed_payment_keeps_each_ones_reason(storage: Storage) -> None:
    two = Counter(storage, second=Limited())
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    payment = await two.sent()
    assert (payment.state, payment.reason) == (S.FAILED, Reason.LIMIT_REACHED)
    [kept] = payment.detours
    assert Obstacle.read(kept) == Obstacle("Scripted", "route.maximum", Money(100, "XAF"))


async def test_a_system_that_stays_away_fails_with_the_others_reasons_only_in_the_end(storage: Storage) -> None:
    two = Counter(storage, second=Limited())
    two.system.answers = [NotSent()]
    payment = await two.sent()
    assert (payment.state, payment.detours) == (S.QUEUED, [])
    two.clock.skip(seconds=299)
    await two.send()
    ended = two.now(payment)
    assert (ended.state, [Obstacle.read(one).key for one in ended.detours]) == (S.FAILED, ["route.maximum"])


@pytest.mark.parametrize("subject", ["", "MTN, ORANGE", "CM", Money(1250, "KES")])
def test_an_obstacle_is_read_as_it_was_written(subject: str | Money) -> None:
    obstacle = Obstacle("Second", "route.any", subject)
    assert Obstacle.read(obstacle.written()) == obstacle


async def test_another_system_gets_no_operator_that_nobody_named(two: Counter) -> None:
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    payment = await two.sent(operator="")
    assert (payment.state, orders(two)) == (S.FAILED, (1, 0))
    assert [Obstacle.read(one).key for one in payment.detours] == ["route.untold"]


class Knowing(Second):
    async def identify(self, msisdn: str) -> str:
        return "ORANGE"


async def test_the_next_system_is_told_the_operator_as_it_was_looked_up(storage: Storage) -> None:
    two = Counter(storage, second=Knowing())
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    payment = await two.sent(operator="MTN")
    assert (payment.provider, payment.operator) == ("knowing", "ORANGE")
