"""Which accounts allow fewer looks than their open payments would like, and how the looks are shared out there.

Several instances each measure all that is open, so together they ask for what one account allows.
"""

from datetime import datetime, timedelta

from bot.payments.accounts import Accounts
from bot.payments.stride import EDGES, Stride
from providers.base import Clock
from storage import looks
from storage.engine import Storage
from storage.looks import Account
from storage.models import Payment

EVERY = timedelta(seconds=10)
_LONGEST = timedelta(minutes=1)
"""Of a longer pause nobody knows who was open in it: a laptop slept."""
_AHEAD = 1.0
"""Seconds to the next tick: calls that come free until then are given out in this one."""


class Strides:
    def __init__(self, storage: Storage, accounts: Accounts, now: Clock) -> None:
        self._storage = storage
        self._accounts = accounts
        self._now = now
        self._measured = now()
        self._of: dict[Account, Stride] = {}

    async def measure(self) -> None:
        limited = self._accounts.limited()
        self._of = {
            account: self._of.get(account) or Stride(one.sheet.pace.closest) for account, one in limited.items()
        }
        now, before = self._now(), self._measured
        self._measured = now
        if not limited:
            return
        edges = [now - timedelta(seconds=edge) for edge in EDGES[1:]]
        standing = await self._storage.run(looks.standing, edges)
        seconds = min(max(now - before, timedelta()), _LONGEST).total_seconds()
        for account, provider in limited.items():
            if account in self._of:
                stride, allowed = self._of[account], provider.looks_allowed() or 0
                stride.measure(standing.get(account, [0] * len(EDGES)), allowed, seconds)
                self._accounts.stretch(account, stride.gap if stride.scarce else None)

    def settled(self, payment: Payment, now: datetime) -> None:
        """A look found it settled."""
        stride = self._of.get((payment.merchant_id, payment.provider))
        if stride and payment.sent_at:
            stride.settled(now - payment.sent_at)

    def rooms(self) -> dict[Account, int]:
        """How many looks can begin now, where they are scarce: what is due beyond that waits in the books."""
        limited = self._accounts.limited()
        return {
            account: limited[account].looks_free(_AHEAD)
            for account, stride in self._of.items()
            if stride.scarce and account in limited
        }
