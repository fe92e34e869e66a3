"""What the database and the accounts show at a scrape. The database is read once in a few seconds at most.

Every instance shows the same database: of several, any one of them is the truth (in PromQL: max).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import structlog
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from bot.payments.accounts import Accounts
from bot.watch.meters import Meters
from bot.watch.readiness import Readiness
from providers.base import Clock
from storage import soundings
from storage.engine import Storage
from storage.soundings import Sounding
from storage.states import OPEN, UNDECIDED, State

log = structlog.get_logger()

Values = Mapping[tuple[str, ...], float]
"""By the words of the labels."""

FRESH = timedelta(seconds=5)
_PATIENCE = 5.0
_DOUBT = frozenset({State.UNKNOWN, State.REVIEW})
_CONFIRMED = OPEN - UNDECIDED


class Lookout(Collector):
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        meters: Meters,
        now: Clock,
        readiness: Readiness,
    ) -> None:
        self._storage = storage
        self._accounts = accounts
        self._meters = meters
        self._now = now
        self._readiness = readiness
        self._sounding: Sounding | None = None
        self._sounded_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()
        meters.registry.register(self)

    async def scrape(self) -> bytes:
        """In Prometheus' text format."""
        async with self._one_at_a_time:
            now = self._now()
            if self._sounded_at is None or not timedelta() <= now - self._sounded_at < FRESH:
                await self._readiness.missing()
                self._sounding = await self._sound()
                self._sounded_at = now
        return generate_latest(self._meters.registry)

    async def _sound(self) -> Sounding | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._storage.run(soundings.take, sorted(self._meters.systems), self._now())
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("the database could not be sounded", error=type(error).__name__)
            return None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read when it is registered."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _plain("guichet_ready", "Whether this instance can work: what /ready says.", float(self._readiness.well))
        yield self._budgets()
        sounding = self._sounding
        yield _plain("guichet_database_up", "Whether the database could be read.", float(sounding is not None))
        if sounding:
            yield from self._of_database(sounding)

    def _budgets(self) -> GaugeMetricFamily:
        left: dict[tuple[str, ...], float] = {}
        for provider in self._accounts.every():
            for pot, calls in provider.budget_left().items():
                key = (self._meters.system(provider.name), pot)
                left[key] = min(calls, left.get(key, calls))
        about = "Calls that this instance may still make this minute, of the account that has fewest."
        return _family("guichet_provider_budget_left", about, ("system", "pot"), left)

    def _of_database(self, sounding: Sounding) -> Iterator[GaugeMetricFamily]:
        known = {self._meters.system(provider.name) for provider in self._accounts.every()}
        counts: dict[tuple[str, ...], float] = defaultdict(float)
        for one in sounding.standing:
            counts[self._meters.system(one.provider), one.kind, one.state] += one.count
        about = "Payments that have not ended, by their system, kind and state."
        yield _family("guichet_open_payments", about, ("system", "kind", "state"), counts)
        about = "Age of the oldest payment that was confirmed and has not ended; 0 where there is none."
        yield self._oldest("guichet_oldest_open_payment_seconds", about, sounding, _CONFIRMED, known)
        about = "Age of the oldest payment of which nobody knows how it ended; 0 where there is none."
        yield self._oldest("guichet_oldest_doubt_seconds", about, sounding, _DOUBT, known)
        depths: Values = {(name,): float(queue.depth) for name, queue in sounding.queues.items()}
        yield _family("guichet_queue_depth", "What could be worked now and waits.", ("queue",), depths)
        waits: Values = {(name,): self._since(queue.since) for name, queue in sounding.queues.items()}
        yield _family("guichet_queue_wait_seconds", "How long the first in a queue has waited.", ("queue",), waits)
        calls: Values = {(system,): self._since(at) for system, at in sounding.called.items()}
        about = "Since a system's last callback about one of our payments; nothing where it never called."
        yield _family("guichet_since_callback_seconds", about, ("system",), calls)

    def _oldest(
        self, name: str, about: str, sounding: Sounding, among: Iterable[State], known: Iterable[str]
    ) -> GaugeMetricFamily:
        ages: dict[tuple[str, ...], float] = {(system,): 0.0 for system in known}
        for one in sounding.standing:
            if one.state in among:
                key = (self._meters.system(one.provider),)
                ages[key] = max(ages.get(key, 0.0), self._since(one.since))
        return _family(name, about, ("system",), ages)

    def _since(self, moment: datetime | None) -> float:
        return max(0.0, (self._now() - moment).total_seconds()) if moment else 0.0


def _plain(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def _family(name: str, about: str, labels: tuple[str, ...], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
