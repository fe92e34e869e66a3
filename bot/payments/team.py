"""The team's verbs: invite, withdraw, join, change a role, remove. Each is recorded, and its people are told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.approvals import RIGHTS, Right
from providers.base import Clock
from storage import deeds, invites, merchants, people, shifts
from storage.engine import Storage
from storage.models import Invite, Membership, Merchant, Person, Role
from storage.people import HOUSE, Member

INVITE_LIVES = timedelta(hours=24)
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Mate:
    """One of the team. `settled`: an owner whom the settings name, and nobody here can change."""

    person: Person
    role: Role
    since: datetime
    settled: bool
    till: str = ""
    """Where they work now."""


@dataclass(frozen=True, slots=True)
class Roll:
    mates: list[Mate]
    invites: list[Invite]


class Spent(UserError):
    """The invitation was good once. The merchant's language and clock are those of a stranger who is told so."""

    def __init__(self, merchant: Merchant) -> None:
        super().__init__("team.spent")
        self.language, self.timezone = merchant.language, merchant.timezone


def roles_of(merchant: Merchant) -> list[Role]:
    """What somebody here can be made. The house's owners are the settings' business."""
    return [role for role in Role if not _is_settled(merchant.id or 0, role)]


def _is_settled(merchant_id: int, role: Role) -> bool:
    return merchant_id == HOUSE and role is Role.OWNER


class Team:
    def __init__(self, storage: Storage, now: Clock, new_token: Callable[[], str], changed: Callable[[], None]) -> None:
        """`changed` is called after a change is committed: there are letters to send."""
        self._storage = storage
        self._now = now
        self._new_token = new_token
        self._changed = changed

    async def roll(self, member: Member) -> Roll:
        approvals.demand(member, Right.MANAGE_TEAM)
        return await self._storage.run(_read, member.merchant.id or 0, self._now())

    async def invite(self, member: Member, role: Role) -> tuple[Invite, str]:
        """The invitation and its token, which is kept nowhere: whoever brings it first becomes a member."""
        token = self._new_token()
        invite = await self._storage.run(_invite, member, role, token, self._now())
        self._changed()
        return invite, token

    async def found(self, member: Member, name: str) -> tuple[Invite, str]:
        """An invitation by which its bearer becomes the owner of a new merchant. The house's owners give it."""
        token = self._new_token()
        invite = await self._storage.run(_offer, member, fit_name(name), token, self._now())
        self._changed()
        return invite, token

    async def withdraw(self, member: Member, invite_id: int) -> None:
        await self._storage.run(_withdraw, member, invite_id, self._now())
        self._changed()

    async def join(self, person_id: int, name: str, locale: str, token: str) -> Member | None:
        """Who they are from now on; None where there never was such a token. Raises Spent where it was good once."""
        joined = await self._storage.run(_join, person_id, name, locale, token, self._now())
        if joined:
            self._changed()
        return joined

    async def change_role(self, member: Member, person_id: int, role: Role) -> None:
        await self._storage.run(_change_role, member, person_id, role, self._now())
        self._changed()

    async def remove(self, member: Member, person_id: int) -> None:
        await self._storage.run(_remove, member, person_id, self._now())
        self._changed()


def may_found(member: Member) -> bool:
    """Who else comes to the counter is the operator's business."""
    return member.merchant.id == HOUSE and member.role is Role.OWNER


