"""Merchants, people, and who may act for whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from storage.models import Membership, Merchant, Person, Role

HOUSE = 1
"""The merchant whose accounts stand in the environment."""


@dataclass(frozen=True, slots=True)
class Member:
    person: Person
    merchant: Merchant
    role: Role


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
    for former in session.exec(
        select(Membership).where(Membership.merchant_id == HOUSE, Membership.role == Role.OWNER)
    ):
        if former.person_id not in owners:
            session.delete(former)
    for owner in owners:
        if not session.get(Person, owner):
            session.add(Person(id=owner, name="", created_at=now))
            session.flush()
        enrol(session, HOUSE, owner, Role.OWNER, now=now)
    return house


def enrol(session: Session, merchant_id: int, person_id: int, role: Role, *, now: datetime) -> None:
    known = session.get(Membership, (merchant_id, person_id))
    membership = known or Membership(merchant_id=merchant_id, person_id=person_id, role=role, created_at=now)
    membership.role = role
    session.add(membership)


def member(session: Session, person_id: int, name: str, locale: str) -> Member | None:
    """Who this is, with the name and locale they bear now; None for a stranger, of whom nothing is kept."""
    wanted = (
        select(Person, Merchant, Membership)
        .join(Membership, col(Membership.person_id) == Person.id)
        .join(Merchant, col(Merchant.id) == Membership.merchant_id)
        .where(Person.id == person_id)
        .order_by(col(Merchant.id))
    )
    found = session.exec(wanted).first()
    if found is None:
        return None
    person, merchant, membership = found
    if (person.name, person.locale) != (name, locale):
        person.name, person.locale = name, locale
        session.add(person)
    return Member(person, merchant, membership.role)


def members(session: Session, merchant_id: int) -> list[Member]:
    wanted = (
        select(Person, Merchant, Membership)
        .join(Membership, col(Membership.person_id) == Person.id)
        .join(Merchant, col(Merchant.id) == Membership.merchant_id)
        .where(Membership.merchant_id == merchant_id)
        .order_by(col(Person.id))
    )
    return [Member(person, merchant, membership.role) for person, merchant, membership in session.exec(wanted)]


def person(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id)


def choose_language(session: Session, person_id: int, language: str) -> None:
    person = session.get(Person, person_id)
    if person:
        person.language = language
        session.add(person)


def choose_group(session: Session, merchant_id: int, chat_id: int) -> None:
    merchant = session.get_one(Merchant, merchant_id)
    merchant.admin_chat_id = chat_id
    session.add(merchant)
