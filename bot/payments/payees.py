"""Saved payees: found by name, saved, renamed, given another number, removed.

Each change is a deed and the owners are told: whoever can change a saved number can redirect wages.
"""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot.errors import UserError
from bot.payments import decisions
from bot.payments.approvals import Right
from bot.payments.phone import Phone, parse_phone, pretty
from bot.payments.privacy import ending
from providers.base import Clock
from storage import deeds, payees, people
from storage.engine import Storage
from storage.models import Payee
from storage.people import Member

LONGEST_NAME = 40
MOST_WORDS = 4
MOST = 500


def plain(name: str) -> str:
    """One spelling for all: "Éric  MBARGA" and "eric mbarga" are one."""
    bare = unicodedata.normalize("NFKD", name.replace("’", "'").casefold())
    return " ".join("".join(sign for sign in bare if not unicodedata.combining(sign)).split())


def matching(known: Sequence[Payee], said: str) -> list[Payee]:
    """Who bears exactly this name; else all whose name begins with these words."""
    words = plain(said).split()
    if not words:
        return []
    exact = [one for one in known if one.plain.split() == words]
    return exact or [one for one in known if one.plain.split()[: len(words)] == words]


def phone_of(payee: Payee) -> Phone:
    return parse_phone(f"+{payee.msisdn}", payee.country)


class Payees:
    def __init__(self, storage: Storage, now: Clock, changed: Callable[[], None]) -> None:
        """`changed` is called after a change is committed: there are letters to send."""
        self._storage = storage
        self._now = now
        self._changed = changed

    async def all_of(self, member: Member) -> Sequence[Payee]:
        return await self._storage.run(payees.all_of, member.merchant.id or 0)

    async def get(self, member: Member, payee_id: int) -> Payee:
        found = await self._storage.run(payees.get, member.merchant.id or 0, payee_id)
        if found is None:
            raise UserError("payee.gone")
        return found

    async def named(self, member: Member, said: str) -> list[Payee]:
        return matching(await self.all_of(member), said)

    async def split(self, member: Member, line: str) -> tuple[list[Payee], str]:
        """The payees whom the line's first words name, as many words as fit, and what follows them."""
        words = line.split()
        if not words or any(sign.isdigit() for sign in words[0]):
            return [], line
        known = await self.all_of(member)
        for end in range(min(MOST_WORDS, len(words)), 0, -1):
            if found := matching(known, " ".join(words[:end])):
                return found, " ".join(words[end:])
        return [], line

    async def accept(self, member: Member, name: str) -> str:
        """A name whose number is still to be asked for, as it would be saved."""
        return await self._storage.run(_demand, member, name)

    async def save(self, member: Member, name: str, phone: Phone) -> Payee:
        saved = await self._storage.run(_save, member, name, phone, self._now())
        self._changed()
        return saved

    async def rename(self, member: Member, payee_id: int, name: str) -> Payee:
        renamed = await self._storage.run(_rename, member, payee_id, name, self._now())
        self._changed()
        return renamed

    async def change_phone(self, member: Member, payee_id: int, phone: Phone) -> Payee:
        changed = await self._storage.run(_change_phone, member, payee_id, phone, self._now())
        self._changed()
        return changed

    async def remove(self, member: Member, payee_id: int) -> None:
        await self._storage.run(_remove, member, payee_id, self._now())
        self._changed()


def _save(session: Session, member: Member, name: str, phone: Phone, now: datetime) -> Payee:
    name, merchant_id = _demand(session, member, name), member.merchant.id or 0
    if len(payees.all_of(session, merchant_id, lock=True)) >= MOST:
        raise UserError("payee.too_many", most=MOST)
    _demand_free(session, merchant_id, name, phone.msisdn)
    try:
        with session.begin_nested():
            payee = payees.save(
                session,
                merchant_id,
                name,
                plain(name),
                phone.msisdn,
                phone.country,
                by_id=member.person.id,
                at=now,
            )
    except IntegrityError:
        raise UserError("payee.name_taken", name=name) from None
    _record(session, member, payee, "payee_saved", before="", after=_told(payee), at=now)
    return payee


def _rename(session: Session, member: Member, payee_id: int, name: str, now: datetime) -> Payee:
    name, payee = _demand(session, member, name), _locked(session, member, payee_id)
    _demand_free(session, payee.merchant_id, name, "", but=payee.id)
    before, payee.name, payee.plain = _told(payee), name, plain(name)
    session.add(payee)
    _record(session, member, payee, "payee_named", before=before, after=_told(payee), at=now)
    return payee


def _change_phone(session: Session, member: Member, payee_id: int, phone: Phone, now: datetime) -> Payee:
    _demand(session, member, None)
    payee = _locked(session, member, payee_id)
    _demand_free(session, payee.merchant_id, "", phone.msisdn)
    before, payee.msisdn, payee.country = _told(payee), phone.msisdn, phone.country
    session.add(payee)
    _record(session, member, payee, "payee_phone", before=before, after=_told(payee), at=now)
    return payee


def _remove(session: Session, member: Member, payee_id: int, now: datetime) -> None:
    _demand(session, member, None)
    payee = _locked(session, member, payee_id)
    _record(session, member, payee, "payee_removed", before=_told(payee), after="", at=now)
    session.delete(payee)


def _demand(session: Session, member: Member, name: str | None) -> str:
    """The right as it is now, and a name that can be told from an amount and from a number."""
    decisions.demand_still(session, member, Right.EDIT_PAYEES)
    if name is None:
        return ""
    line = " ".join(name.split())
    fits = 2 <= len(line) <= LONGEST_NAME and len(line.split()) <= MOST_WORDS
    if not fits or not any(sign.isalpha() for sign in line) or any(sign.isdigit() for sign in line):
        raise UserError("payee.bad_name", most=MOST_WORDS)
    return line


def _locked(session: Session, member: Member, payee_id: int) -> Payee:
    merchant_id = member.merchant.id or 0
    payee = next((one for one in payees.all_of(session, merchant_id, lock=True) if one.id == payee_id), None)
    if payee is None:
        raise UserError("payee.gone")
    return payee


def _demand_free(session: Session, merchant_id: int, name: str, msisdn: str, but: int | None = None) -> None:
    same = payees.by_name(session, merchant_id, plain(name)) if name else None
    if same and same.id != but:
        raise UserError("payee.name_taken", name=same.name)
    if msisdn and (bearer := payees.by_phone(session, merchant_id, msisdn)):
        raise UserError("payee.phone_taken", name=bearer.name)


def _told(payee: Payee) -> str:
    return f"{payee.name} · {pretty(payee.msisdn)}"


def _record(
    session: Session, member: Member, payee: Payee, what: str, *, before: str, after: str, at: datetime
) -> None:
    by, merchant_id = member.person.id, payee.merchant_id
    tell = set(people.owners(session, merchant_id)) - {by}
    deeds.record(
        session,
        merchant_id,
        at=at,
        by=f"person:{by}",
        what=what,
        about=f"payee:{payee.id}",
        after=ending(payee.msisdn),
        tell=tell,
        names=(before, after),
    )
