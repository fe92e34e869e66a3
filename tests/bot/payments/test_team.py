import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from bot.errors import UserError
from bot.payments.team import INVITE_LIVES, Spent, Team, roles_of
from storage import deeds, people
from storage.engine import Storage
from storage.models import Deed, Invite, Letter, Merchant, Person, Role
from storage.people import HOUSE, Member
from storage.states import State
from tests.books import (
    ACCOUNTANT,
    APPROVER,
    CASHIER,
    NOON,
    OTHER_MERCHANT,
    OWNER,
    ROLES,
    STRANGER,
    Clock,
    enter,
    member,
    members_of,
    stands,
)
from tests.bot.payments.counter import Counter

SECOND = 710_011
NOBODY = 710_099


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens() -> Iterator[str]:
    return (f"token-{number}" for number in range(100))


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def team(storage: Storage, clock: Clock, tokens: Iterator[str], woken: list[str]) -> Team:
    return Team(storage, clock, lambda: next(tokens), lambda: woken.append("letters"))


def of_other(storage: Storage, person_id: int, role: Role = Role.OWNER) -> Member:
    """Somebody of the other merchant, which names its owners itself."""

    def take_in(session: Session) -> Member:
        person = people.acquaint(session, person_id, "Other", now=NOON)
        people.enrol(session, OTHER_MERCHANT, person_id, role, now=NOON)
        return Member(person, session.get_one(Merchant, OTHER_MERCHANT), role)

    return storage.transact(take_in)


def roles_at_other(storage: Storage) -> dict[int, Role]:
    roll = storage.transact(people.roll, OTHER_MERCHANT)
    return {person_id: one.role for person_id, one in roll.items()}


def done(storage: Storage, merchant_id: int = HOUSE) -> list[tuple[str, str, str, str, str]]:
    """Deeds of people, oldest first: by, what, about, before, after."""
    found = reversed(storage.transact(deeds.recent, merchant_id))
    return [(one.by, one.what, one.about, one.before, one.after) for one in found if one.by != "settings"]


def told(storage: Storage) -> list[tuple[int, str]]:
    """Who is to hear of what."""

    def read(session: Session) -> list[tuple[int, str]]:
        return [(one.person_id, deed.what) for one, deed in letters(session)]

    def letters(session: Session) -> list[tuple[Letter, Deed]]:
        everybody = session.exec(select(Person.id)).all()
        return [pair for person in everybody for pair in deeds.letters(session, person)]

    return storage.transact(read)


async def refused(work: object, key: str) -> None:
    with pytest.raises(UserError) as error:
        await work  # type: ignore[misc]
    assert error.value.key == key


async def test_an_invitation_makes_who_brings_it_a_member_with_its_role(storage: Storage, team: Team) -> None:
    invite, token = await team.invite(member(storage, OWNER), Role.ACCOUNTANT)
    assert invite.expires_at == NOON + timedelta(hours=24)
    joined = await team.join(STRANGER, "Bola", "en", token)
    assert joined
    assert (joined.person.name, joined.merchant.id, joined.role) == ("Bola", HOUSE, Role.ACCOUNTANT)
    assert members_of(storage)[STRANGER] is Role.ACCOUNTANT
    assert done(storage) == [
        (f"person:{OWNER}", "invited", f"invite:{invite.id}", "", "accountant"),
        (f"person:{STRANGER}", "joined", f"person:{STRANGER}", "", "accountant"),
    ]
    assert told(storage) == [(OWNER, "joined")]


@pytest.mark.parametrize("token", ["", "token-1", "TOKEN-0", "token-0 "])
async def test_a_token_that_never_was_is_met_with_nothing(
    storage: Storage, team: Team, woken: list[str], token: str
) -> None:
    await team.invite(member(storage, OWNER), Role.CASHIER)
    woken.clear()
    assert await team.join(STRANGER, "Bola", "en", token) is None
    assert storage.transact(people.person, STRANGER) is None
    assert woken == []


async def test_the_first_to_come_is_in_and_the_second_is_late_and_forgotten(storage: Storage, team: Team) -> None:
    _, token = await team.invite(member(storage, OWNER), Role.CASHIER)
    assert await team.join(STRANGER, "Bola", "en", token)
    with pytest.raises(Spent) as late:
        await team.join(NOBODY, "Thief", "en", token)
    assert (late.value.language, late.value.timezone) == ("fr", "Africa/Douala")
    assert NOBODY not in members_of(storage)
    assert storage.transact(people.person, NOBODY) is None


async def test_of_two_who_come_at_once_one_is_in(storage: Storage, team: Team) -> None:
    _, token = await team.invite(member(storage, OWNER), Role.CASHIER)
    crowd = [team.join(NOBODY + number, f"P{number}", "en", token) for number in range(5)]
    results = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(one, Member) for one in results) == 1
    assert sum(isinstance(one, Spent) for one in results) == 4
    assert len(members_of(storage)) == len(ROLES) + 2


