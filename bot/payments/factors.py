"""The second factor: a code from the person's own phone (RFC 6238), for who lets a large amount go."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlmodel import Session

from bot.errors import UserError
from providers.base import Clock
from storage import deeds, factors, people
from storage.engine import Storage
from storage.people import Member
from storage.sealing import Sealer

_STEP = 30
_MOST_MISSES = 5
_REST = timedelta(minutes=15)
"""Five wrong codes, then a quarter of an hour: a million guesses would take years."""
_ISSUER = "Guichet"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`address` is what an authenticator scans; `sealed` is the secret as it may lie in a row meanwhile."""

    address: str
    sealed: str


class Factors:
    def __init__(self, storage: Storage, sealer: Sealer, now: Clock) -> None:
        self._storage = storage
        self._sealer = sealer
        self._now = now

    async def has(self, member: Member) -> bool:
        person = await self._storage.run(factors.read, member.person.id)
        return bool(person and person.factor)

    def begin(self, member: Member) -> Enrolment:
        """A new secret, which counts once a code of it was typed. Raises NoKey."""
        secret = pyotp.random_base32()
        sealed = self._sealer.seal(secret)
        return Enrolment(pyotp.TOTP(secret).provisioning_uri(name=member.person.name, issuer_name=_ISSUER), sealed)

    async def enrol(self, member: Member, sealed: str, code: str) -> None:
        step = _step_of(self._sealer.open(sealed), code, self._now())
        if step is None:
            raise UserError("factor.wrong")
        await self._storage.run(_enrol, member, sealed, step, self._now())

    async def prove(self, member: Member, code: str) -> None:
        """Raises UserError for a code that is wrong or was used, and where there is none or too many were wrong."""
        now = self._now()
        person = await self._storage.run(factors.read, member.person.id)
        if person is None or not person.factor:
            raise UserError("factor.none")
        if person.factor_rests_until and now < person.factor_rests_until:
            raise UserError("factor.rests", until=person.factor_rests_until)
        step = _step_of(self._sealer.open(person.factor), code, now)
        if step is None:
            await self._storage.run(factors.missed, person.id, _MOST_MISSES, now + _REST)
            raise UserError("factor.wrong")
        if not await self._storage.run(factors.use, person.id, step):
            raise UserError("factor.used")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Whose half minute the code is of: this one, or a neighbour's, since clocks differ."""
    this = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    fits = (step for step in (this, this - 1, this + 1) if hmac.compare_digest(totp.generate_otp(step), code))
    return next(fits, None)


def _enrol(session: Session, member: Member, sealed: str, step: int, now: datetime) -> None:
    factors.enrol(session, member.person.id, sealed, step)
    who, merchant_id = f"person:{member.person.id}", member.merchant.id or 0
    others = [owner for owner in people.owners(session, merchant_id) if owner != member.person.id]
    deeds.record(session, merchant_id, at=now, by=who, what="factor", about=who, tell=others)
