"""What each chat still has to be shown. A notice is written in the transaction of the change it tells."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, null, or_, update
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, col, select

from storage import dayboards, people, tones, topics
from storage.models import Audience, Batch, Form, Merchant, Mode, Notice, Payment, Schedule
from storage.models.columns import Utc
from storage.states import State

_table = Notice.__table__  # type: ignore[attr-defined]
_DELIVERED = (
    update(_table)
    .where(_table.c.id == bindparam("notice"))
    .values(
        message_id=bindparam("message"),
        shown=bindparam("delivered"),
        error="",
        tries=0,
        due_at=case((_table.c.wanted == bindparam("delivered"), null()), else_=bindparam("later", type_=Utc)),
    )
)
"""Made once: it runs for every message that leaves."""

_house = Merchant.__table__  # type: ignore[attr-defined]
_GROUP = select(_house.c.admin_chat_id).where(_house.c.id == bindparam("merchant"))
"""Likewise, with every change of a payment; the whole row would cost ten times as much."""

_LOOKS_THE_SAME = {State.SENDING}
"""A card that says that it is being sent says so from QUEUED on."""

_BEAT = {Audience.ASKER: timedelta(seconds=2), Audience.GROUP: timedelta(seconds=6)}
"""A batch's hundred lines change within a second: its boards follow at a pace that leaves room for other messages."""

Subject = Payment | Batch
"""What a notice shows."""


def announce(session: Session, payment: Payment, now: datetime, *, fresh: bool = False) -> None:
    """The asker's card always; the admin group's line from the first state that concerns it, then each change.

    A line of a batch has neither: it is shown on the batch's boards. `fresh`: nobody was told of this payment yet.
    """
    if payment.state in _LOOKS_THE_SAME or _comes_at_once(payment):
        return
    event = tones.event_of(payment)
    mode = tones.mode(session, payment.merchant_id, event) if event else Mode.OFF
    subject = session.get_one(Batch, payment.batch_id) if payment.batch_id else payment
    paced = payment.batch_id is not None
    quiet = mode is not Mode.ON if event else None
    heard = payment.state is not State.PENDING
    untold = fresh and not paced
    tell(session, subject, now, group=heard, new=mode is not Mode.OFF, paced=paced, quiet=quiet, untold=untold)
    if payment.checks.get("needs"):
        ask_approvers(session, subject, now, new=payment.state is State.AWAITING_APPROVAL)


def _comes_at_once(payment: Payment) -> bool:
    """A link's first word is the link itself, unless that has to wait."""
    return payment.channel == "link" and payment.state in {State.DRAFT, State.QUEUED} and not payment.reason


def tell(
    session: Session,
    subject: Subject,
    now: datetime,
    *,
    group: bool,
    new: bool,
    paced: bool = False,
    quiet: bool | None = None,
    untold: bool = False,
) -> None:
    """Something changed: for the asker's eyes, and for the `group`'s, where it is told of already or this is `new`.

    `quiet` is how the group hears of it, if it has not heard yet; None leaves that as it was.
    """
    chats = {Audience.ASKER: subject.chat_id}
    chosen = _group_of(session, subject.merchant_id)
    if group and chosen:
        chats[Audience.GROUP] = chosen
    for audience, chat_id in chats.items():
        due_at = now + _BEAT[audience] if paced else now
        # One line of the asker's own group is enough; but one that was begun before it was that must not grow stale.
        begins = audience is Audience.ASKER or (new and chat_id != subject.chat_id)
        _want(
            session,
            subject,
            audience,
            [chat_id],
            due_at,
            new=begins,
            quiet=quiet if audience is Audience.GROUP else None,
            untold=untold,
        )
    if isinstance(subject, Payment) and subject.channel == "link" and not untold:
        _want(session, subject, Audience.INLINE, [], now, new=False)


def follow_inline(session: Session, payment: Payment, inline_message_id: str, now: datetime) -> None:
    """Somebody posted the request in a chat of theirs: that message shows from now on how it stands."""
    session.add(
        Notice(
            merchant_id=payment.merchant_id,
            payment_id=payment.id,
            audience=Audience.INLINE,
            chat_id=0,
            inline_message_id=inline_message_id,
            due_at=now,
        )
    )


