"""Payments on a schedule. An occurrence is one intent, keyed by its schedule and its day: it happens at most once.

Its maker's word stands for each occurrence as their tap would at that moment: the same limits, the same second person.
Where a tap alone would not do, the occurrence is a draft that waits for one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, decisions, limits, rhythm
from bot.payments.approvals import Right
from bot.payments.phone import Phone
from bot.payments.policy import DAY
from bot.payments.rhythm import Rhythm
from bot.payments.service import Ask, Payments
from providers.base import Clock
from providers.messages import Channel, Kind
from providers.money import Money
from storage import payments, people, schedules
from storage.engine import Storage
from storage.models import Merchant, Payment, Plan, Schedule
from storage.people import Member

log = structlog.get_logger()

KINDS = frozenset({Kind.PAYOUT, Kind.COLLECTION})
DRAFT_LIVES = timedelta(minutes=15)
_NOTICE = DAY
_RETRY = timedelta(minutes=15)
"""What could not be done at its moment, for want of a system or of money, is tried again so often, for a day."""
_AT_ONCE = 100


class What(StrEnum):
    TOMORROW = "tomorrow"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"
    RESTORED = "restored"
    """It fell into the time that a restored backup does not know: it may have happened."""
    GONE = "gone"
    """Its maker may not do it any more."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What somebody must be told of; a payment that was made tells of itself."""

    what: What
    schedule: Schedule
    on: date
    error: UserError | None = None


