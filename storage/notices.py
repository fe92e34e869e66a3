"""What each chat still has to be shown. A notice is written in the transaction of the change it tells."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from storage.models import Audience, Form, Merchant, Notice, Payment
from storage.states import State

_LOOKS_THE_SAME = {State.SENDING}
"""A card that says that it is being sent says so from QUEUED on."""

_GROUP_HEARS = {State.UNKNOWN, State.SUCCEEDED, State.FAILED, State.REVIEW, State.REVERSED}
_GROUP_HEARS_MONEY_OUT = _GROUP_HEARS | {State.AWAITING_APPROVAL, State.QUEUED}
"""Money out is told before it leaves, while it can still be stopped; a request only once there is something to say."""


def announce(session: Session, payment: Payment, now: datetime) -> None:
    """The asker's card always; the admin group's line from the first state that concerns it, then each change."""
    if payment.state in _LOOKS_THE_SAME or _comes_at_once(payment):
        return
    _want(session, payment, Audience.ASKER, payment.chat_id, now)
    hears = _GROUP_HEARS if payment.kind == "collection" else _GROUP_HEARS_MONEY_OUT
    merchant = session.get(Merchant, payment.merchant_id)
    group = merchant.admin_chat_id if merchant else None
    if group and group != payment.chat_id and payment.state is not State.PENDING:
        _want(session, payment, Audience.GROUP, group, now, new=payment.state in hears)


def _comes_at_once(payment: Payment) -> bool:
    """A link's first word is the link itself, unless that has to wait."""
    return payment.channel == "link" and payment.state in {State.DRAFT, State.QUEUED} and not payment.reason


def _want(
    session: Session, payment: Payment, audience: Audience, chat_id: int, now: datetime, *, new: bool = True
) -> None:
    # One that is being delivered stays leased, or a second worker would send a second message beside the first;
    # `delivered` sees that more is wanted by then. The same holds for one that waits out a flood limit.
    bump = (
        update(Notice)
        .where(col(Notice.payment_id) == payment.id, col(Notice.audience) == audience)
        .values(wanted=Notice.wanted + 1, due_at=func.coalesce(Notice.due_at, now))
    )
    if session.execute(bump).rowcount or not new:  # type: ignore[attr-defined]
        return
    session.add(
        Notice(
            merchant_id=payment.merchant_id,
            payment_id=payment.id,
            audience=audience,
            chat_id=chat_id,
            due_at=now,
        )
    )


def claim(
    session: Session, audience: Audience, *, now: datetime, lease: timedelta, limit: int
) -> list[tuple[Notice, Payment, Merchant]]:
    """Notices that are owed to an audience, new messages before edits, each with what it shows as it is now."""
    owed = (
        select(Notice.id)
        .where(col(Notice.audience) == audience, col(Notice.due_at) <= now, col(Notice.due_at).is_not(None))
        .order_by(col(Notice.message_id).is_not(None), col(Notice.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.exec(owed).all()
    if not ids:
        return []
    session.execute(update(Notice).where(col(Notice.id).in_(ids)).values(due_at=now + lease))
    wanted = (
        select(Notice, Payment, Merchant)
        .join(Payment, col(Payment.id) == Notice.payment_id)
        .join(Merchant, col(Merchant.id) == Notice.merchant_id)
        .where(col(Notice.id).in_(ids))
        .order_by(col(Notice.id))
    )
    return [(notice, payment, merchant) for notice, payment, merchant in session.exec(wanted)]


def delivered(session: Session, notice: Notice, message_id: int, now: datetime) -> None:
    """Shows `notice.wanted` changes; one that came meanwhile keeps the row due."""
    session.execute(
        update(Notice)
        .where(col(Notice.id) == notice.id)
        .values(message_id=message_id, shown=notice.wanted, error="", tries=0)
    )
    session.execute(
        update(Notice)
        .where(col(Notice.id) == notice.id)
        .values(due_at=None if _current(session, notice) == notice.wanted else now)
    )


def _current(session: Session, notice: Notice) -> int | None:
    return session.exec(select(Notice.wanted).where(Notice.id == notice.id)).one_or_none()


def postpone(session: Session, notice: Notice, error: str, until: datetime | None) -> None:
    """`until` None gives up: the row keeps its error, and the payment's next change tries again."""
    session.execute(
        update(Notice).where(col(Notice.id) == notice.id).values(due_at=until, error=error, tries=Notice.tries + 1)
    )


def forget_message(session: Session, notice: Notice, now: datetime) -> None:
    """The message is gone from the chat: the next delivery sends a new one."""
    session.execute(update(Notice).where(col(Notice.id) == notice.id).values(message_id=None, due_at=now))


def follow_group(session: Session, old_chat_id: int, new_chat_id: int, now: datetime) -> None:
    """A group that became a supergroup has another id; its old messages can't be edited there any more."""
    session.execute(
        update(Merchant).where(col(Merchant.admin_chat_id) == old_chat_id).values(admin_chat_id=new_chat_id)
    )
    session.execute(update(Payment).where(col(Payment.chat_id) == old_chat_id).values(chat_id=new_chat_id))
    owed = update(Notice).where(col(Notice.chat_id) == old_chat_id, col(Notice.due_at).is_not(None))
    session.execute(owed.values(due_at=now))
    session.execute(update(Form).where(col(Form.chat_id) == old_chat_id).values(chat_id=new_chat_id))
    moved = update(Notice).where(col(Notice.chat_id) == old_chat_id)
    session.execute(moved.values(chat_id=new_chat_id, message_id=None))


def of(session: Session, payment_id: str) -> Sequence[Notice]:
    return session.exec(select(Notice).where(Notice.payment_id == payment_id).order_by(col(Notice.id))).all()