def fit_name(text: str) -> str:
    """Of a merchant, a shop or a till: one line that fits a button. Raises UserError."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not name or len(name) > LONGEST_NAME:
        raise UserError("name.bad", most=LONGEST_NAME)
    return name


def _read(session: Session, merchant_id: int, now: datetime) -> Roll:
    tills = {shift.person_id: shifts.label(till) for till, shift, _ in shifts.tills(session, merchant_id) if shift}
    mates = [
        Mate(
            session.get_one(Person, person_id),
            one.role,
            one.created_at,
            _is_settled(merchant_id, one.role),
            tills.get(person_id, ""),
        )
        for person_id, one in people.roll(session, merchant_id).items()
    ]
    return Roll(mates, list(invites.open_ones(session, merchant_id, now)))


def _locked(session: Session, member: Member) -> dict[int, Membership]:
    """The team, held until this change is done. Raises UserError for a member who may not manage it by now."""
    team = people.roll(session, member.merchant.id or 0, lock=True)
    if not _manages(team, member.person.id):
        raise UserError("denied.role")
    return team


def _manages(team: dict[int, Membership], person_id: int) -> bool:
    own = team.get(person_id)
    return own is not None and Right.MANAGE_TEAM in RIGHTS[own.role]


def _owners(team: dict[int, Membership]) -> set[int]:
    return {person_id for person_id, one in team.items() if one.role is Role.OWNER}


def _invite(session: Session, member: Member, role: Role, token: str, now: datetime) -> Invite:
    team = _locked(session, member)
    if role not in roles_of(member.merchant):
        raise UserError("team.settled")
    by, merchant_id = member.person.id, member.merchant.id or 0
    invite = invites.make(session, merchant_id, role, token, by_id=by, at=now, expires_at=now + INVITE_LIVES)
    deeds.record(
        session,
        merchant_id,
        at=now,
        by=f"person:{by}",
        what="invited",
        about=f"invite:{invite.id}",
        after=role,
        tell=_owners(team) - {by},
    )
    return invite


def _offer(session: Session, member: Member, name: str, token: str, now: datetime) -> Invite:
    team = _locked(session, member)
    if not may_found(member):
        raise UserError("denied.role")
    by = member.person.id
    ends = now + INVITE_LIVES
    invite = invites.make(session, HOUSE, Role.OWNER, token, by_id=by, at=now, expires_at=ends, founds=name)
    others = _owners(team) - {by}
    about = f"invite:{invite.id}"
    deeds.record(session, HOUSE, at=now, by=f"person:{by}", what="offered", about=about, after=name, tell=others)
    return invite


def _withdraw(session: Session, member: Member, invite_id: int, now: datetime) -> None:
    team = _locked(session, member)
    by, merchant_id = member.person.id, member.merchant.id or 0
    invite = invites.get(session, merchant_id, invite_id)
    if invite is None or not invites.withdraw(session, invite, now):
        raise UserError("team.no_invite")
    deeds.record(
        session,
        merchant_id,
        at=now,
        by=f"person:{by}",
        what="withdrawn",
        about=f"invite:{invite.id}",
        before=invite.founds or invite.role,
        tell=_owners(team) - {by},
    )


def _join(session: Session, person_id: int, name: str, locale: str, token: str, now: datetime) -> Member | None:
    """An invitation is worth what its maker is: it ends with their own right to manage the team."""
    invite = invites.by_token(session, token)
    if invite is None:
        return None
    merchant = session.get_one(Merchant, invite.merchant_id)
    team = people.roll(session, invite.merchant_id, lock=True)
    if invite.founds:
        return _founded(session, invite, merchant, team, person_id, name, locale, now)
    if (known := team.get(person_id)) is not None:
        if invite.used_by == person_id:
            return Member(session.get_one(Person, person_id), merchant, known.role)
        raise UserError("team.already")
    person = people.acquaint(session, person_id, name, locale, now=now)
    if not _manages(team, invite.by_id) or not invites.use(session, invite, person_id, now):
        raise Spent(merchant)  # and with it the person is forgotten again
    people.enrol(session, invite.merchant_id, person_id, invite.role, now=now)
    merchants.choose(session, person_id, invite.merchant_id)
    _record(session, merchant, at=now, by=person_id, what="joined", about=person_id, after=invite.role, team=team)
    return Member(person, merchant, invite.role)


def _founded(
    session: Session,
    invite: Invite,
    house: Merchant,
    team: dict[int, Membership],
    person_id: int,
    name: str,
    locale: str,
    now: datetime,
) -> Member | None:
    """Whoever is in the house's team may have a merchant of their own too."""
    if invite.used_by == person_id:
        return people.standing(session, person_id)
    person = people.acquaint(session, person_id, name, locale, now=now)
    if not _manages(team, invite.by_id) or not invites.use(session, invite, person_id, now):
        raise Spent(house)
    merchant = merchants.found(session, invite.founds, person, house, now=now)
    who, owners = f"person:{person_id}", _owners(team) - {person_id}
    deeds.record(session, HOUSE, at=now, by=who, what="founded", about=who, after=merchant.name, tell=owners)
    deeds.record(session, merchant.id or 0, at=now, by=who, what="founded", about=who, after=merchant.name)
    return people.standing(session, person_id)


def _change_role(session: Session, member: Member, person_id: int, role: Role, now: datetime) -> None:
    team = _locked(session, member)
    mate = _movable(member.merchant, team, person_id)
    if role not in roles_of(member.merchant):
        raise UserError("team.settled")
    before, mate.role = mate.role, role
    if before is role:
        raise UserError("team.same")
    session.add(mate)
    by = member.person.id
    _record(session, member.merchant, at=now, by=by, what="role", about=person_id, before=before, after=role, team=team)


def _remove(session: Session, member: Member, person_id: int, now: datetime) -> None:
    team = _locked(session, member)
    mate = _movable(member.merchant, team, person_id)
    by, before = member.person.id, mate.role
    people.leave(session, mate)
    _record(session, member.merchant, at=now, by=by, what="removed", about=person_id, before=before, team=team)


def _movable(merchant: Merchant, team: dict[int, Membership], person_id: int) -> Membership:
    """Raises UserError for somebody who is gone, whom the settings name, or without whom nobody would be left."""
    mate = team.get(person_id)
    if mate is None:
        raise UserError("team.gone")
    if _is_settled(merchant.id or 0, mate.role):
        raise UserError("team.settled")
    if _owners(team) == {person_id}:
        raise UserError("team.last_owner")
    return mate


def _record(
    session: Session,
    merchant: Merchant,
    *,
    at: datetime,
    by: int,
    what: str,
    about: int,
    team: dict[int, Membership],
    before: str = "",
    after: str = "",
) -> None:
    """The owners are told, and the one whom it concerns; whoever did it saw it."""
    deeds.record(
        session,
        merchant.id or 0,
        at=at,
        by=f"person:{by}",
        what=what,
        about=f"person:{about}",
        before=before,
        after=after,
        tell=(_owners(team) | {about}) - {by},
    )