class Schedules:
    def __init__(
        self,
        storage: Storage,
        service: Payments,
        now: Clock,
        new_id: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._service = service
        self._now = now
        self._new_id = new_id
        self._changed = changed

    async def plan(self, member: Member, ask: Ask, beat: Rhythm | None) -> Schedule:
        """A draft to confirm. Raises UserError for what could not be done now either."""
        if ask.kind not in KINDS:
            raise UserError("schedule.usage")
        row = await self._service.prepare(member, ask)
        await self._storage.run(_weighed, row, member)
        schedule = Schedule(
            id=self._new_id(),
            merchant_id=member.merchant.id or 0,
            intent=f"{ask.chat_id}:{ask.message_id}",
            kind=ask.kind,
            amount=ask.amount.minor,
            currency=ask.amount.currency,
            msisdn=ask.phone.msisdn,
            country=ask.phone.country,
            operator=ask.phone.operator,
            description=ask.description,
            asker_id=member.person.id,
            chat_id=ask.chat_id,
            every=beat.every if beat else "",
            at=f"{beat.at:%H:%M}" if beat else "",
            created_at=self._now(),
        )
        return await self._storage.run(schedules.create_once, schedule)

    async def choose(self, member: Member, schedule_id: str, every: str) -> Schedule:
        """The rhythm of a draft, where the line did not say it."""
        return await self._storage.run(_choose, member, schedule_id, every, self._now())

    async def start(self, member: Member, schedule_id: str) -> Schedule:
        """A draft, or one that was paused: by its maker alone."""
        return await self._storage.run(_start, member, schedule_id, self._now())

    async def pause(self, member: Member, schedule_id: str) -> Schedule:
        return await self._storage.run(_stop, member, schedule_id, Plan.PAUSED)

    async def end(self, member: Member, schedule_id: str) -> Schedule:
        return await self._storage.run(_stop, member, schedule_id, Plan.ENDED)

    async def skip(self, member: Member, schedule_id: str, on: date) -> Schedule:
        """Leaves one occurrence out."""
        return await self._storage.run(_skip, member, schedule_id, on)

    async def see(self, member: Member, schedule_id: str) -> Schedule:
        return await self._storage.run(_seen, member, schedule_id)

    async def standing(self, member: Member, *, limit: int, offset: int) -> list[Schedule]:
        only = approvals.sees_only(member)
        merchant_id = member.merchant.id or 0
        found = await self._storage.run(schedules.standing, merchant_id, asker_id=only, limit=limit, offset=offset)
        return list(found)

    async def look(self) -> list[Happening]:
        """Does what is due; what there is to tell of it."""
        now = self._now()
        found = await self._storage.run(schedules.due, now, _AT_ONCE)
        told = [await self._look(schedule, now) for schedule in found]
        return [one for one in told if one]

    async def _look(self, schedule: Schedule, now: datetime) -> Happening | None:
        member = await self._storage.run(people.member_of, schedule.merchant_id, schedule.asker_id)
        merchant = await self._storage.run(_merchant, schedule)
        zone = ZoneInfo(merchant.timezone)
        on, then = _next(schedule, zone)
        if now < then:
            announced = await self._storage.run(schedules.change, schedule, {"due_at": then})
            skipped = schedule.skipped_on == on
            return Happening(What.TOMORROW, schedule, on) if announced and not skipped else None
        lost = merchant.restored_at is not None and then <= merchant.restored_at
        if schedule.skipped_on == on or lost or now - then > DAY:
            what = What.SKIPPED if schedule.skipped_on == on else What.RESTORED if lost else What.MISSED
            ahead = _ahead(schedule, on, now, zone)
            return Happening(what, schedule, on) if await self._storage.run(schedules.change, schedule, ahead) else None
        if member is None or not approvals.may(member, decisions.RIGHT[Kind(schedule.kind)]):
            stopped = await self._storage.run(schedules.change, schedule, {"state": Plan.PAUSED, "due_at": None})
            return Happening(What.GONE, schedule, on) if stopped else None
        return await self._occur(member, schedule, on, zone, now)

    async def _occur(
        self, member: Member, schedule: Schedule, on: date, zone: ZoneInfo, now: datetime
    ) -> Happening | None:
        try:
            row = await self._service.prepare(member, _ask(schedule))
            await self._storage.run(_enter, member, schedule, on, zone, row, self._now())
        except UserError as error:
            first = schedule.due_at == rhythm.moment(_rhythm(schedule), on, zone)
            later = await self._storage.run(schedules.change, schedule, {"due_at": now + _RETRY})
            log.info("an occurrence could not be made", schedule=schedule.id, on=on.isoformat(), why=error.key)
            return Happening(What.FAILED, schedule, on, error) if later and first else None
        self._changed()
        return None


def _enter(
    session: Session, member: Member, schedule: Schedule, on: date, zone: ZoneInfo, row: Payment, now: datetime
) -> None:
    """The payment and the schedule's next day in one: neither without the other."""
    if not schedules.change(session, schedule, _ahead(schedule, on, now, zone)):
        return
    role = decisions.demand_still(session, member, decisions.RIGHT[Kind(row.kind)])
    row.intent, row.due_at = f"schedule:{schedule.id}:{on.isoformat()}", now + DAY
    row.payee = payments.payee_of(row)
    weighed = limits.weigh(session, row, role, now)
    row.checks = weighed.checks
    payment, new = payments.create_once(session, row, by="schedule")
    if new:
        decisions.carry_on(session, payment, weighed, now, by="schedule")


def _weighed(session: Session, row: Payment, member: Member) -> None:
    row.payee = payments.payee_of(row)
    limits.weigh(session, row, member.role, row.created_at, lock=False)


def _next(schedule: Schedule, zone: ZoneInfo) -> tuple[date, datetime]:
    assert schedule.next_on  # noqa: S101 - active ones have one
    return schedule.next_on, rhythm.moment(_rhythm(schedule), schedule.next_on, zone)


def _rhythm(schedule: Schedule) -> Rhythm:
    return Rhythm.read(schedule.every, schedule.at)


def _ahead(schedule: Schedule, done: date | None, now: datetime, zone: ZoneInfo) -> dict[str, object]:
    """The next occurrence, and when to look: a day before money leaves, so that it can be told."""
    beat = _rhythm(schedule)
    on = rhythm.next_day(beat, done, now, zone) if done else rhythm.first_day(beat, now, zone)
    then = rhythm.moment(beat, on, zone)
    early = then - _NOTICE if schedule.kind == Kind.PAYOUT else then
    told_now = done is None and early <= now  # who has just started it knows
    return {"next_on": on, "due_at": then if told_now else early, "skipped_on": None}


def _merchant(session: Session, schedule: Schedule) -> Merchant:
    return session.get_one(Merchant, schedule.merchant_id)


def _zone(session: Session, schedule: Schedule) -> ZoneInfo:
    return ZoneInfo(_merchant(session, schedule).timezone)


def _ask(schedule: Schedule) -> Ask:
    phone = Phone(schedule.msisdn, schedule.country, schedule.operator)
    amount = Money(schedule.amount, schedule.currency)
    return Ask(Kind(schedule.kind), amount, phone, schedule.description, schedule.chat_id, 0, Channel.MOBILE)


def _seen(session: Session, member: Member, schedule_id: str, *, lock: bool = False) -> Schedule:
    found = schedules.get(session, member.merchant.id or 0, schedule_id, lock=lock)
    only = approvals.sees_only(member)
    if found is None or only not in (None, found.asker_id):
        raise UserError("schedule.not_found")
    return found


def _mine(session: Session, member: Member, schedule_id: str) -> Schedule:
    found = _seen(session, member, schedule_id, lock=True)
    if found.asker_id != member.person.id:
        raise UserError("denied.not_asker")
    decisions.demand_still(session, member, decisions.RIGHT[Kind(found.kind)])
    return found


def _choose(session: Session, member: Member, schedule_id: str, every: str, now: datetime) -> Schedule:
    schedule = _mine(session, member, schedule_id)
    _demand_draft(schedule, now)
    try:
        beat = Rhythm.read(every, f"{rhythm.MORNING:%H:%M}")
        rhythm.first_day(beat, now, _zone(session, schedule))
    except (KeyError, ValueError):
        raise UserError("schedule.usage") from None
    schedule.every, schedule.at = beat.every, f"{beat.at:%H:%M}"
    return schedule


def _demand_draft(schedule: Schedule, now: datetime) -> None:
    if schedule.state is not Plan.DRAFT:
        raise UserError("payment.already")
    if schedule.created_at + DRAFT_LIVES <= now:
        raise UserError("payment.expired")


def _start(session: Session, member: Member, schedule_id: str, now: datetime) -> Schedule:
    schedule = _mine(session, member, schedule_id)
    if schedule.state is not Plan.PAUSED:
        _demand_draft(schedule, now)
    if not schedule.every:
        raise UserError("schedule.usage")
    # One that was paused after this day's occurrence has it done.
    for name, value in _ahead(schedule, None, now, _zone(session, schedule)).items():
        setattr(schedule, name, value)
    schedule.state = Plan.ACTIVE
    return schedule


def _stop(session: Session, member: Member, schedule_id: str, state: Plan) -> Schedule:
    """By its maker, or by whoever could refuse its payments."""
    schedule = _seen(session, member, schedule_id, lock=True)
    if schedule.asker_id != member.person.id:
        decisions.demand_still(session, member, Right.APPROVE)
    stops = {Plan.ACTIVE} if state is Plan.PAUSED else {Plan.DRAFT, Plan.ACTIVE, Plan.PAUSED}
    if schedule.state not in stops:
        raise UserError("payment.already")
    schedule.state, schedule.due_at = state, None
    return schedule


def _skip(session: Session, member: Member, schedule_id: str, on: date) -> Schedule:
    schedule = _seen(session, member, schedule_id, lock=True)
    if schedule.asker_id != member.person.id:
        decisions.demand_still(session, member, Right.APPROVE)
    if schedule.state is not Plan.ACTIVE or schedule.next_on != on:
        raise UserError("payment.already")
    schedule.skipped_on = on
    return schedule
