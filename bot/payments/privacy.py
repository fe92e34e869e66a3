"""How long phones and names are kept, everything held on one number, and its erasure.

Erasing masks: the amounts, the states and the chain of events stay, and name nobody.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session, SQLModel

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.approvals import Right
from providers.base import Clock
from storage import chores, deeds, people, policies, privacy
from storage.engine import Storage
from storage.models import Merchant, Payment
from storage.people import Member
from storage.privacy import Held

log = structlog.get_logger()

SPANS = (0, 90, 365, 730, 1825)
"""Days; 0 is never. The shortest is longer than anybody may want a payment back."""

OPERATOR = "operator"
"""By whom a deed is that was done on the machine itself."""

_NIGHT = time(3)
_CHORE = "mask"
_LEASE = timedelta(minutes=20)
_AT_ONCE = 200
_SHOWN_END = 2


@dataclass(frozen=True, slots=True)
class Erased:
    """How many payments name nobody any more, and what had to stay, by why."""

    masked: int
    payees: int
    open: int
    refundable: int
    schedules: int


class Privacy:
    def __init__(self, storage: Storage, now: Clock, changed: Callable[[], None]) -> None:
        """`changed` is called after a change is committed: there are letters to send."""
        self._storage = storage
        self._now = now
        self._changed = changed

    async def keep(self, member: Member, days: int) -> int:
        """Masks from the next night on what is older."""
        approvals.demand(member, Right.SET_LIMITS)
        if days not in SPANS:
            raise UserError("privacy.usage")
        await self._storage.run(_keep, member.merchant.id or 0, days, _who(member), self._now())
        self._changed()
        return days

    async def held(self, member: Member, msisdn: str) -> Held:
        approvals.demand(member, Right.SET_LIMITS)
        return await self._storage.run(privacy.held, member.merchant.id or 0, msisdn, self._now())

    async def export(self, member: Member, msisdn: str) -> bytes:
        approvals.demand(member, Right.SET_LIMITS)
        said = await self._storage.run(export, member.merchant.id or 0, msisdn, _who(member), self._now())
        self._changed()
        return said

    async def erase(self, member: Member, msisdn: str) -> Erased:
        approvals.demand(member, Right.SET_LIMITS)
        erased = await self._storage.run(erase, member.merchant.id or 0, msisdn, _who(member), self._now())
        self._changed()
        return erased

    async def tick(self) -> None:
        """Once a night for each merchant, by whichever instance takes it first."""
        now = self._now()
        for merchant in await self._storage.run(chores.merchants):
            here = now.astimezone(ZoneInfo(merchant.timezone))
            if merchant.keep_days and here.time() >= _NIGHT:
                merchant_id, day = merchant.id or 0, here.date()
                taken = await self._storage.run(chores.take, merchant_id, _CHORE, day, now=now, lease=_LEASE)
                if taken is not None:
                    await self._mask_old(merchant, now)
                    await self._storage.run(chores.done, merchant_id, _CHORE, day)

    async def _mask_old(self, merchant: Merchant, now: datetime) -> None:
        """Page by page: other work goes on between two of them."""
        before, masked = now - timedelta(days=merchant.keep_days), 0
        after: tuple[datetime, str] | None = None
        while True:
            count, last = await self._storage.run(_mask_page, merchant.id or 0, before, after, now)
            masked += count
            if last is None:
                break
            after = last
        await self._storage.run(privacy.mask_plans, merchant.id or 0, before)
        log.info("masked", merchant=merchant.id, payments=masked)


def _mask_page(
    session: Session, merchant_id: int, before: datetime, after: tuple[datetime, str] | None, now: datetime
) -> tuple[int, tuple[datetime, str] | None]:
    rows = privacy.old(session, merchant_id, before, after=after, limit=_AT_ONCE)
    if not rows:
        return 0, None
    return privacy.mask(session, rows, now), (rows[-1].created_at, rows[-1].id)


def _who(member: Member) -> str:
    return f"person:{member.person.id}"


def _keep(session: Session, merchant_id: int, days: int, by: str, now: datetime) -> None:
    merchant = policies.locked(session, merchant_id)
    before, merchant.keep_days = merchant.keep_days, days
    session.add(merchant)
    _record(session, merchant_id, "privacy", by, now, before=str(before), after=str(days))


def _record(
    session: Session,
    merchant_id: int,
    what: str,
    by: str,
    now: datetime,
    *,
    about: str = "",
    before: str = "",
    after: str,
) -> None:
    tell = [owner for owner in people.owners(session, merchant_id) if f"person:{owner}" != by]
    deeds.record(session, merchant_id, at=now, by=by, what=what, about=about, before=before, after=after, tell=tell)


def ending(msisdn: str) -> str:
    """All that a record says of a number: enough for who knows it, nothing for who does not."""
    return f"•••{msisdn[-_SHOWN_END:]}"


def export(session: Session, merchant_id: int, msisdn: str, by: str, now: datetime) -> bytes:
    """Everything held on a number, as JSON. That it was asked for is recorded, without the number."""
    found = privacy.held(session, merchant_id, msisdn, now)
    said = {
        "number": msisdn,
        "at": now.isoformat(),
        "payments": [_payment(session, payment) for payment in found.payments],
        "saved_payees": _plain(found.payees),
        "schedules": _plain(found.schedules),
    }
    count = str(len(found.payments))
    _record(session, merchant_id, "person_exported", by, now, about=ending(msisdn), after=count)
    return json.dumps(said, indent=2, ensure_ascii=False, default=str).encode()


def _payment(session: Session, payment: Payment) -> dict[str, Any]:
    events, attempts, receipts = privacy.trail(session, payment)
    return {
        **payment.model_dump(),
        "events": _plain(events),
        "attempts": _plain(attempts),
        "receipts": _plain(receipts),
    }


def _plain(rows: Sequence[SQLModel]) -> list[dict[str, Any]]:
    return [row.model_dump() for row in rows]


def erase(session: Session, merchant_id: int, msisdn: str, by: str, now: datetime) -> Erased:
    """Masks at once what may be masked; what is open or could still be wanted back stays, and is counted."""
    found = privacy.held(session, merchant_id, msisdn, now)
    masked = privacy.mask(session, found.free, now)
    privacy.mask_plans(session, merchant_id, now, msisdn)
    privacy.forget_payees(session, found.payees)
    erased = Erased(masked, len(found.payees), len(found.open), len(found.refundable), len(found.schedules))
    kept = erased.open + erased.refundable + erased.schedules
    about, after = ending(msisdn), f"{masked + erased.payees} / {kept}"
    _record(session, merchant_id, "person_erased", by, now, about=about, after=after)
    return erased