def ask_approvers(session: Session, subject: Subject, now: datetime, *, new: bool) -> None:
    """One by one, in private, where there is no group to ask."""
    if not _group_of(session, subject.merchant_id):
        asked = people.approvers(session, subject.merchant_id, without=subject.asker_id)
        _want(session, subject, Audience.APPROVER, asked, now, new=new)


def _group_of(session: Session, merchant_id: int) -> int | None:
    known = session.identity_map.get(identity_key(Merchant, merchant_id))
    if isinstance(known, Merchant):  # who has it in hand may have changed it
        return known.admin_chat_id
    chosen: int | None = session.connection().execute(_GROUP, {"merchant": merchant_id}).scalar()
    return chosen


def _want(
    session: Session,
    subject: Subject,
    audience: Audience,
    chats: Iterable[int],
    due_at: datetime,
    *,
    new: bool,
    quiet: bool | None = None,
    untold: bool = False,
) -> None:
    # One that is being delivered stays leased, or a second worker would send a second message beside the first;
    # `delivered` sees that more is wanted by then. The same holds for one that waits out a flood limit.
    is_batch = isinstance(subject, Batch)
    of_it = col(Notice.batch_id if is_batch else Notice.payment_id) == subject.id
    bump = (
        update(Notice)
        .where(of_it, col(Notice.audience) == audience)
        .values(wanted=Notice.wanted + 1, due_at=func.coalesce(Notice.due_at, due_at))
    )
    if quiet is not None:
        bump = bump.values(quiet=quiet)
    if (not untold and session.execute(bump).rowcount) or not new:  # type: ignore[attr-defined]
        return
    session.add_all(
        Notice(
            merchant_id=subject.merchant_id,
            payment_id=None if is_batch else subject.id,
            batch_id=subject.id if is_batch else None,
            audience=audience,
            chat_id=chat_id,
            due_at=due_at,
            quiet=bool(quiet),
        )
        for chat_id in chats
    )


def claim(
    session: Session, audience: Audience, *, now: datetime, lease: timedelta, limit: int
) -> list[tuple[Notice, Subject, Merchant]]:
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
        select(Notice, Payment, Batch, Merchant)
        .join(Payment, col(Payment.id) == Notice.payment_id, isouter=True)
        .join(Batch, col(Batch.id) == Notice.batch_id, isouter=True)
        .join(Merchant, col(Merchant.id) == Notice.merchant_id)
        .where(col(Notice.id).in_(ids))
        .order_by(col(Notice.id))
    )
    return [(notice, payment or batch, merchant) for notice, payment, batch, merchant in session.exec(wanted)]


def keep(session: Session, ids: Collection[int | None], *, now: datetime, lease: timedelta) -> None:
    """Longer, for whoever still has them in hand. One that was delivered, or is owed again, stays as it is."""
    session.execute(update(Notice).where(col(Notice.id).in_(ids), col(Notice.due_at) > now).values(due_at=now + lease))


def delivered(session: Session, notice: Notice, message_id: int, now: datetime) -> None:
    """Shows `notice.wanted` changes; one that came meanwhile keeps the row due."""
    beat = _BEAT[notice.audience] if notice.batch_id else timedelta(0)
    session.connection().execute(
        _DELIVERED,
        {"notice": notice.id, "message": message_id, "delivered": notice.wanted, "later": now + beat},
    )


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
    session.execute(update(Batch).where(col(Batch.chat_id) == old_chat_id).values(chat_id=new_chat_id))
    session.execute(update(Schedule).where(col(Schedule.chat_id) == old_chat_id).values(chat_id=new_chat_id))
    owed = update(Notice).where(col(Notice.chat_id) == old_chat_id, col(Notice.due_at).is_not(None))
    session.execute(owed.values(due_at=now))
    session.execute(update(Form).where(col(Form.chat_id) == old_chat_id).values(chat_id=new_chat_id))
    dayboards.follow_group(session, old_chat_id, new_chat_id, now)
    topics.follow_group(session, old_chat_id)
    moved = update(Notice).where(col(Notice.chat_id) == old_chat_id)
    session.execute(moved.values(chat_id=new_chat_id, message_id=None))


def of(session: Session, subject_id: str) -> Sequence[Notice]:
    """A payment's, or a batch's."""
    its = or_(col(Notice.payment_id) == subject_id, col(Notice.batch_id) == subject_id)
    return session.exec(select(Notice).where(its).order_by(col(Notice.id))).all()
