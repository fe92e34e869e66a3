"""The stop button: no money leaves the merchant until somebody lets it."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from bot.payments import approvals
from bot.payments.approvals import Right
from bot.payments.policy import GUARDED
from providers.base import Clock
from storage import deeds, people, policies
from storage.engine import Storage
from storage.people import Member


class Brake:
    """What was handed to a system already can't be held; everything else waits, also over a restart."""

    def __init__(self, storage: Storage, now: Clock, changed: Callable[[], None]) -> None:
        self._storage = storage
        self._now = now
        self._changed = changed

    async def pause(self, member: Member) -> bool:
        """Whether it was running. Everybody who sees the button may press it."""
        approvals.demand(member, Right.STOP)
        merchant_id, person_id = member.merchant.id or 0, member.person.id
        stopped = await self._storage.run(_pause, merchant_id, person_id, self._now())
        self._changed()
        return stopped

    async def resume(self, member: Member) -> bool:
        """Whether it was paused. Takes the right to let money go."""
        approvals.demand(member, Right.APPROVE)
        merchant_id, person_id = member.merchant.id or 0, member.person.id
        resumed = await self._storage.run(_resume, merchant_id, person_id, self._now())
        self._changed()
        return resumed


def _pause(session: Session, merchant_id: int, person_id: int, now: datetime) -> bool:
    stopped = policies.pause(session, merchant_id, GUARDED, person_id, now)
    if stopped:
        _tell_owners(session, merchant_id, person_id, now, "pause")
    return stopped


def _resume(session: Session, merchant_id: int, person_id: int, now: datetime) -> bool:
    resumed = policies.resume(session, merchant_id, GUARDED, now)
    if resumed:
        _tell_owners(session, merchant_id, person_id, now, "resume")
    return resumed


def _tell_owners(session: Session, merchant_id: int, person_id: int, now: datetime, what: str) -> None:
    """All but the one who did it and sees it."""
    others = [owner for owner in people.owners(session, merchant_id) if owner != person_id]
    deeds.record(session, merchant_id, at=now, by=f"person:{person_id}", what=what, tell=others)
