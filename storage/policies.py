"""A merchant's rules for money out, and what left in a time. Knows no rule by heart."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy
from sqlalchemy import ColumnElement, bindparam, func, or_, update
from sqlmodel import Session, col, select

from storage import notices, prepared
from storage.models import Batch, Merchant, Payment, Policy
from storage.states import NEVER_SENT, State

_NOT_CONFIRMED = {State.DRAFT, State.FAILED, *NEVER_SENT}
"""Where nothing left, and nothing will."""
_AT_ONCE = 500
PAUSED = "paused"
"""Why a payment that could be sent is not, in the place of a system's reason."""
_DRAFTS_LIVE = timedelta(hours=3)
"""Longer than a payment can wait between its first line and its confirmation: lets the index on creation serve."""

_merchant = prepared.table_of(Merchant)
_PAUSED = sqlalchemy.select(_merchant.c.id).where(
    _merchant.c.id.in_(bindparam("ids", expanding=True)), _merchant.c.paused_at.is_not(None)
)


def locked(session: Session, merchant_id: int) -> Merchant:
    """The merchant's row, so that of several confirmations at once each counts the ones before it.

    `key_share`: records that only name the merchant, as every payment's do, need not wait for it.
    """
    return session.get_one(Merchant, merchant_id, with_for_update={"key_share": True}, populate_existing=True)


def policy(session: Session, merchant_id: int, currency: str) -> Policy | None:
    return session.get(Policy, (merchant_id, currency))


def wants_factor(session: Session, merchant_id: int) -> bool:
    """Whether in any currency an amount asks for a second factor."""
    wanted = select(Policy.merchant_id).where(Policy.merchant_id == merchant_id, col(Policy.factor_from).is_not(None))
    return session.exec(wanted.limit(1)).first() is not None


def left_since(
    session: Session,
    merchant_id: int,
    currency: str,
    kinds: Collection[str],
    since: datetime,
    *,
    asker_id: int | None = None,
    payee: str | None = None,
    without: str = "",
    without_batch: str = "",
) -> int:
    """The sum of what was confirmed and has not failed, what waits for approval included."""
    wanted = select(func.coalesce(func.sum(Payment.amount), 0)).where(
        *_confirmed(merchant_id, currency, kinds, since), Payment.id != without, _outside(without_batch)
    )
    if asker_id is not None:
        wanted = wanted.where(Payment.asker_id == asker_id)
    if payee is not None:
        wanted = wanted.where(Payment.payee == payee)
    return int(session.exec(wanted).one())


def was_paid(session: Session, merchant_id: int, payee: str, kind: str) -> bool:
    """Whether a payment of this kind ever reached this payee."""
    wanted = select(Payment.id).where(
        Payment.merchant_id == merchant_id,
        Payment.payee == payee,
        Payment.kind == kind,
        Payment.state == State.SUCCEEDED,
    )
    return session.exec(wanted.limit(1)).first() is not None


def left_to_each(
    session: Session, merchant_id: int, currency: str, kinds: Collection[str], since: datetime, *, without_batch: str
) -> dict[str, int]:
    """As `left_since`, for every payee at once."""
    wanted = (
        select(Payment.payee, func.sum(Payment.amount))
        .where(*_confirmed(merchant_id, currency, kinds, since), _outside(without_batch))
        .group_by(col(Payment.payee))
    )
    return {payee: int(total) for payee, total in session.exec(wanted)}


def _confirmed(merchant_id: int, currency: str, kinds: Collection[str], since: datetime) -> list[ColumnElement[bool]]:
    return [
        col(Payment.merchant_id) == merchant_id,
        col(Payment.currency) == currency,
        col(Payment.kind).in_(kinds),
        col(Payment.state).not_in(_NOT_CONFIRMED),
        col(Payment.created_at) >= since - _DRAFTS_LIVE,
        col(Payment.confirmed_at) >= since,
    ]


def _outside(batch_id: str) -> ColumnElement[bool]:
    return or_(col(Payment.batch_id).is_(None), col(Payment.batch_id) != batch_id)


def ever_paid(session: Session, merchant_id: int, payees: Collection[str]) -> set[str]:
    """Those of them whom a payout reached before."""
    reached: set[str] = set()
    names = sorted(payees)
    for start in range(0, len(names), _AT_ONCE):
        wanted = (
            select(Payment.payee)
            .distinct()
            .where(
                Payment.merchant_id == merchant_id,
                col(Payment.payee).in_(names[start : start + _AT_ONCE]),
                Payment.kind == "payout",
                Payment.state == State.SUCCEEDED,
            )
        )
        reached |= set(session.exec(wanted))
    return reached


def same_before(session: Session, payment: Payment, since: datetime) -> Sequence[tuple[str, datetime]]:
    """Payments like this one, confirmed since then: whose they are and when."""
    wanted = select(Payment.id, col(Payment.confirmed_at)).where(
        Payment.merchant_id == payment.merchant_id,
        Payment.payee == payment.payee,
        Payment.kind == payment.kind,
        Payment.amount == payment.amount,
        Payment.currency == payment.currency,
        Payment.id != payment.id,
        col(Payment.state).not_in(_NOT_CONFIRMED),
        col(Payment.confirmed_at) >= since,
    )
    return [(payment_id, at) for payment_id, at in session.exec(wanted) if at]


def paused(session: Session, merchants: Collection[int]) -> set[int]:
    return set(prepared.run(session, _PAUSED, {"ids": list(merchants)}).scalars()) if merchants else set()


def pause(session: Session, merchant_id: int, kinds: Collection[str], person_id: int | None, now: datetime) -> bool:
    """False where it was paused already. What waits to be sent says so on its card."""
    merchant = locked(session, merchant_id)
    if merchant.paused_at:
        return False
    merchant.paused_at, merchant.paused_by = now, person_id
    session.add(merchant)
    _mark(session, merchant_id, kinds, now, before="", after=PAUSED)
    return True


def resume(session: Session, merchant_id: int, kinds: Collection[str], now: datetime) -> bool:
    """False where nothing was paused. What waits goes on when it is due: a first payment's wait is not cut short."""
    merchant = locked(session, merchant_id)
    if not merchant.paused_at:
        return False
    merchant.paused_at = merchant.paused_by = None
    session.add(merchant)
    _mark(session, merchant_id, kinds, now, before=PAUSED, after="")
    return True


def _mark(
    session: Session, merchant_id: int, kinds: Collection[str], now: datetime, *, before: str, after: str
) -> None:
    waiting = (
        update(Payment)
        .where(
            col(Payment.merchant_id) == merchant_id,
            col(Payment.state) == State.QUEUED,
            col(Payment.kind).in_(kinds),
            col(Payment.reason) == before,
        )
        .values(reason=after)
        .returning(Payment)
    )
    rows = session.scalars(waiting, execution_options={"populate_existing": True}).all()
    for row in rows:
        if row.batch_id is None:
            notices.tell(session, row, now, group=True, new=False)
    for batch in _batches(session, {row.batch_id for row in rows if row.batch_id}):
        notices.tell(session, batch, now, group=True, new=False)


def _batches(session: Session, ids: Collection[str]) -> Sequence[Batch]:
    return session.exec(select(Batch).where(col(Batch.id).in_(ids))).all() if ids else []


def save(session: Session, policy: Policy) -> None:
    session.merge(policy)