@pytest.mark.parametrize(("late", "good"), [(INVITE_LIVES - timedelta(seconds=1), True), (INVITE_LIVES, False)])
async def test_an_invitation_ends_with_its_time(
    storage: Storage, team: Team, clock: Clock, late: timedelta, good: bool
) -> None:
    _, token = await team.invite(member(storage, OWNER), Role.CASHIER)
    clock.now += late
    if good:
        assert await team.join(STRANGER, "Bola", "en", token)
    else:
        await refused(team.join(STRANGER, "Bola", "en", token), "team.spent")
    assert (STRANGER in members_of(storage)) is good


async def test_who_joined_may_open_the_link_again_and_again(storage: Storage, team: Team) -> None:
    _, token = await team.invite(member(storage, OWNER), Role.CASHIER)
    for _ in range(3):
        assert await team.join(STRANGER, "Bola", "en", token)
    assert [what for _, what, *_ in done(storage)] == ["invited", "joined"]


async def test_a_link_that_was_used_brings_nobody_back_who_was_removed(storage: Storage, team: Team) -> None:
    owner = member(storage, OWNER)
    _, token = await team.invite(owner, Role.CASHIER)
    await team.join(STRANGER, "Bola", "en", token)
    await team.remove(owner, STRANGER)
    await refused(team.join(STRANGER, "Bola", "en", token), "team.spent")
    assert STRANGER not in members_of(storage)


@pytest.mark.parametrize("person", [OWNER, CASHIER])
async def test_a_member_who_opens_a_fresh_link_keeps_their_role_and_the_link_stays_good(
    storage: Storage, team: Team, person: int
) -> None:
    before = members_of(storage)
    _, token = await team.invite(member(storage, OWNER), Role.ACCOUNTANT)
    await refused(team.join(person, "Awa", "fr", token), "team.already")
    assert members_of(storage) == before
    assert await team.join(STRANGER, "Bola", "en", token)


async def test_an_invitation_is_worth_no_more_than_its_maker(storage: Storage, team: Team) -> None:
    first, second = of_other(storage, SECOND), of_other(storage, STRANGER)
    _, token = await team.invite(first, Role.OWNER)
    await team.change_role(second, SECOND, Role.CASHIER)
    await refused(team.join(NOBODY, "Thief", "en", token), "team.spent")
    await team.change_role(second, SECOND, Role.OWNER)
    assert await team.join(NOBODY, "Friend", "en", token)


async def test_a_withdrawn_invitation_is_worth_nothing(storage: Storage, team: Team) -> None:
    owner = member(storage, OWNER)
    invite, token = await team.invite(owner, Role.CASHIER)
    assert [one.id for one in (await team.roll(owner)).invites] == [invite.id]
    await team.withdraw(owner, invite.id or 0)
    assert (await team.roll(owner)).invites == []
    await refused(team.join(STRANGER, "Bola", "en", token), "team.spent")
    await refused(team.withdraw(owner, invite.id or 0), "team.no_invite")
    assert done(storage)[-1] == (f"person:{OWNER}", "withdrawn", f"invite:{invite.id}", "cashier", "")


async def test_nobody_withdraws_another_merchants_invitation(storage: Storage, team: Team) -> None:
    invite, token = await team.invite(member(storage, OWNER), Role.CASHIER)
    await refused(team.withdraw(of_other(storage, SECOND), invite.id or 0), "team.no_invite")
    assert await team.join(STRANGER, "Bola", "en", token)


async def test_a_role_is_changed_recorded_and_told_to_the_owners_and_to_whom_it_concerns(
    storage: Storage, team: Team, woken: list[str]
) -> None:
    first, second = of_other(storage, SECOND), of_other(storage, STRANGER)
    of_other(storage, NOBODY, Role.CASHIER)
    await team.change_role(first, NOBODY, Role.APPROVER)
    assert roles_at_other(storage)[NOBODY] is Role.APPROVER
    assert done(storage, OTHER_MERCHANT) == [(f"person:{SECOND}", "role", f"person:{NOBODY}", "cashier", "approver")]
    assert sorted(told(storage)) == [(second.person.id, "role"), (NOBODY, "role")]
    assert woken == ["letters"]


async def test_somebody_removed_is_a_stranger_again(storage: Storage, team: Team) -> None:
    await team.remove(member(storage, OWNER), CASHIER)
    assert CASHIER not in members_of(storage)
    assert storage.transact(people.standing, CASHIER) is None
    assert done(storage) == [(f"person:{OWNER}", "removed", f"person:{CASHIER}", "cashier", "")]
    assert told(storage) == [(CASHIER, "removed")]


async def test_the_houses_owners_are_the_settings_business(storage: Storage, team: Team) -> None:
    owner = member(storage, OWNER)
    assert Role.OWNER not in roles_of(owner.merchant)
    await refused(team.change_role(owner, OWNER, Role.CASHIER), "team.settled")
    await refused(team.remove(owner, OWNER), "team.settled")
    await refused(team.change_role(owner, CASHIER, Role.OWNER), "team.settled")
    await refused(team.invite(owner, Role.OWNER), "team.settled")
    assert members_of(storage) == {OWNER: Role.OWNER, **ROLES}
    assert done(storage) == []
    assert [mate.person.id for mate in (await team.roll(owner)).mates if mate.settled] == [OWNER]


