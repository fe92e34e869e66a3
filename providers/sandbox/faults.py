"""What shall go wrong, for which path and how often. Ordering only: `breakage` does it to the wire.

Faults live in memory: a restart begins with a whole wire.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    DELAY = "delay"
    DROP_REQUEST = "drop_request"
    DROP_REPLY = "drop_reply"
    STATUS = "status"
    HTML = "html"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    STUCK = "stuck"
    CALLBACKS_OFF = "callbacks_off"
    CALLBACKS_TWICE = "callbacks_twice"
    CALLBACKS_FORGED = "callbacks_forged"
    CALLBACKS_LATE = "callbacks_late"


ON_THE_WIRE = frozenset(kind for kind in FaultKind if kind is not FaultKind.STUCK and not kind.startswith("callbacks"))
ON_CALLBACKS = frozenset(kind for kind in FaultKind if kind.startswith("callbacks"))


class Fault(BaseModel):
    """`path` is a part of the request's path (for callbacks: the entry's endpoint), `*` is all of them.

    `times` is for how many requests; none is until cleared. `after_work` does what was asked and only then
    breaks the reply: it holds for delay, status and html. `drop_reply`, `malformed`, `truncated` and `empty`
    always do the work first, `drop_request` never.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    path: str = "*"
    times: int | None = Field(None, ge=1)
    seconds: float = Field(1.0, ge=0)
    status: int = Field(502, ge=400, le=599)
    body: dict[str, Any] | None = None
    after_work: bool = False


@dataclass(slots=True)
class Ordered:
    id: int
    fault: Fault
    left: int | None

    def show(self) -> dict[str, Any]:
        return {"id": self.id, **self.fault.model_dump(mode="json"), "left": self.left}


class Faults:
    """`on_cleared` is called when no `stuck` fault is left."""

    def __init__(self) -> None:
        self.on_cleared: list[Callable[[], None]] = []
        self._ordered: list[Ordered] = []
        self._last = 0

    def order(self, kind: FaultKind | str, path: str = "*", **details: Any) -> Ordered:
        return self.add(Fault(kind=FaultKind(kind), path=path, **details))

    def add(self, fault: Fault) -> Ordered:
        self._last += 1
        self._ordered.append(ordered := Ordered(self._last, fault, fault.times))
        return ordered

    def all(self) -> list[Ordered]:
        """Used-up ones too: what a `stuck` fault holds stays held until the fault is cleared."""
        return list(self._ordered)

    def take(self, kinds: frozenset[FaultKind] | set[FaultKind], path: str) -> list[Fault]:
        """The faults that hit this request; each is used once."""
        hit = [ordered for ordered in self._ordered if _hits(ordered, kinds, path)]
        for ordered in hit:
            if ordered.left is not None:
                ordered.left -= 1
        return [ordered.fault for ordered in hit]

    def clear(self, fault_id: int | None = None) -> int:
        """How many were cleared; without an id, all."""
        before = len(self._ordered)
        self._ordered = [ordered for ordered in self._ordered if fault_id not in (None, ordered.id)]
        if not any(ordered.fault.kind is FaultKind.STUCK for ordered in self._ordered):
            for tell in self.on_cleared:
                tell()
        return before - len(self._ordered)


def _hits(ordered: Ordered, kinds: frozenset[FaultKind] | set[FaultKind], path: str) -> bool:
    if ordered.fault.kind not in kinds or ordered.left == 0:
        return False
    return ordered.fault.path == "*" or ordered.fault.path in path
