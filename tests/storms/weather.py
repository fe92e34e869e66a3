"""What goes wrong, when, and how often: drawn from the seed, counted by kind. After `clear` nothing does."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """On a wire. What has "after" in its name comes after the work was done."""

    REFUSED = "connection refused"
    LOST_REQUEST = "request lost"
    LOST_REPLY = "reply lost"
    SLOW_REPLY = "reply too slow"
    LATE_WORK = "work too late"
    FLOOD = "429"
    FLOOD_AFTER = "429 after"
    BROKEN = "5xx"
    BROKEN_AFTER = "5xx after"
    HTML = "html"
    HTML_AFTER = "html after"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    EMPTY = "empty"


BEFORE_WORK = frozenset({Fault.REFUSED, Fault.LOST_REQUEST, Fault.FLOOD, Fault.BROKEN, Fault.HTML})

SYSTEMS = ("campay", "kpay", "nkapsmart", "sauripay")
TELEGRAM = "telegram"
CALLBACKS = "guichet"

_AT_TELEGRAM = [
    Fault.REFUSED,
    Fault.LOST_REQUEST,
    Fault.LOST_REPLY,
    Fault.SLOW_REPLY,
    Fault.FLOOD,
    Fault.BROKEN,
    Fault.HTML,
    Fault.HTML_AFTER,
    Fault.MALFORMED,
]
_ON_THE_WAY_BACK = [Fault.REFUSED, Fault.LOST_REQUEST, Fault.LOST_REPLY, Fault.SLOW_REPLY, Fault.LATE_WORK]
_AT_SYSTEMS = list(Fault)


@dataclass(frozen=True, slots=True)
class Outage:
    place: str
    begins: float
    ends: float


@dataclass
class Weather:
    """`rate`: how much of what passes a wire meets a fault. `lasts`: seconds until it clears by itself."""

    chance: Random
    time: Callable[[], float]
    lasts: float
    rate: float
    deadly: float
    """How much of what the program awaits is its last."""
    outages: list[Outage] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    blows: list[float] = field(default_factory=list)
    """When the program died, or its books failed it."""
    over: bool = False

    @classmethod
    def drawn(cls, chance: Random, time: Callable[[], float], lasts: float) -> "Weather":
        weather = cls(
            chance,
            time,
            lasts,
            rate=chance.choice([0.0, 0.02, 0.05, 0.1, 0.2]),
            deadly=chance.choice([0.0, 0.001, 0.004, 0.012]),
        )
        for place in (*SYSTEMS, TELEGRAM, CALLBACKS, "database"):
            if chance.random() < 0.15:
                begins = chance.uniform(0, lasts * 0.8)
                longest = 20.0 if place == "database" else 400.0
                weather.outages.append(Outage(place, begins, begins + chance.uniform(2, longest)))
        return weather

    @property
    def stormy(self) -> bool:
        return not self.over and self.time() < self.lasts

    def clear(self) -> None:
        self.over = True

    def strikes(self, place: str, *, keyed: bool = True) -> Fault | None:
        """`keyed`: the system knows a key of ours again. Where it does not, nobody survives a 429 that lied."""
        if not self.stormy:
            return None
        if self._away(place):
            return self.met(Fault.REFUSED, place)
        if self.chance.random() >= self.rate:
            return None
        faults = _AT_TELEGRAM if place == TELEGRAM else _ON_THE_WAY_BACK if place == CALLBACKS else _AT_SYSTEMS
        fault = self.chance.choice(faults)
        if fault is Fault.FLOOD_AFTER and not keyed:
            fault = Fault.FLOOD
        return self.met(fault, place)

    def met(self, fault: Fault, place: str) -> Fault:
        self.counts[f"{'systems' if place in SYSTEMS else place}: {fault}"] += 1
        return fault

    def struck(self) -> None:
        self.blows.append(self.time())

    def latency(self) -> float:
        """Mostly quick, sometimes so slow that callbacks overtake replies."""
        if self.stormy and self.chance.random() < 0.1:
            return self.chance.uniform(1, 20)
        return self.chance.uniform(0.02, 0.4)

    def kills(self) -> bool:
        return self.stormy and self.chance.random() < self.deadly

    def database_away(self) -> bool:
        if not self.stormy:
            return False
        return self._away("database") or self.chance.random() < self.rate / 20

    def commit_lost(self) -> bool:
        """The work is in the books, and whoever did it hears of an error."""
        return self.stormy and self.chance.random() < self.rate / 40

    def _away(self, place: str) -> bool:
        now = self.time()
        return any(outage.place == place and outage.begins <= now < outage.ends for outage in self.outages)
