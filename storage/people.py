"""Merchants, people, and who may act for whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy
from sqlalchemy import BindParameter, bindparam, case, func
from sqlmodel import Session, col, select

from storage import deeds, forms, prepared
from storage.models import Membership, Merchant, Person, Role
from storage.prepared import Entities

HOUSE = 1
"""The merchant whose accounts stand in the environment."""


APPROVERS = frozenset({Role.OWNER, Role.APPROVER})
"""Who may let another's payment go."""


_persons, _merchants = Entities(Person), Entities(Merchant)
_person, _merchant, _serves = _persons.table, _merchants.table, prepared.table_of(Membership)
_ROLE = sqlalchemy.select(_serves.c.role).where(
    _serves.c.merchant_id == bindparam("merchant"), _serves.c.person_id == bindparam("person")
)
_STANDINGS = (
    sqlalchemy.select(
        _person,
        _merchant,
        _serves.c.role,
        sqlalchemy.select(func.count()).select_from(_merchant).correlate(None).scalar_subquery().label("serves"),
    )
    .join(_serves, _serves.c.person_id == _person.c.id)
    .join(_merchant, _merchant.c.id == _serves.c.merchant_id)
    .where(_person.c.id == bindparam("person"))
    .order_by(case((_serves.c.merchant_id == _person.c.merchant_id, 0), else_=1), _merchant.c.id)
)
_AMONG: BindParameter[int] = bindparam("ids", expanding=True)
_PERSONS = sqlalchemy.select(_person).where(_person.c.id.in_(_AMONG))
_IN_SEVERAL = (
    sqlalchemy.select(_serves.c.person_id)
    .where(_serves.c.person_id.in_(_AMONG))
    .group_by(_serves.c.person_id)
    .having(func.count() > 1)
)


@dataclass(frozen=True, slots=True)
class Member:
    """`several`: this person works for more merchants; `shared`: the counter serves more than one."""

    person: Person
    merchant: Merchant
    role: Role
    several: bool = False
    shared: bool = False


def settle_house(
    session: Session,
    owners: Collection[int],
    *,
    now: datetime,
    country: str,
    timezone: str,
    language: str,
    admin_chat_id: int | None,
    name: str = "Guichet",
) -> Merchant:
    """Makes the house merchant what the settings say. An owner no longer named there is an owner no longer.

    A group set in the chat stays when the settings name none.
    """
    house = session.get(Merchant, HOUSE) or Merchant(
        id=HOUSE, name=name, country=country, timezone=timezone, language=language, created_at=now
    )
    house.country, house.timezone, house.language = country, timezone, language
    house.admin_chat_id = admin_chat_id or house.admin_chat_id
    session.add(house)
    session.flush()
    _settle_owners(session, set(owners), now)
    return house


def _settle_owners(session: Session, owners: set[int], now: datetime) -> None:
    """Owners who stay hear of each change; whoever the settings name newly may never have opened a chat with us."""
    team = roll(session, HOUSE, lock=True)
    former = {person_id for person_id, one in team.items() if one.role is Role.OWNER}
    for gone in sorted(former - owners):
        leave(session, team[gone])
        _record(session, gone, what="removed", before=Role.OWNER, tell={gone} | former & owners, at=now)
    for owner in sorted(owners - former):
        acquaint(session, owner, now=now)
        before = team[owner].role if owner in team else ""
        enrol(session, HOUSE, owner, Role.OWNER, now=now)
        told = former & owners | ({owner} if before else set())
        _record(session, owner, what="role" if before else "joined", before=before, tell=told, at=now)


def _record(session: Session, person_id: int, *, what: str, before: str, tell: set[int], at: datetime) -> None:
    after = "" if what == "removed" else Role.OWNER
    about = f"person:{person_id}"
    deeds.record(session, HOUSE, at=at, by="settings", what=what, about=about, before=before, after=after, tell=tell)


def acquaint(session: Session, person_id: int, name: str = "", locale: str = "", *, now: datetime) -> Person:
    """Somebody who is about to become a member."""
    known = session.get(Person, person_id)
    if known is None:
        known = Person(id=person_id, name=name, locale=locale, created_at=now)
        session.add(known)
        session.flush()
    return known


def enrol(session: Session, merchant_id: int, person_id: int, role: Role, *, now: datetime) -> None:
    known = session.get(Membership, (merchant_id, person_id))
    membership = known or Membership(merchant_id=merchant_id, person_id=person_id, role=role, created_at=now)
    membership.role = role
    session.add(membership)


