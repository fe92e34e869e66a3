"""Ends what nobody confirmed, approved or filled in in time."""

from datetime import datetime, timedelta

from sqlmodel import Session

from providers.base import Clock
from storage import diary, forms, payments
from storage.engine import Storage
from storage.states import UNDECIDED, State

DRAFT_LIVES = timedelta(minutes=15)

_LEASE = timedelta(seconds=30)
_BATCH = 100


class Expiry:
    def __init__(self, storage: Storage, now: Clock) -> None:
        self._storage = storage
        self._now = now

    async def tick(self) -> None:
        while await self._storage.run(_expire, self._now()) == _BATCH:
            pass
        await self._storage.run(forms.clear, self._now())


def _expire(session: Session, now: datetime) -> int:
    late = diary.claim_due(session, UNDECIDED, now=now, lease=_LEASE, limit=_BATCH)
    for payment in late:
        payments.move(session, payment, State.EXPIRED, at=now, by="clock")
    return len(late)
