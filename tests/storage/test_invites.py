from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from storage import invites, people
from storage.engine import Storage
from storage.models import Invite, Person, Role
from storage.people import HOUSE
from tests.books import CASHIER, NOON, OTHER_MERCHANT, OWNER, STRANGER

DAY = timedelta(hours=24)
TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def invite(storage: Storage) -> Invite:
    storage.transact(people.acquaint, STRANGER, now=NOON)
    return make(storage, TOKEN)


def make(storage: Storage, token: str) -> Invite:
    return storage.transact(invites.make, HOUSE, Role.CASHIER, token, by_id=OWNER, at=NOON, expires_at=NOON + DAY)


def test_an_invitation_is_found_by_its_token_and_by_nothing_like_it(storage: Storage, invite: Invite) -> None:
    found = storage.transact(invites.by_token, TOKEN)
    assert found
    assert (found.id, found.role, found.by_id) == (invite.id, Role.CASHIER, OWNER)
    for other in ("", TOKEN.upper(), TOKEN[:-1], invite.digest, "%"):
        assert storage.transact(invites.by_token, other) is None


def test_the_token_itself_is_nowhere_in_the_database(storage: Storage, invite: Invite) -> None:
    with storage.engine.connect() as connection:
        rows = connection.execute(sql("SELECT * FROM invite")).all()
    assert len(rows) == 1
    assert TOKEN not in str(rows)


def test_an_invitation_is_used_once(storage: Storage, invite: Invite) -> None:
    assert storage.transact(invites.use, invite, STRANGER, NOON)
    assert not storage.transact(invites.use, invite, CASHIER, NOON)
    used = storage.transact(Session.get_one, Invite, invite.id)
    assert (used.used_at, used.used_by) == (NOON, STRANGER)


@pytest.mark.parametrize(("late", "works"), [(DAY - timedelta(seconds=1), True), (DAY, False), (2 * DAY, False)])
def test_an_invitation_has_its_time(storage: Storage, invite: Invite, late: timedelta, works: bool) -> None:
    assert bool(storage.transact(invites.open_ones, HOUSE, NOON + late)) is works
    assert storage.transact(invites.use, invite, STRANGER, NOON + late) is works


def test_one_that_was_withdrawn_is_worth_nothing(storage: Storage, invite: Invite) -> None:
    assert storage.transact(invites.withdraw, invite, NOON)
    assert not storage.transact(invites.use, invite, STRANGER, NOON)
    assert not storage.transact(invites.withdraw, invite, NOON)
    assert storage.transact(invites.open_ones, HOUSE, NOON) == []


def test_one_that_was_used_cannot_be_withdrawn(storage: Storage, invite: Invite) -> None:
    storage.transact(invites.use, invite, STRANGER, NOON)
    assert not storage.transact(invites.withdraw, invite, NOON)
    assert storage.transact(Session.get_one, Invite, invite.id).expires_at == NOON + DAY


def test_open_invitations_are_each_merchants_own(storage: Storage, invite: Invite) -> None:
    second = make(storage, "another")
    assert [one.id for one in storage.transact(invites.open_ones, HOUSE, NOON)] == [invite.id, second.id]
    assert storage.transact(invites.open_ones, OTHER_MERCHANT, NOON) == []
    assert storage.transact(invites.get, OTHER_MERCHANT, invite.id or 0) is None
    found = storage.transact(invites.get, HOUSE, invite.id or 0)
    assert found
    assert found.id == invite.id


def test_a_token_made_twice_is_a_fault(storage: Storage, invite: Invite) -> None:
    with pytest.raises(IntegrityError):
        make(storage, TOKEN)


def test_somebody_known_keeps_their_name_when_they_are_met_again(storage: Storage) -> None:
    storage.transact(people.acquaint, STRANGER, "Bola", "en", now=NOON)
    met = storage.transact(people.acquaint, STRANGER, "Other", "fr", now=NOON + DAY)
    assert (met.name, met.locale, met.created_at) == ("Bola", "en", NOON)
    assert storage.transact(Session.get, Person, STRANGER)
