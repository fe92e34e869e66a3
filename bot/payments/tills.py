"""The verbs of tills: make one, take it, close the shift with its totals. A merchant without tills needs none of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, decisions
from bot.payments.approvals import Right
from bot.payments.team import fit_name
from providers.base import Clock
from storage import deeds, people, shifts
from storage.engine import Storage
from storage.models import Payment, Person, Shift, Till
from storage.people import Member
from storage.shifts import Sum

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A till and who works at it, if anybody does."""

    till: Till
    shift: Shift | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Takings:
    """A shift as it stands: what came in and went out, and what has not ended."""

    shift: Shift
    till: Till
    person: Person
    sums: Sequence[Sum] = ()
    unended: Sequence[Payment] = field(default=())


class Tills:
    def __init__(self, storage: Storage, now: Clock, changed: Callable[[], None]) -> None:
        """`changed` is called when there are letters to send."""
        self._storage = storage
        self._now = now
        self._changed = changed

    async def places(self, member: Member) -> list[Place]:
        approvals.demand(member, Right.ASK)
        return [Place(*one) for one in await self._storage.run(shifts.tills, member.merchant.id or 0)]

    async def mine(self, member: Member) -> Takings | None:
        """The shift that this member works now."""
        approvals.demand(member, Right.ASK)
        return await self._storage.run(_mine, member)

    async def add(self, member: Member, text: str) -> Till:
        """ "Akwa / Till 1", or a till alone."""
        shop, _, name = text.rpartition("/")
        till = await self._storage.run(
            _add, member, fit_name(shop) if shop.strip() else "", fit_name(name), self._now()
        )
        self._changed()
        return till

    async def remove(self, member: Member, till_id: int) -> None:
        await self._storage.run(_remove, member, till_id, self._now())
        self._changed()

    async def open(self, member: Member, till_id: int) -> Takings:
        return await self._storage.run(_open, member, till_id, self._now())

    async def close(self, member: Member, shift_id: int) -> Takings:
        """One's own; an owner closes another's, who left without."""
        return await self._storage.run(_close, member, shift_id, self._now())


def _mine(session: Session, member: Member) -> Takings | None:
    found = shifts.of(session, member.merchant.id or 0, member.person.id)
    return _takings(session, *found) if found else None


def _takings(session: Session, shift: Shift, till: Till) -> Takings:
    number = shift.id or 0
    person = session.get_one(Person, shift.person_id)
    return Takings(shift, till, person, shifts.sums(session, number), shifts.unended(session, number, _LISTED))


def _add(session: Session, member: Member, shop: str, name: str, now: datetime) -> Till:
    decisions.demand_still(session, member, Right.MANAGE_TEAM)
    merchant_id = member.merchant.id or 0
    if any((one.shop, one.name) == (shop, name) for one, _, _ in shifts.tills(session, merchant_id)):
        raise UserError("shift.same_name")
    till = shifts.add(session, merchant_id, shop, name, now)
    _record(session, member, "till_added", shifts.label(till), now)
    return till


def _remove(session: Session, member: Member, till_id: int, now: datetime) -> None:
    decisions.demand_still(session, member, Right.MANAGE_TEAM)
    found = {one.id: shift for one, shift, _ in shifts.tills(session, member.merchant.id or 0)}
    till = shifts.get(session, member.merchant.id or 0, till_id)
    if till is None:
        raise UserError("shift.no_till")
    if found.get(till_id):
        raise UserError("shift.in_use")
    till.closed_at = now
    session.add(till)
    _record(session, member, "till_removed", shifts.label(till), now)


def _open(session: Session, member: Member, till_id: int, now: datetime) -> Takings:
    decisions.demand_still(session, member, Right.ASK)
    till = shifts.get(session, member.merchant.id or 0, till_id)
    if till is None:
        raise UserError("shift.no_till")
    shift = shifts.begin(session, till, member.person.id, now)
    if shift is None:
        mine = shifts.of(session, member.merchant.id or 0, member.person.id)
        raise UserError("shift.already" if mine else "shift.taken")
    _record(session, member, "shift_opened", shifts.label(till), now, told=False)
    return _takings(session, shift, till)


def _close(session: Session, member: Member, shift_id: int, now: datetime) -> Takings:
    role = decisions.demand_still(session, member, Right.ASK)
    found = shifts.by_id(session, member.merchant.id or 0, shift_id)
    if found is None:
        raise UserError("shift.gone")
    shift, till = found
    if shift.person_id != member.person.id and not approvals.grants(role, Right.MANAGE_TEAM):
        raise UserError("shift.others")
    takings = _takings(session, shift, till)
    if not shifts.end(session, shift, member.person.id, [asdict(one) for one in takings.sums], now):
        raise UserError("shift.gone")
    _record(session, member, "shift_closed", shifts.label(till), now, told=False)
    session.refresh(shift)
    return takings


def _record(session: Session, member: Member, what: str, about: str, now: datetime, *, told: bool = True) -> None:
    merchant_id, by = member.merchant.id or 0, member.person.id
    others = [owner for owner in people.owners(session, merchant_id) if owner != by] if told else []
    deeds.record(session, merchant_id, at=now, by=f"person:{by}", what=what, about=about, tell=others)
