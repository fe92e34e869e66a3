"""A real database for a test, with the house in it, and payments in any state."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlmodel import Session

from storage import payments, people
from storage.engine import Storage
from storage.models import Merchant, Payment, Person, Role
from storage.people import HOUSE, Member
from storage.states import State
from tests.databases import founded_in

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OWNER, APPROVER, CASHIER, ACCOUNTANT, STRANGER = range(710_001, 710_006)
ROLES = {APPROVER: Role.APPROVER, CASHIER: Role.CASHIER, ACCOUNTANT: Role.ACCOUNTANT}
GROUP = -1_000_000_710_100
OTHER_MERCHANT = 2
PHONE = "237677777777"

_numbers = count(1)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def skip(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def open_books(folder: Path) -> Storage:
    return Storage(founded_in(folder, found_books))


def shut(storage: Storage) -> None:
    """Waits for the transaction in hand: a connection that came back later would be closed by nobody."""
    storage._threads.shutdown()
    storage.engine.dispose()


def found_books(storage: Storage) -> None:
    storage.migrate()
    storage.transact(found_house)


def found_house(session: Session) -> None:
    people.settle_house(
        session, [OWNER], now=NOON, country="CM", timezone="Africa/Douala", language="fr", admin_chat_id=GROUP
    )
    session.get_one(Merchant, HOUSE).first_payee = "free"  # else every first payout would wait for an approver
    for person, role in ROLES.items():
        session.add(Person(id=person, name=role, created_at=NOON))
        session.flush()
        people.enrol(session, HOUSE, person, role, now=NOON)
    session.add(
        Merchant(
            id=OTHER_MERCHANT, name="Other", country="CM", timezone="Africa/Douala", language="en", created_at=NOON
        )
    )
    session.flush()


def draft(**changes: Any) -> Payment:
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": f"P{number:09}",
        "merchant_id": HOUSE,
        "intent": f"{OWNER}:{number}",
        "kind": "collection",
        "state": State.DRAFT,
        "amount": 5000,
        "currency": "XAF",
        "msisdn": PHONE,
        "country": "CM",
        "operator": "MTN",
        "provider": "scripted",
        "description": "shoes",
        "asker_id": OWNER,
        "chat_id": OWNER,
        "created_at": NOON,
    }
    return Payment(**{**values, **changes})


def enter(storage: Storage, **changes: Any) -> Payment:
    """A payment in the books, in whatever state is named."""
    payment, _ = storage.transact(payments.create_once, draft(**changes), by="person:1")
    return payment


def stands(storage: Storage, payment: Payment) -> Payment:
    """The row as it is now."""
    return storage.transact(Session.get_one, Payment, payment.id)


def member(storage: Storage, person_id: int) -> Member:
    found = storage.transact(people.member, person_id, "Awa", "fr")
    assert found
    return found


def members_of(storage: Storage) -> dict[int, Role]:
    def read(session: Session) -> dict[int, Role]:
        return {one.person.id: one.role for one in people.members(session, HOUSE)}

    return storage.transact(read)


def move(storage: Storage, payment: Payment, after: State, *, at: datetime = NOON, **more: Any) -> Payment | None:
    """One change in a transaction of its own."""
    return storage.transact(lambda session: payments.move(session, payment, after, at=at, **{"by": "clock", **more}))
