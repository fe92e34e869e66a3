"""Sheets of payments: made once, moved together, claimed in groups. Each line stays a payment with its own events."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage import changes as moves
from storage import notices, shifts, states
from storage.diary import lease_out
from storage.models import Batch, Event, Payment
from storage.states import SETTLED, State

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sum:
    """The lines of a batch that are alike. `fee` is None where a system does not tell it."""

    provider: str
    currency: str
    state: State
    lines: int
    amount: int
    fee: int | None
    due_at: datetime | None
    """The earliest: of drafts, until when they can be confirmed."""


def create_once(session: Session, batch: Batch, lines: Sequence[Payment], *, by: str) -> tuple[Batch, bool]:
    """The batch of this intent, and whether it was made just now, with its lines. One without lines has no board: it
    only keeps what was wrong with each row.
    """
    if known := by_intent(session, batch.merchant_id, batch.intent):
        return known, False
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        if known := by_intent(session, batch.merchant_id, batch.intent):
            return known, False
        raise
    shifts.mark(session, lines)
    for line in lines:
        line.batch_id, line.payee = batch.id, line.msisdn
    session.add_all(lines)
    session.flush()
    if lines:
        _log(session, batch, {line.id: "" for line in lines}, State.DRAFT, at=batch.created_at, by=by)
        moves.note_lines(session, [(line.provider, line.kind) for line in lines], State.DRAFT)
        notices.tell(session, batch, batch.created_at, group=False, new=True)
    return batch, True


def by_intent(session: Session, merchant_id: int, intent: str) -> Batch | None:
    return session.exec(select(Batch).where(Batch.merchant_id == merchant_id, Batch.intent == intent)).one_or_none()


def get(session: Session, merchant_id: int, batch_id: str) -> Batch | None:
    batch = session.get(Batch, batch_id)
    return batch if batch and batch.merchant_id == merchant_id else None


def move_lines(
    session: Session,
    batch: Batch,
    before: Collection[State],
    after: State,
    *,
    at: datetime,
    by: str,
    only: Collection[int] | None = None,
    **changes: Any,
) -> int:
    """Moves every line that is in one of these states, each with its event; how many there were.

    One statement is the compare-and-swap of all: a line that somebody else moved first is not touched.
    """
    moved: dict[str, str] = {}
    if after in SETTLED:
        changes["settled_at"] = at
    for state in before:
        states.check(state, after)
        swap = update(Payment).where(col(Payment.batch_id) == batch.id, col(Payment.state) == state)
        if only is not None:
            swap = swap.where(col(Payment.line).in_(only))
        values = {"due_at": None, **changes, "state": after, "version": Payment.version + 1}
        swapped = swap.values(**values).returning(col(Payment.id), col(Payment.provider), col(Payment.kind))
        rows = session.execute(swapped).all()
        moved |= dict.fromkeys((row.id for row in rows), state)
        moves.note_lines(session, [(row.provider, row.kind) for row in rows if state != after], after)
    if moved:
        _log(session, batch, moved, after, at=at, by=by)
        notices.tell(session, batch, at, group=True, new=after in {State.QUEUED, State.AWAITING_APPROVAL})
        notices.ask_approvers(session, batch, at, new=after is State.AWAITING_APPROVAL)
    return len(moved)


def _log(session: Session, batch: Batch, before: dict[str, str], after: State, *, at: datetime, by: str) -> None:
    session.add_all(
        Event(merchant_id=batch.merchant_id, payment_id=payment_id, at=at, by=by, before=state, after=after)
        for payment_id, state in before.items()
    )
    session.flush()


def sums(session: Session, batch_id: str) -> list[Sum]:
    alike = (col(Payment.provider), col(Payment.currency), col(Payment.state))
    count = func.count()
    wanted = (
        select(*alike, count, func.sum(Payment.amount), func.sum(Payment.fee), func.count(col(Payment.fee)))  # type: ignore[call-overload]
        .add_columns(func.min(col(Payment.due_at)))
        .where(Payment.batch_id == batch_id)
        .group_by(*alike)
        .order_by(*alike)
    )
    return [
        Sum(provider, currency, state, lines, int(amount), int(fee) if told == lines else None, due_at)
        for provider, currency, state, lines, amount, fee, told, due_at in session.exec(wanted)
    ]


def lines(session: Session, batch_id: str) -> list[Payment]:
    return list(session.exec(select(Payment).where(Payment.batch_id == batch_id).order_by(col(Payment.line))))


def newest_open(session: Session, merchant_id: int, asker_id: int, chat_id: int) -> Payment | None:
    """The newest payment that a person asked for in a chat and that has not ended, of a batch or not."""
    wanted = (
        select(Payment)
        .where(
            Payment.merchant_id == merchant_id,
            Payment.asker_id == asker_id,
            Payment.chat_id == chat_id,
            col(Payment.state).not_in(SETTLED),
        )
        .order_by(col(Payment.created_at).desc())
        .limit(1)
    )
    return session.exec(wanted).first()


def in_groups(providers: Collection[str], alone: Collection[str]) -> ColumnElement[bool]:
    """Lines that go out together: of systems that take many, but for those refused in company for such a reason."""
    return and_(
        col(Payment.batch_id).is_not(None), col(Payment.provider).in_(providers), col(Payment.reason).not_in(alone)
    )


def claim_group(
    session: Session,
    grouped: ColumnElement[bool],
    *,
    now: datetime,
    lease: timedelta,
    most: Callable[[int, str], int],
) -> list[Payment]:
    """Queued lines of one batch and one system, the longest overdue group first.

    `most` tells how many of a merchant's lines a system may be given now.
    """
    due = (grouped, col(Payment.state) == State.QUEUED, col(Payment.due_at) <= now, col(Payment.due_at).is_not(None))
    group = (col(Payment.batch_id), col(Payment.merchant_id), col(Payment.provider))
    waiting = select(*group).where(*due).group_by(*group).order_by(func.min(col(Payment.due_at)))
    for batch_id, merchant_id, provider in session.exec(waiting).all():
        if limit := most(merchant_id, provider):
            wanted = (
                select(Payment.id)
                .where(*due, Payment.batch_id == batch_id, Payment.provider == provider)
                .order_by(col(Payment.line))
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            if ids := session.exec(wanted).all():
                return lease_out(session, ids, now + lease)
    return []


def by_ids(session: Session, merchant_id: int, ids: Collection[str]) -> dict[str, Payment]:
    wanted, found = sorted(set(ids)), dict[str, Payment]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = select(Payment).where(
            Payment.merchant_id == merchant_id, col(Payment.id).in_(wanted[start : start + _AT_ONCE])
        )
        found |= {payment.id: payment for payment in session.exec(some)}
    return found


def by_intents(session: Session, merchant_id: int, intents: Collection[str]) -> dict[str, Payment]:
    wanted, found = sorted(set(intents)), dict[str, Payment]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = select(Payment).where(
            Payment.merchant_id == merchant_id, col(Payment.intent).in_(wanted[start : start + _AT_ONCE])
        )
        found |= {payment.intent: payment for payment in session.exec(some)}
    return found


def paid_lately(session: Session, merchant_id: int, msisdns: Collection[str], since: datetime) -> list[Payment]:
    """Payouts to these phones since then that went out, or still may."""
    phones, found = sorted(set(msisdns)), list[Payment]()
    for start in range(0, len(phones), _AT_ONCE):
        wanted = select(Payment).where(
            Payment.merchant_id == merchant_id,
            col(Payment.msisdn).in_(phones[start : start + _AT_ONCE]),
            Payment.created_at >= since,
            Payment.kind == "payout",
            col(Payment.state).not_in(states.NEVER_SENT | {State.DRAFT, State.FAILED, State.REVERSED}),
        )
        found += session.exec(wanted)
    return found
