from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from storage import deeds, people
from storage.engine import Storage
from storage.models import Membership, Merchant, Person, Role
from storage.people import HOUSE
from tests.books import (
    APPROVER,
    CASHIER,
    GROUP,
    NOON,
    OTHER_MERCHANT,
    OWNER,
    ROLES,
    STRANGER,
    enter,
    members_of,
    stands,
)


def settle(storage: Storage, owners: list[int], group: int | None = GROUP) -> Merchant:
    return storage.transact(
        people.settle_house,
        owners,
        now=NOON + timedelta(days=1),
        country="CI",
        timezone="Africa/Abidjan",
        language="en",
        admin_chat_id=group,
    )


def test_the_settings_name_the_owners_and_nobody_else_is_one(storage: Storage) -> None:
    settle(storage, [OWNER, STRANGER])
    assert members_of(storage) == {OWNER: Role.OWNER, STRANGER: Role.OWNER, **ROLES}
    settle(storage, [STRANGER])
    assert members_of(storage) == {STRANGER: Role.OWNER, **ROLES}
    assert storage.transact(people.member, OWNER, "Awa", "fr") is None


def test_a_former_owners_payments_stay(storage: Storage) -> None:
    payment = enter(storage)
    settle(storage, [STRANGER])
    assert stands(storage, payment).asker_id == OWNER


def test_an_owner_named_twice_is_one_owner(storage: Storage) -> None:
    settle(storage, [STRANGER, STRANGER, OWNER])
    assert members_of(storage) == {OWNER: Role.OWNER, STRANGER: Role.OWNER, **ROLES}


def test_a_member_of_the_staff_may_become_an_owner(storage: Storage) -> None:
    settle(storage, [OWNER, CASHIER])
    assert members_of(storage)[CASHIER] is Role.OWNER


def told(storage: Storage, person: int) -> list[tuple[str, str, str, str]]:
    """What this person still has to hear, as (what, about, before, after)."""
    letters = storage.transact(deeds.letters, person)
    return [(deed.what, deed.about, deed.before, deed.after) for _, deed in letters]


def test_a_change_of_owners_in_the_settings_is_recorded_and_told_to_who_stays_and_who_goes(storage: Storage) -> None:
    settle(storage, [OWNER, APPROVER])
    settle(storage, [OWNER, STRANGER])
    came = ("role", f"person:{APPROVER}", "approver", "owner")
    went, new = ("removed", f"person:{APPROVER}", "owner", ""), ("joined", f"person:{STRANGER}", "", "owner")
    assert told(storage, OWNER) == [came, went, new]
    assert told(storage, APPROVER) == [came, went]
    assert told(storage, STRANGER) == []
    assert {deed.by for deed in storage.transact(deeds.recent, HOUSE)} == {"settings"}


def test_a_start_that_changes_no_owner_records_nothing(storage: Storage) -> None:
    before = len(storage.transact(deeds.recent, HOUSE))
    settle(storage, [OWNER])
    assert len(storage.transact(deeds.recent, HOUSE)) == before == 1


def test_the_roll_lists_each_merchants_own_people_longest_there_first(storage: Storage) -> None:
    settle(storage, [OWNER, STRANGER])
    roll = storage.transact(people.roll, HOUSE)
    assert list(roll) == [OWNER, *ROLES, STRANGER]
    assert [one.role for one in roll.values()] == [Role.OWNER, *ROLES.values(), Role.OWNER]
    assert storage.transact(people.roll, OTHER_MERCHANT) == {}


def test_somebodys_standing_is_read_without_a_message_from_them(storage: Storage) -> None:
    standing = storage.transact(people.standing, CASHIER)
    assert standing
    assert (standing.person.name, standing.role) == ("cashier", Role.CASHIER)
    assert storage.transact(people.standing, STRANGER) is None


def test_settling_the_house_again_changes_it_and_keeps_its_beginning(storage: Storage) -> None:
    house = settle(storage, [OWNER])
    assert (house.country, house.timezone, house.language, house.created_at) == ("CI", "Africa/Abidjan", "en", NOON)


def test_owners_of_another_merchant_are_left_alone(storage: Storage) -> None:
    def another(session: Session) -> None:
        session.add(Person(id=STRANGER, name="", created_at=NOON))
        session.flush()
        people.enrol(session, OTHER_MERCHANT, STRANGER, Role.OWNER, now=NOON)

    storage.transact(another)
    settle(storage, [OWNER])
    member = storage.transact(people.member, STRANGER, "", "")
    assert member
    assert (member.merchant.id, member.role) == (OTHER_MERCHANT, Role.OWNER)


@pytest.mark.parametrize(("named", "stays"), [(None, -5), (-6, -6)])
def test_a_group_chosen_in_the_chat_stays_unless_the_settings_name_one(
    storage: Storage, named: int | None, stays: int
) -> None:
    storage.transact(people.choose_group, HOUSE, -5)
    assert settle(storage, [OWNER], named).admin_chat_id == stays


def test_nothing_is_kept_of_a_stranger(storage: Storage) -> None:
    assert storage.transact(people.member, STRANGER, "Nobody", "fr") is None

    def everybody(session: Session) -> tuple[list[int], list[int]]:
        return (
            [person.id for person in session.exec(select(Person))],
            [one.person_id for one in session.exec(select(Membership))],
        )

    assert not any(STRANGER in known for known in storage.transact(everybody))


def test_a_member_bears_the_name_and_locale_of_today(storage: Storage) -> None:
    member = storage.transact(people.member, OWNER, "Awa", "fr-CM")
    assert member
    assert member.role is Role.OWNER
    person = storage.transact(people.person, OWNER)
    assert person
    assert (person.name, person.locale) == ("Awa", "fr-CM")


def test_a_chosen_language_is_kept_and_a_strangers_is_not(storage: Storage) -> None:
    storage.transact(people.choose_language, OWNER, "en")
    storage.transact(people.choose_language, STRANGER, "en")
    person = storage.transact(people.person, OWNER)
    assert person
    assert person.language == "en"
    assert storage.transact(people.person, STRANGER) is None


def test_a_role_that_does_not_exist_is_refused_by_the_database(storage: Storage) -> None:
    with pytest.raises(IntegrityError, match="ck_role"), storage.engine.begin() as connection:
        connection.execute(sql("UPDATE membership SET role = 'king'"))
