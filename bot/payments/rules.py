"""A merchant's rules for money out as its people see and change them. Each change is a deed the owners are told."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, limits
from bot.payments.amounts import currency_of, parse_amount
from bot.payments.approvals import Right
from bot.payments.decisions import Unproven
from bot.payments.policy import Bounds, FirstPayee, House
from providers.base import Clock
from providers.money import EXPONENTS, Money
from storage import deeds, people, policies
from storage.engine import Storage
from storage.models import Merchant, Policy
from storage.people import Member

AMOUNTS = ("approval_from", "cashier_from", "per_payout", "per_person", "per_payee", "factor_from")
"""Rules of one currency; the others know none."""
RULES = (*AMOUNTS, "first_payee", "guarded", "repeat", "remind")
OFF = {"off", "none", "no", "non", "aucun", "aucune", "sans", "-"}

_HOURS = re.compile(r"(\d{1,2})[:h]?(\d{2})?\s*(?:-|–|to|à|a)\s*(\d{1,2})[:h]?(\d{2})?")
_MINUTES = re.compile(r"(\d{1,4})(?:\s*min)?")
_MOST_MINUTES = 24 * 60
_REMIND = re.compile(
    r"(?P<number>\d{1,3})\s*(?P<unit>min|h|j|d)\s*(?:x?\s*(?P<most>\d)\s*x?)?(?:\s+(?P<hours>\d{1,2}\D.*))?"
)
_UNITS = {"min": 1, "h": 60, "j": 24 * 60, "d": 24 * 60}
_SOONEST, _LATEST, _MOST_REMINDERS = 15, 7 * 24 * 60, 5
_FIRST = {
    "free": FirstPayee.FREE, "libre": FirstPayee.FREE, "off": FirstPayee.FREE, "non": FirstPayee.FREE,
    "approve": FirstPayee.APPROVE, "approbation": FirstPayee.APPROVE, "approuver": FirstPayee.APPROVE,
    "wait": FirstPayee.WAIT, "attente": FirstPayee.WAIT, "attendre": FirstPayee.WAIT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """As they hold now, in one currency."""

    currency: str
    bounds: Bounds
    house: House

    def amount(self, name: str) -> Money | None:
        minor = getattr(self.bounds, name)
        return None if minor is None else Money(minor, self.currency)

    def plain(self, name: str) -> str:
        """For the record: the same in every language."""
        match name:
            case "first_payee":
                return str(self.house.first_payee)
            case "guarded":
                return "-".join(f"{at:%H:%M}" for at in self.house.guarded or ()) or "off"
            case "remind":
                return self.house.remind.plain
            case "repeat":
                return f"{int(self.house.repeat.total_seconds() // 60)} min"
        amount = self.amount(name)
        return f"{amount.plain} {amount.currency}" if amount else "off"


class Rulebook:
    def __init__(self, storage: Storage, now: Clock) -> None:
        self._storage = storage
        self._now = now

    async def read(self, member: Member, currency: str = "") -> Rules:
        approvals.demand(member, Right.SEE_ALL)
        return await self._storage.run(_read, member, currency)

    async def change(self, member: Member, name: str, text: str, currency: str = "", *, proven: bool = False) -> Rules:
        """Holds from now on, for what was asked before too. Raises UserError for a value that the rule can't have.

        Raises Unproven where a second factor guards money: who could switch it off must have it.
        """
        approvals.demand(member, Right.SET_LIMITS)
        if not proven and await self._storage.run(policies.wants_factor, member.merchant.id or 0):
            raise Unproven("factor.needed")
        return await self._storage.run(_change, member, name, text, currency, self._now())


def _read(session: Session, member: Member, currency: str) -> Rules:
    merchant = session.get_one(Merchant, member.merchant.id)
    currency = currency or currency_of(merchant.country)
    bounds = limits.bounds_of(session, merchant.id or 0, currency)
    return Rules(currency, bounds, limits.house_of(merchant))


def _change(session: Session, member: Member, name: str, text: str, currency: str, now: datetime) -> Rules:
    merchant = policies.locked(session, member.merchant.id or 0)
    before = _read(session, member, currency)
    word = text.strip().lower()
    if name in AMOUNTS:
        minor = None if word in OFF else parse_amount(text, before.currency).minor if word != "0" else 0
        if minor == 0 and name not in {"cashier_from", "approval_from", "factor_from"}:
            raise UserError("rule.not_nothing")
        changed = replace(before.bounds, **{name: minor})
        policies.save(session, Policy(merchant_id=merchant.id or 0, currency=before.currency, **asdict(changed)))
    else:
        for column, value in _columns(name, word).items():
            setattr(merchant, column, value)
        session.add(merchant)
    session.flush()
    after = _read(session, member, currency)
    deeds.record(
        session,
        merchant.id or 0,
        at=now,
        by=f"person:{member.person.id}",
        what="rule",
        about=name,
        before=before.plain(name),
        after=after.plain(name),
        tell=[owner for owner in people.owners(session, merchant.id or 0) if owner != member.person.id],
    )
    return after


def _columns(name: str, word: str) -> Mapping[str, object]:
    if name == "first_payee":
        if word not in _FIRST:
            raise UserError("rule.first_payee.bad")
        return {"first_payee": _FIRST[word]}
    if name == "repeat":
        return {"repeat_minutes": _minutes(word)}
    if name == "remind":
        return _remind(word)
    start, end = _hours(word)
    return {"guarded_from": start, "guarded_until": end}


def _minutes(word: str) -> int:
    if word in OFF:
        return 0
    found = _MINUTES.fullmatch(word)
    if not found or int(found[1]) > _MOST_MINUTES:
        raise UserError("rule.repeat.bad")
    return int(found[1])


def _remind(word: str) -> Mapping[str, object]:
    """ "3h", "3h x2", "1j 3 8h-18h": after how long, how often at most, between which hours."""
    if word in OFF:
        return {"remind_minutes": 0}
    found = _REMIND.fullmatch(word)
    minutes = int(found["number"]) * _UNITS[found["unit"]] if found else 0
    most = int(found["most"] or 2) if found else 0
    if not found or not _SOONEST <= minutes <= _LATEST or not 1 <= most <= _MOST_REMINDERS:
        raise UserError("rule.remind.bad")
    start, end = _hours(found["hours"]) if found["hours"] else ("08:00", "20:00")
    if not start or not end or start > end:
        raise UserError("rule.remind.night")
    return {"remind_minutes": minutes, "remind_most": most, "remind_from": start, "remind_until": end}


def _hours(word: str) -> tuple[str | None, str | None]:
    if word in OFF:
        return None, None
    found = _HOURS.fullmatch(word)
    try:
        if not found:
            raise ValueError  # noqa: TRY301
        start, end = time(int(found[1]), int(found[2] or 0)), time(int(found[3]), int(found[4] or 0))
    except ValueError:
        raise UserError("rule.guarded.bad") from None
    if start == end:
        raise UserError("rule.guarded.nothing")
    return f"{start:%H:%M}", f"{end:%H:%M}"


def known_currency(word: str) -> str:
    """The currency that a word names; empty for any other word."""
    return word.upper() if word.upper() in EXPONENTS else ""
