"""What the clock does with a schedule, around one payment system that says what a test wrote down."""

import asyncio
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session

from bot.errors import UserError
from bot.payments.phone import Phone
from bot.payments.rhythm import Rhythm
from bot.payments.schedules import Happening, Schedules, What
from bot.payments.service import Ask
from providers.messages import Channel, Kind
from providers.money import Money
from storage import payments, policies
from storage.engine import Storage
from storage.models import Membership, Payment, Plan, Policy, Schedule
from storage.people import HOUSE
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OWNER, PHONE, member
from tests.bot.payments.counter import Counter

S = State
DAILY = Rhythm("day")
MONTHLY = Rhythm("month", 25)


class Desk(Counter):
    def __post_init__(self) -> None:
        super().__post_init__()
        ids = (f"S{number}" for number in count(1))
        self.messages = count(1)
        self.schedules = Schedules(self.storage, self.payments, self.clock, lambda: next(ids), self._changed)

    async def planned(
        self, beat: Rhythm | None = DAILY, person: int = OWNER, message: int = 0, **more: Any
    ) -> Schedule:
        values = {"kind": Kind.PAYOUT, "amount": Money(5000, "XAF"), **more}
        phone, number = Phone(PHONE, "CM", "MTN"), message or next(self.messages)
        ask = Ask(phone=phone, description="pay", chat_id=person, message_id=number, channel=Channel.MOBILE, **values)
        return await self.schedules.plan(member(self.storage, person), ask, beat)

    async def active(self, beat: Rhythm = DAILY, person: int = OWNER, **more: Any) -> Schedule:
        schedule = await self.planned(beat, person, **more)
        return await self.schedules.start(member(self.storage, person), schedule.id)

    async def at(self, day: int, hour: int, minute: int = 0) -> list[tuple[What, date]]:
        """By the shop's clock, which is an hour ahead of UTC; days count from today."""
        self.clock.now = NOON.replace(hour=0) + timedelta(days=day, hours=hour - 1, minutes=minute)
        return [(one.what, one.on) for one in await self.happen()]

    async def happen(self) -> list[Happening]:
        return await self.schedules.look()

    def made(self) -> list[Payment]:
        return sorted(self.storage.transact(payments.recent, HOUSE, limit=100), key=lambda one: one.created_at)

    def stands_now(self, schedule: Schedule) -> Schedule:
        return self.storage.transact(Session.get_one, Schedule, schedule.id)


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return Desk(storage)


async def test_each_day_has_its_payment_told_of_a_day_before_and_made_once(desk: Desk) -> None:
    schedule = await desk.active()
    assert schedule.next_on == date(2026, 11, 21)
    assert await desk.at(1, 7, 59) == []
    assert await desk.at(1, 8) == []
    assert [(one.intent, one.state) for one in desk.made()] == [(f"schedule:{schedule.id}:2026-11-21", S.QUEUED)]
    assert await desk.at(1, 8, 1) == [(What.TOMORROW, date(2026, 11, 22))]
    assert await desk.at(1, 9) == []
    assert await desk.at(2, 8) == []
    assert len(desk.made()) == 2


async def test_of_several_instances_and_looks_one_makes_it_and_one_tells(desk: Desk) -> None:
    schedule = await desk.active()
    twin = Desk(desk.storage, clock=desk.clock)
    desk.clock.now = NOON + timedelta(hours=20)
    await asyncio.gather(*(one.happen() for one in (desk, twin) * 3))
    assert len(desk.made()) == 1
    told = await asyncio.gather(*(one.happen() for one in (desk, twin) * 3))
    assert [one.what for some in told for one in some] == [What.TOMORROW]
    assert desk.stands_now(schedule).next_on == date(2026, 11, 22)


async def test_a_clock_that_jumps_back_makes_no_second_payment_for_a_day(desk: Desk) -> None:
    schedule = await desk.active()
    await desk.at(1, 8)
    await desk.at(0, 13)
    await desk.schedules.pause(member(desk.storage, OWNER), schedule.id)
    again = await desk.schedules.start(member(desk.storage, OWNER), schedule.id)
    assert again.next_on == date(2026, 11, 21)
    await desk.at(1, 8)
    assert len(desk.made()) == 1
    assert desk.stands_now(schedule).next_on == date(2026, 11, 22)


async def test_who_was_away_for_weeks_is_told_once_and_nothing_is_made_up_for(desk: Desk) -> None:
    schedule = await desk.active()
    assert await desk.at(20, 12) == [(What.MISSED, date(2026, 11, 21))]
    assert desk.made() == []
    assert desk.stands_now(schedule).next_on == date(2026, 12, 11)


async def test_what_is_less_than_a_day_late_is_done(desk: Desk) -> None:
    await desk.active(MONTHLY)
    assert await desk.at(6, 7, 59) == []
    assert [one.created_at.date() for one in desk.made()] == [date(2026, 11, 26)]


async def test_one_is_left_out_and_the_next_is_not(desk: Desk) -> None:
    schedule = await desk.active()
    await desk.schedules.skip(member(desk.storage, OWNER), schedule.id, date(2026, 11, 21))
    with pytest.raises(UserError, match=r"payment\.already"):
        await desk.schedules.skip(member(desk.storage, OWNER), schedule.id, date(2026, 11, 25))
    assert await desk.at(1, 8) == [(What.SKIPPED, date(2026, 11, 21))]
    assert desk.made() == []
    await desk.at(2, 8)
    assert len(desk.made()) == 1