async def test_another_merchant_names_its_owners_itself_but_keeps_one(storage: Storage, team: Team) -> None:
    owner = of_other(storage, SECOND)
    assert roles_of(owner.merchant) == list(Role)
    await refused(team.change_role(owner, SECOND, Role.CASHIER), "team.last_owner")
    await refused(team.remove(owner, SECOND), "team.last_owner")
    of_other(storage, NOBODY, Role.CASHIER)
    await team.change_role(owner, NOBODY, Role.OWNER)
    await team.remove(owner, SECOND)
    assert roles_at_other(storage) == {NOBODY: Role.OWNER}


async def test_two_owners_who_step_down_at_once_leave_one(storage: Storage, team: Team) -> None:
    first, second = of_other(storage, SECOND), of_other(storage, NOBODY)
    results = await asyncio.gather(
        team.change_role(first, SECOND, Role.CASHIER),
        team.change_role(second, NOBODY, Role.CASHIER),
        return_exceptions=True,
    )
    assert sum(isinstance(one, UserError) for one in results) == 1
    assert sorted(roles_at_other(storage).values()) == [Role.CASHIER, Role.OWNER]


async def test_an_owner_who_was_demoted_a_moment_ago_changes_nothing_more(storage: Storage, team: Team) -> None:
    """The member was read before; what counts is what they are when it is done."""
    first, second = of_other(storage, SECOND), of_other(storage, NOBODY)
    of_other(storage, STRANGER, Role.CASHIER)
    invite, _ = await team.invite(first, Role.CASHIER)
    await team.change_role(first, NOBODY, Role.ACCOUNTANT)
    for work in (
        team.change_role(second, SECOND, Role.CASHIER),
        team.remove(second, STRANGER),
        team.invite(second, Role.OWNER),
        team.withdraw(second, invite.id or 0),
    ):
        await refused(work, "denied.role")
    assert roles_at_other(storage) == {SECOND: Role.OWNER, NOBODY: Role.ACCOUNTANT, STRANGER: Role.CASHIER}


@pytest.mark.parametrize("person", [APPROVER, CASHIER, ACCOUNTANT])
async def test_only_an_owner_sees_and_changes_the_team(storage: Storage, team: Team, person: int) -> None:
    somebody = member(storage, person)
    for work in (
        team.roll(somebody),
        team.invite(somebody, Role.APPROVER),
        team.withdraw(somebody, 1),
        team.change_role(somebody, person, Role.APPROVER),
        team.remove(somebody, OWNER),
    ):
        await refused(work, "denied.role")
    assert members_of(storage) == {OWNER: Role.OWNER, **ROLES}
    assert storage.transact(lambda session: session.exec(select(Invite)).all()) == []


async def test_nobody_touches_another_merchants_people(storage: Storage, team: Team) -> None:
    other = of_other(storage, SECOND)
    await refused(team.change_role(other, CASHIER, Role.OWNER), "team.gone")
    await refused(team.remove(other, CASHIER), "team.gone")
    assert [mate.person.id for mate in (await team.roll(other)).mates] == [SECOND]
    assert members_of(storage) == {OWNER: Role.OWNER, **ROLES}


async def test_the_same_role_again_is_no_change(storage: Storage, team: Team) -> None:
    await refused(team.change_role(member(storage, OWNER), CASHIER, Role.CASHIER), "team.same")
    assert done(storage) == []


async def test_one_person_may_be_in_two_teams(storage: Storage, team: Team) -> None:
    _, token = await team.invite(of_other(storage, SECOND), Role.APPROVER)
    joined = await team.join(CASHIER, "Awa", "fr", token)
    assert joined
    assert (joined.merchant.id, joined.role) == (OTHER_MERCHANT, Role.APPROVER)
    assert members_of(storage)[CASHIER] is Role.CASHIER


@pytest.mark.parametrize("kind", ["payout", "airtime", "transfer", "refund", "collection"])
async def test_a_draft_is_confirmed_by_the_rights_of_that_moment(
    storage: Storage, counter: Counter, team: Team, kind: str
) -> None:
    """For each kind of money: the draft was made by an approver, who is an accountant by now."""
    payment = enter(storage, kind=kind, asker_id=APPROVER, due_at=NOON + timedelta(minutes=15))
    await team.change_role(member(storage, OWNER), APPROVER, Role.ACCOUNTANT)
    await refused(counter.payments.confirm(member(storage, APPROVER), payment.id), "denied.role")
    assert stands(storage, payment).state is State.DRAFT


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.PENDING, State.UNKNOWN])
async def test_what_somebody_confirmed_before_they_were_removed_goes_on(
    storage: Storage, team: Team, state: State
) -> None:
    payment = enter(storage, state=state, asker_id=CASHIER)
    await team.remove(member(storage, OWNER), CASHIER)
    assert stands(storage, payment).model_dump() == payment.model_dump()