def roll(session: Session, merchant_id: int, *, lock: bool = False) -> dict[int, Membership]:
    """The team by its persons, longest there first. `lock`: nobody else changes it until this transaction ends."""
    wanted = (
        select(Membership)
        .where(Membership.merchant_id == merchant_id)
        .order_by(col(Membership.created_at), col(Membership.person_id))
    )
    rows = session.exec(wanted.with_for_update() if lock else wanted).all()
    return {one.person_id: one for one in rows}


def leave(session: Session, membership: Membership) -> None:
    """What they were asked in this merchant's name goes with it."""
    forms.drop_all(session, membership.person_id, membership.merchant_id)
    session.delete(membership)


def standings(session: Session, person_id: int) -> list[Member]:
    """Who this is to each of their merchants, the one they act for first; empty for a stranger."""
    rows = prepared.run(session, _STANDINGS, {"person": person_id}).all()
    several = len(rows) > 1
    found = []
    for row in rows:
        person, merchant = prepared.side_by_side(session, row, _persons, _merchants)
        found.append(Member(person, merchant, row.role, several, row.serves > 1))
    return found


def is_shared(session: Session) -> bool:
    """Whether the counter serves several merchants."""
    return session.exec(select(func.count()).select_from(Merchant)).one() > 1


def standing(session: Session, person_id: int) -> Member | None:
    """Who this is to us now; None for a stranger."""
    return next(iter(standings(session, person_id)), None)


def member(session: Session, person_id: int, name: str, locale: str) -> Member | None:
    """Who this is, with the name and locale they bear now; None for a stranger, of whom nothing is kept."""
    return next(iter(memberships(session, person_id, name, locale)), None)


def memberships(session: Session, person_id: int, name: str, locale: str) -> list[Member]:
    """The same for each of their merchants, the one they act for first."""
    found = standings(session, person_id)
    if found:
        person = found[0].person
        if (person.name, person.locale) != (name, locale):
            person.name, person.locale = name, locale
            session.add(person)
    return found


def everybody(session: Session) -> list[int]:
    """Who works for anybody here."""
    return list(session.exec(select(Membership.person_id).distinct().order_by(col(Membership.person_id))))


def persons(session: Session, ids: Collection[int]) -> dict[int, Person]:
    return {one.id: one for one in _persons.all(session, _PERSONS, {"ids": list(ids)})} if ids else {}


def in_several(session: Session, ids: Collection[int]) -> set[int]:
    """Those of them who work for several merchants."""
    return set(prepared.run(session, _IN_SEVERAL, {"ids": list(ids)}).scalars()) if ids else set()


def members(session: Session, merchant_id: int) -> list[Member]:
    wanted = (
        select(Person, Merchant, Membership)
        .join(Membership, col(Membership.person_id) == Person.id)
        .join(Merchant, col(Merchant.id) == Membership.merchant_id)
        .where(Membership.merchant_id == merchant_id)
        .order_by(col(Person.id))
    )
    return [Member(person, merchant, membership.role) for person, merchant, membership in session.exec(wanted)]


def member_of(session: Session, merchant_id: int, person_id: int) -> Member | None:
    """Who this is to that merchant now."""
    person, merchant = session.get(Person, person_id), session.get(Merchant, merchant_id)
    held = role(session, merchant_id, person_id)
    return Member(person, merchant, held) if person and merchant and held else None


def person(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id)


def choose_language(session: Session, person_id: int, language: str) -> None:
    person = session.get(Person, person_id)
    if person:
        person.language = language
        session.add(person)


def choose_group(session: Session, merchant_id: int, chat_id: int) -> None:
    """A first group has the board of the day from the start; its owner may switch it off."""
    merchant = session.get_one(Merchant, merchant_id)
    merchant.board = merchant.board or merchant.admin_chat_id is None
    merchant.admin_chat_id = chat_id
    session.add(merchant)


def approvers(session: Session, merchant_id: int, *, without: int) -> list[int]:
    """Persons who may approve what `without` asked for; a private chat has its person's number."""
    wanted = select(Membership.person_id).where(
        Membership.merchant_id == merchant_id,
        col(Membership.role).in_(APPROVERS),
        Membership.person_id != without,
    )
    return list(session.exec(wanted.order_by(col(Membership.person_id))))


def role(session: Session, merchant_id: int, person_id: int) -> Role | None:
    held: Role | None = prepared.run(session, _ROLE, {"merchant": merchant_id, "person": person_id}).scalar()
    return held


def owners(session: Session, merchant_id: int) -> list[int]:
    wanted = select(Membership.person_id).where(Membership.merchant_id == merchant_id, Membership.role == Role.OWNER)
    return list(session.exec(wanted.order_by(col(Membership.person_id))))