async def test_a_second_person_is_asked_each_time_and_a_code_waits_for_its_tap(desk: Desk) -> None:
    await desk.active(person=CASHIER)
    policy = Policy(merchant_id=HOUSE, currency="XAF", factor_from=9000, cashier_from=0)
    desk.storage.transact(policies.save, policy)
    await desk.active(amount=Money(9000, "XAF"))
    await desk.active(amount=Money(8999, "XAF"))
    await desk.at(1, 8)
    states = {one.amount: one.state for one in desk.made()}
    assert states == {5000: S.AWAITING_APPROVAL, 9000: S.DRAFT, 8999: S.QUEUED}
    assert all(one.due_at and one.due_at > desk.clock.now + timedelta(hours=23) for one in desk.made()
               if one.state is not S.QUEUED)  # fmt: skip


@pytest.mark.parametrize("role", [None, "accountant"])
async def test_a_maker_who_lost_the_right_pays_nothing_and_it_is_paused(desk: Desk, role: str | None) -> None:
    schedule = await desk.active(person=APPROVER)

    def lose(session: Session) -> None:
        membership = session.get_one(Membership, (HOUSE, APPROVER))
        if role:
            membership.role = session.get_one(Membership, (HOUSE, ACCOUNTANT)).role
        else:
            session.delete(membership)

    desk.storage.transact(lose)
    assert await desk.at(1, 8) == [(What.GONE, date(2026, 11, 21))]
    assert desk.made() == []
    assert desk.stands_now(schedule).state is Plan.PAUSED
    assert await desk.at(2, 8) == []


async def test_what_could_not_be_done_is_told_once_and_done_when_it_can(desk: Desk) -> None:
    await desk.active()
    tight = Policy(merchant_id=HOUSE, currency="XAF", per_payout=100)
    desk.storage.transact(policies.save, tight)
    assert await desk.at(1, 8) == [(What.FAILED, date(2026, 11, 21))]
    assert await desk.at(1, 8, 15) == []
    desk.storage.transact(policies.save, Policy(merchant_id=HOUSE, currency="XAF"))
    assert await desk.at(1, 8, 20) == []
    assert desk.made() == []
    assert await desk.at(1, 8, 30) == []
    assert [one.state for one in desk.made()] == [S.QUEUED]


async def test_a_request_goes_out_at_its_time_without_a_notice(desk: Desk) -> None:
    await desk.active(kind=Kind.COLLECTION)
    assert await desk.at(1, 8) == []
    assert await desk.at(1, 9) == []
    assert [(one.kind, one.state) for one in desk.made()] == [("collection", S.QUEUED)]


async def test_only_its_maker_starts_it_and_whoever_may_approve_can_stop_it(desk: Desk) -> None:
    draft = await desk.planned(None, CASHIER)
    with pytest.raises(UserError, match=r"schedule\.usage"):
        await desk.schedules.start(member(desk.storage, CASHIER), draft.id)
    for every in ("", "month:", "year:3", "month:0x", "week:1:2", "week:7", "month:32", "month:0"):
        with pytest.raises(UserError, match=r"schedule\.usage"):
            await desk.schedules.choose(member(desk.storage, CASHIER), draft.id, every)
    await desk.schedules.choose(member(desk.storage, CASHIER), draft.id, "week:4")
    with pytest.raises(UserError, match=r"denied\.not_asker"):
        await desk.schedules.start(member(desk.storage, OWNER), draft.id)
    await desk.schedules.start(member(desk.storage, CASHIER), draft.id)
    with pytest.raises(UserError, match=r"denied\.role"):
        await desk.schedules.pause(member(desk.storage, ACCOUNTANT), draft.id)
    paused = await desk.schedules.pause(member(desk.storage, APPROVER), draft.id)
    assert (paused.state, paused.due_at) == (Plan.PAUSED, None)
    ended = await desk.schedules.end(member(desk.storage, OWNER), draft.id)
    assert ended.state is Plan.ENDED
    with pytest.raises(UserError, match=r"payment\.already"):
        await desk.schedules.start(member(desk.storage, CASHIER), draft.id)


async def test_a_draft_that_nobody_confirmed_is_over_and_one_message_is_one_schedule(desk: Desk) -> None:
    first, second = await desk.planned(message=7), await desk.planned(message=7)
    assert first.id == second.id
    desk.clock.skip(minutes=15)
    with pytest.raises(UserError, match=r"payment\.expired"):
        await desk.schedules.start(member(desk.storage, OWNER), first.id)


async def test_a_cashier_sees_their_own_and_an_owner_all(desk: Desk) -> None:
    await desk.active(person=CASHIER)
    await desk.active()
    for person, seen in ((CASHIER, 1), (OWNER, 2), (ACCOUNTANT, 2)):
        found = await desk.schedules.standing(member(desk.storage, person), limit=9, offset=0)
        assert len(found) == seen
    owners = next(one for one in found if one.asker_id == OWNER)
    with pytest.raises(UserError, match=r"schedule\.not_found"):
        await desk.schedules.see(member(desk.storage, CASHIER), owners.id)
