"""What may have changed in the books by one update, and what may not."""

from typing import Any

from storage.models import Role
from tests.books import ACCOUNTANT, APPROVER, CASHIER, OTHER_MERCHANT, OWNER
from tests.fuzz.room import Room

ROLES = {
    OWNER: Role.OWNER,
    APPROVER: Role.APPROVER,
    CASHIER: Role.CASHIER,
    ACCOUNTANT: Role.ACCOUNTANT,
}
MAY_DRAFT = {
    Role.OWNER: {"collection", "payout", "airtime", "refund", "transfer"},
    Role.APPROVER: {"collection", "payout", "airtime", "refund", "transfer"},
    Role.CASHIER: {"collection", "payout", "airtime", "refund", "transfer"},
    Role.ACCOUNTANT: set[str](),
}
_BEFORE_A_TAP = {"draft", "cancelled", "expired"}
MAY_STOP = {OWNER, APPROVER, CASHIER}
MAY_RESUME = {OWNER, APPROVER}
_RULES = (
    "SELECT id, first_payee, guarded_from, guarded_until, repeat_minutes FROM merchant",
    "SELECT * FROM policy",
    "SELECT * FROM invite",
)
_PROPOSALS = "SELECT * FROM proposal"
_PEOPLE = (
    "SELECT 'person', id, '' FROM person UNION ALL SELECT 'member', person_id, role FROM membership "
    "UNION ALL SELECT 'merchant', id, '' FROM merchant"
)


class Picture:
    """The books before an update. `wrong` says what the update should not have done to them."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._people = room.rows(_PEOPLE)
        self._places = room.rows("SELECT id, admin_chat_id FROM merchant")
        self._rules = [room.rows(question) for question in _RULES]
        self._proposals = room.rows(_PROPOSALS)
        self._paused = self._stopped()
        self._payments = self._all()

    def _stopped(self) -> set[int]:
        return {row[0] for row in self._room.rows("SELECT id FROM merchant WHERE paused_at IS NOT NULL")}

    def _all(self) -> dict[str, Any]:
        rows = self._room.rows("SELECT id, version, state, asker_id, merchant_id, kind, channel FROM payment")
        return {row[0]: row[1:] for row in rows}

    def wrong(self, person: int, *, stops: bool) -> list[str]:
        """`stops`: this person may have cancelled payments of their own."""
        now = self._all()
        found = [f"gone: {one}" for one in self._payments.keys() - now.keys()]
        for one, row in now.items():
            if one not in self._payments:
                found += _wrong_new(one, row, person)
            elif row != self._payments[one]:
                _, state, asker, *_ = row
                if not (stops and state == "cancelled" and asker == person):
                    found.append(f"changed: {self._payments[one]} -> {row}")
        if self._room.rows(_PEOPLE) != self._people:
            found.append("people, members or merchants")
        if self._room.rows("SELECT id, admin_chat_id FROM merchant") != self._places:
            found.append("the admin group")
        if person != OWNER and [self._room.rows(question) for question in _RULES] != self._rules:
            found.append("rules or invitations")
        if self._room.rows(_PROPOSALS) != self._proposals:
            found.append("how something in review may be closed")
        stopped = self._stopped()
        if (stopped - self._paused and person not in MAY_STOP) or (self._paused - stopped and person not in MAY_RESUME):
            found.append("stopped, or let go on")
        if OTHER_MERCHANT in stopped:
            found.append("another merchant was stopped")
        if self._room.rows("SELECT COUNT(*) FROM payment WHERE merchant_id = ?", OTHER_MERCHANT) != [(1,)]:
            found.append("another merchant's payments")
        return found


def _wrong_new(one: str, row: Any, person: int) -> list[str]:
    _, state, asker, merchant, kind, channel = row
    role = ROLES.get(person)
    rightly = (
        asker == person
        and merchant == 1
        and role is not None
        and kind in MAY_DRAFT[role]
        and (state in _BEFORE_A_TAP or channel == "link")
    )
    return [] if rightly else [f"made by {person}: {one} {row}"]
