"""Who may do what. A role is the person's, not the chat's; what is not granted is denied."""

from enum import StrEnum

from bot.errors import UserError
from storage.models import Payment, Role
from storage.people import Member


class Right(StrEnum):
    ASK = "ask"
    PAY_OUT = "pay_out"
    SEE_OWN = "see_own"
    SEE_ALL = "see_all"
    SEE_BALANCE = "see_balance"
    SET_GROUP = "set_group"
    APPROVE = "approve"
    STOP = "stop"
    SET_LIMITS = "set_limits"
    MANAGE_TEAM = "manage_team"
    DECIDE = "decide"
    RECONCILE = "reconcile"
    CONNECT = "connect"
    EDIT_PAYEES = "edit_payees"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.APPROVER: frozenset(Right) - {Right.SET_GROUP, Right.SET_LIMITS, Right.MANAGE_TEAM, Right.CONNECT},
    Role.CASHIER: frozenset({Right.ASK, Right.PAY_OUT, Right.SEE_OWN, Right.STOP}),
    Role.ACCOUNTANT: frozenset({Right.SEE_OWN, Right.SEE_ALL, Right.SEE_BALANCE, Right.RECONCILE}),
}


def grants(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]


def may(member: Member, right: Right) -> bool:
    return grants(member.role, right)


def demand(member: Member, right: Right) -> None:
    if not may(member, right):
        raise UserError("denied.role")


def demand_asker(member: Member, payment: Payment) -> None:
    """Only who asked may confirm or cancel: the card shows what that person meant."""
    if payment.asker_id != member.person.id:
        raise UserError("denied.not_asker")


def sees_only(member: Member) -> int | None:
    """Whose payments this member may see: None is everybody's."""
    return None if may(member, Right.SEE_ALL) else member.person.id
