"""What one movement of money is: asked for as a Draft, kept as an Entry. Neutral words, no system's.

An entry is opened pending and carries what will become of it and when (`due_*`): a customer's silence, a test
number's outcome, a payout's arrival.
"""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from sqlite3 import Row
from typing import Any
from uuid import UUID

from providers.sandbox.store import moment, stamp


class Kind(StrEnum):
    COLLECTION = "collection"
    PAYOUT = "payout"
    AIRTIME = "airtime"


class Reason(StrEnum):
    """Why an entry failed. Each system says it in its own words."""

    DECLINED = "declined"
    TIMEOUT = "timeout"
    INSUFFICIENT = "insufficient_funds"
    UNKNOWN_PAYER = "unknown_payer"
    UNKNOWN_PAYEE = "unknown_payee"


class State(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Due:
    """What happens to a pending entry by itself."""

    after: float
    state: State
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a system asks of the ledger. `account` is the merchant's, where the money comes from or goes to.

    `moves` is what the customer's wallet gives or gets: the amount, or 0 for a test number that only pretends.
    """

    system: str
    endpoint: str
    kind: Kind
    amount: int
    currency: str
    msisdn: str
    operator: str
    account: str
    due: Due
    moves: int
    fee: int = 0
    external_reference: str = ""
    external_user: str = ""
    description: str = ""
    asker: str = ""
    code: str = ""
    held: bool = False
    id: UUID | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """`moved` is what the customer's wallet gives or gets if it succeeds; `fee` is the system's part of it."""

    id: str
    system: str
    endpoint: str
    kind: Kind
    amount: int
    fee: int
    moved: int
    currency: str
    msisdn: str
    operator: str
    account: str
    external_reference: str
    external_user: str
    description: str
    asker: str
    code: str
    operator_reference: str
    extra: dict[str, str]
    state: State
    reason: Reason | None
    opened_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    due_state: State
    due_reason: Reason | None
    held: bool

    @property
    def final(self) -> bool:
        return self.state is not State.PENDING

    @classmethod
    def from_row(cls, row: Row) -> "Entry":
        raw = {name: row[name] for name in _FIELDS}
        raw.update(
            kind=Kind(raw["kind"]),
            state=State(raw["state"]),
            due_state=State(raw["due_state"]),
            reason=Reason(raw["reason"]) if raw["reason"] else None,
            due_reason=Reason(raw["due_reason"]) if raw["due_reason"] else None,
            extra=json.loads(raw["extra"]),
            held=bool(raw["held"]),
            **{name: moment(raw[name]) for name in ("opened_at", "ended_at", "due_at")},
        )
        return cls(**raw)

    def columns(self) -> dict[str, Any]:
        columns = {name: getattr(self, name) for name in _FIELDS}  # asdict() copies deeply: half of all the time
        columns.update(
            extra=json.dumps(self.extra),
            reason=self.reason or "",
            due_reason=self.due_reason or "",
            **{name: stamp(getattr(self, name)) for name in ("opened_at", "ended_at", "due_at")},
        )
        return columns

    def summary(self) -> dict[str, Any]:
        """For the control interface: times as text, nothing left out."""
        return {**self.columns(), "extra": self.extra, "held": self.held}


_FIELDS = tuple(item.name for item in fields(Entry))


def opened(draft: Draft, entry_id: str, now: datetime) -> Entry:
    return Entry(
        id=entry_id, system=draft.system, endpoint=draft.endpoint, kind=draft.kind, amount=draft.amount,
        fee=draft.fee, moved=draft.moves, currency=draft.currency, msisdn=draft.msisdn, operator=draft.operator,
        account=draft.account, external_reference=draft.external_reference, external_user=draft.external_user,
        description=draft.description, asker=draft.asker, code=draft.code, operator_reference="",
        extra=draft.extra, state=State.PENDING, reason=None, opened_at=now, ended_at=None,
        due_at=now + timedelta(seconds=draft.due.after), due_state=draft.due.state, due_reason=draft.due.reason,
        held=draft.held,
    )  # fmt: skip
