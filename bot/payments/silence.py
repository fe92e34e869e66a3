"""Systems that used to call back and have fallen silent, while payments end because we ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.payments.accounts import Accounts
from providers.base import Clock
from providers.messages import Verb
from storage import inbound, settled
from storage.engine import Storage

SILENT = timedelta(hours=6)
_LATE = timedelta(minutes=10)
_ENOUGH = 2
"""One callback may be lost by chance."""

_KEPT = timedelta(days=30)
_STRAYS_KEPT = timedelta(days=3)
"""After two days a payment in doubt is a person's; no reply of ours comes later than that."""


@dataclass(frozen=True, slots=True)
class Silence:
    provider: str
    title: str
    since: datetime


class Callers:
    def __init__(self, storage: Storage, accounts: Accounts, now: Clock) -> None:
        self._storage = storage
        self._accounts = accounts
        self._now = now

    async def silent(self, merchant_id: int) -> list[Silence]:
        found = []
        for provider in self._accounts.of(merchant_id):
            if Verb.PARSE_CALLBACK in provider.verbs:
                since = await self._storage.run(_silent_since, merchant_id, provider.name, self._now())
                found += [Silence(provider.name, provider.sheet.title, since)] if since else []
        return found

    async def clear(self) -> None:
        now = self._now()
        await self._storage.run(inbound.clear, before=now - _KEPT, strays_before=now - _STRAYS_KEPT)


def _silent_since(session: Session, merchant_id: int, provider: str, now: datetime) -> datetime | None:
    last = inbound.last_at(session, merchant_id, provider)
    if last is None or now - last < SILENT:
        return None
    missed = settled.by_asking(session, merchant_id, provider, last, now - _LATE)
    return last if missed >= _ENOUGH else None
