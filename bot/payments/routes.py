"""Finds the system for a payment among a merchant's accounts, with what is known of them at this moment."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from bot.payments.accounts import Accounts
from bot.payments.health import Health
from bot.payments.routing import Candidate, Need, NoRoute, Pockets, Route, choose
from providers.base import Clock, Kind, Provider, Verb
from providers.errors import ProviderError

log = structlog.get_logger()

_FRESH = timedelta(seconds=60)
_PATIENCE = 3.0
"""Seconds: a balance that takes longer is not waited for."""


class Routes:
    def __init__(self, accounts: Accounts, health: Health, now: Clock) -> None:
        self._accounts = accounts
        self._health = health
        self._now = now
        self._purses: dict[tuple[int, str], tuple[datetime, Pockets]] = {}

    async def find(
        self, merchant_id: int, need: Need, *, without: Collection[str] = (), via: str = ""
    ) -> Route | NoRoute:
        """`without` leaves systems out; `via` insists on one. Balances matter only where there is a choice."""
        accounts = [one for one in self._accounts.of(merchant_id) if one.name not in without and via in ("", one.name)]
        able = [one for one in accounts if isinstance(choose(need, [Candidate.of(one)]), Route)]
        ask = able if need.kind is not Kind.COLLECTION and len(able) > 1 else []
        purses = dict(
            zip(
                (one.name for one in ask),
                await asyncio.gather(*(self._pockets(merchant_id, one) for one in ask)),
                strict=True,
            )
        )
        candidates = [
            Candidate.of(one, pockets=purses.get(one.name), unwell=self._health.unwell(merchant_id, one.name))
            for one in accounts
        ]
        return choose(need, candidates)

    async def _pockets(self, merchant_id: int, provider: Provider) -> Pockets:
        """Empty where the system has no such call, or does not answer at once."""
        known = self._purses.get((merchant_id, provider.name))
        if known and self._now() - known[0] < _FRESH:
            return known[1]
        if Verb.BALANCE not in provider.verbs:
            return {}
        try:
            async with asyncio.timeout(_PATIENCE):
                pockets = {(one.amount.currency, one.pocket): one.amount for one in await provider.balance()}
        except (ProviderError, TimeoutError):
            return {}
        except Exception:  # one gateway's fault must not close the counter
            log.exception("a gateway failed", provider=provider.name)
            return {}
        self._purses[merchant_id, provider.name] = (self._now(), pockets)
        return pockets

    def spent(self, merchant_id: int, provider: str) -> None:
        """Money moved there: what was known of its balance is old."""
        self._purses.pop((merchant_id, provider), None)
