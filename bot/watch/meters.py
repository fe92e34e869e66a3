"""What this instance counted, for Prometheus. Labels are words of ours: no phone, no name, no merchant.

Counters are each instance's own: of several, their sum is the truth.
"""

import platform
from collections.abc import Collection, Iterable
from importlib import metadata

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from providers.client import VERDICTS
from providers.messages import Kind
from storage.changes import Change
from storage.states import State

OTHER = "other"
"""What a row says that no part of the program knows any more: a system whose file was taken away."""

_SETTLING = (1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600, 48 * 3600)
_CALLING = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60)
TELEGRAM = ("ok", "flood", "refused", "unreachable")


class Meters:
    def __init__(self, systems: Iterable[str], database: str) -> None:
        self.systems = frozenset(systems)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        about = {"version": metadata.version("guichet"), "python": platform.python_version(), "database": database}
        Gauge("guichet_build_info", "What runs here.", tuple(about), registry=self.registry).labels(**about).set(1)
        alike = ("system", "kind")
        self._moves = Counter(
            "guichet_payment_moves",
            "Payments that came into a state, by their system and kind.",
            (*alike, "state"),
            registry=self.registry,
        )
        self._settling = Histogram(
            "guichet_settling_seconds",
            "From the confirmation to the end that the system told.",
            (*alike, "state"),
            buckets=_SETTLING,
            registry=self.registry,
        )
        self._answers = Histogram(
            "guichet_provider_answer_seconds",
            "How long a payment system took to answer one request.",
            ("system",),
            buckets=_CALLING,
            registry=self.registry,
        )
        self._calls = Counter(
            "guichet_provider_calls",
            "Calls to a payment system by how they ended: ok, unreachable, limited, keys, doubt, refused.",
            ("system", "result"),
            registry=self.registry,
        )
        self._telegram = Counter(
            "guichet_telegram_calls",
            "Calls to Telegram by how they ended: ok, flood (429), refused, unreachable.",
            ("result",),
            registry=self.registry,
        )
        self._telegram_answers = Histogram(
            "guichet_telegram_answer_seconds",
            "How long Telegram took to answer, the waiting for messages left out.",
            buckets=_CALLING,
            registry=self.registry,
        )
        for result in TELEGRAM:
            self._telegram.labels(result)
        for system in self.systems:
            for result in VERDICTS:
                self._calls.labels(system, result)

    def moved(self, changes: Iterable[Change]) -> None:
        for change in changes:
            labels = (self.system(change.provider), _one_of(change.kind, set(Kind)), _one_of(change.after, set(State)))
            self._moves.labels(*labels).inc()
            if change.took is not None:
                self._settling.labels(*labels).observe(max(0.0, change.took.total_seconds()))

    def answered(self, system: str, seconds: float) -> None:
        self._answers.labels(self.system(system)).observe(seconds)

    def ended(self, system: str, how: str) -> None:
        self._calls.labels(self.system(system), how).inc()

    def telegram(self, result: str, seconds: float | None = None) -> None:
        self._telegram.labels(result).inc()
        if seconds is not None:
            self._telegram_answers.observe(seconds)

    def system(self, name: str) -> str:
        return _one_of(name, self.systems)


def _one_of(word: str, known: Collection[str]) -> str:
    return str(word) if word in known else OTHER
