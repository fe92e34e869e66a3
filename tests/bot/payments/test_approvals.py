import pytest

from bot.errors import UserError
from bot.payments.approvals import RIGHTS, Right, demand, demand_asker, may, sees_only
from storage.models import Merchant, Person, Role
from storage.people import HOUSE, Member
from tests.books import NOON, OWNER, draft

R = Right

GRANTED = {
    Role.OWNER: {
        *(R.ASK, R.PAY_OUT, R.SEE_OWN, R.SEE_ALL, R.SEE_BALANCE, R.APPROVE, R.STOP, R.DECIDE, R.RECONCILE),
        *(R.SET_GROUP, R.SET_LIMITS, R.MANAGE_TEAM, R.CONNECT, R.EDIT_PAYEES),
    },
    Role.APPROVER: {
        *(R.ASK, R.PAY_OUT, R.SEE_OWN, R.SEE_ALL, R.SEE_BALANCE, R.APPROVE, R.STOP, R.DECIDE, R.RECONCILE),
        R.EDIT_PAYEES,
    },
    Role.CASHIER: {R.ASK, R.PAY_OUT, R.SEE_OWN, R.STOP},
    Role.ACCOUNTANT: {R.SEE_OWN, R.SEE_ALL, R.SEE_BALANCE, R.RECONCILE},
}


def member(role: Role, person: int = OWNER) -> Member:
    house = Merchant(id=HOUSE, name="", country="CM", timezone="Africa/Douala", language="fr", created_at=NOON)
    return Member(Person(id=person, name="", created_at=NOON), house, role)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_the_rights_of_the_table(role: Role, right: Right) -> None:
    assert may(member(role), right) == (right in GRANTED[role])
    if right in GRANTED[role]:
        demand(member(role), right)
    else:
        with pytest.raises(UserError) as denied:
            demand(member(role), right)
        assert denied.value.key == "denied.role"


def test_every_role_is_in_the_table_and_only_an_owner_has_every_right() -> None:
    assert set(RIGHTS) == set(Role)
    assert [role for role in Role if RIGHTS[role] == set(Right)] == [Role.OWNER]


@pytest.mark.parametrize("role", Role)
def test_nobody_acts_on_what_another_asked_for_whatever_their_role(role: Role) -> None:
    demand_asker(member(role), draft(asker_id=OWNER))
    with pytest.raises(UserError) as denied:
        demand_asker(member(role, person=OWNER + 1), draft(asker_id=OWNER))
    assert denied.value.key == "denied.not_asker"


@pytest.mark.parametrize(
    ("role", "only"), [(Role.OWNER, None), (Role.APPROVER, None), (Role.ACCOUNTANT, None), (Role.CASHIER, OWNER)]
)
def test_who_may_not_see_all_sees_their_own(role: Role, only: int | None) -> None:
    assert sees_only(member(role)) == only
