"""Which payments a transaction moved, told once it is committed. For whoever counts: no money depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from storage.models import Payment
from storage.states import IN_FLIGHT, State

_CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Change:
    """`took` is from the confirmation to an end that a system told; None for every other change."""

    provider: str
    kind: str
    after: State
    took: timedelta | None = None


def note(session: Session, payment: Payment, before: str) -> None:
    """A row that learned something and stays in its state did not move."""
    if before != payment.state:
        _noted(session).append(Change(payment.provider, payment.kind, payment.state, _took(payment, before)))


def _took(payment: Payment, before: str) -> timedelta | None:
    told = payment.state in {State.SUCCEEDED, State.FAILED} and before in IN_FLIGHT
    if not told or payment.settled_at is None or payment.confirmed_at is None:
        return None
    return payment.settled_at - payment.confirmed_at


def note_lines(session: Session, lines: Sequence[tuple[str, str]], after: State) -> None:
    """Of a sheet: each line's system and kind."""
    _noted(session).extend(Change(provider, kind, after) for provider, kind in lines)


def of(session: Session) -> Sequence[Change]:
    return tuple(_noted(session))


def _noted(session: Session) -> list[Change]:
    noted: list[Change] = session.info.setdefault(_CHANGES, [])
    return noted
