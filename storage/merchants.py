"""Merchants beside the house: how one comes to be, and for whom a person acts."""

from datetime import datetime

from sqlmodel import Session

from storage import deeds, forms, people
from storage.models import Merchant, Person, Role
from storage.people import HOUSE


def found(session: Session, name: str, owner: Person, model: Merchant, *, now: datetime) -> Merchant:
    """A new merchant, with its first owner, who acts for it from now on. Its place and clock are those of `model`."""
    merchant = Merchant(
        name=name, country=model.country, timezone=model.timezone, language=model.language, created_at=now
    )
    session.add(merchant)
    session.flush()
    people.enrol(session, merchant.id or 0, owner.id, Role.OWNER, now=now)
    choose(session, owner.id, merchant.id or 0)
    return merchant


def add(session: Session, name: str, owner_id: int, model: Merchant, *, now: datetime) -> Merchant:
    """By the operator's hand, on the machine. The house's owners are told."""
    merchant = found(session, name, people.acquaint(session, owner_id, now=now), model, now=now)
    about, told = f"person:{owner_id}", set(people.owners(session, HOUSE)) - {owner_id}
    for merchant_id, tell in ((merchant.id or 0, set[int]()), (HOUSE, told)):
        deeds.record(session, merchant_id, at=now, by="settings", what="founded", about=about, after=name, tell=tell)
    return merchant


def choose(session: Session, person_id: int, merchant_id: int) -> None:
    """For whom they act from now on. Half-filled commands are left behind."""
    person = session.get_one(Person, person_id)
    person.merchant_id = merchant_id
    session.add(person)
    forms.drop_all(session, person_id)
