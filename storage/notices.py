"""What each chat still has to be shown. A notice is written in the transaction of the change it tells."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Boolean, bindparam, case, func, insert, null, or_, update
from sqlmodel import Session, col, select

from storage import dayboards, people, prepared, tones, topics
from storage.models import Audience, Batch, Form, Merchant, Mode, Notice, Payment, Schedule
from storage.models.columns import Utc
from storage.prepared import Entities
from storage.states import State

_notices, _payments, _batches, _merchants = Entities(Notice), Entities(Payment), Entities(Batch), Entities(Merchant)
_table, _house = _notices.table, _merchants.table
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
_BUMP = {
    # One that is being delivered stays leased, or a second worker would send a second message beside the first;
    # `delivered` sees that more is wanted by then. The same holds for one that waits out a flood limit.
    subject: update(_table)
    .where(_table.c[subject] == bindparam("subject"), _table.c.audience == bindparam("to"))
    .values(
        wanted=_table.c.wanted + 1,
        due_at=func.coalesce(_table.c.due_at, bindparam("now", type_=Utc)),
        quiet=func.coalesce(bindparam("hushed", type_=Boolean), _table.c.quiet),
    )
    for subject in ("payment_id", "batch_id")
}
_BEGIN = insert(_table)
_UNTOLD = {"message_id": None, "inline_message_id": None, "wanted": 1, "shown": 0, "tries": 0, "error": ""}

_DUE = (_table.c.due_at <= bindparam("now"), _table.c.due_at.is_not(None))
_OWING = sqlalchemy.select(_table.c.audience).where(*_DUE).distinct()
_OWED = (
    sqlalchemy.select(_table.c.id)
    .where(_table.c.audience == bindparam("to"), *_DUE)
    .order_by(_table.c.message_id.is_not(None), _table.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_THESE = _table.c.id.in_(bindparam("ids", expanding=True))
_TAKE = update(_table).where(_THESE)
_SHOWN = (
    sqlalchemy.select(_table, _payments.table, _batches.table, _house)
    .join(_payments.table, _payments.table.c.id == _table.c.payment_id, isouter=True)
    .join(_batches.table, _batches.table.c.id == _table.c.batch_id, isouter=True)
    .join(_house, _house.c.id == _table.c.merchant_id)
    .where(_THESE)
    .order_by(_table.c.id)
)
_GROUP = sqlalchemy.select(_house.c.admin_chat_id).where(_house.c.id == bindparam("merchant"))

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
    if group and (new or not untold) and (chosen := _group_of(session, subject.merchant_id)):
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
    chosen: int | None = prepared.run(session, _GROUP, {"merchant": merchant_id}).scalar()
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
    of = "batch_id" if isinstance(subject, Batch) else "payment_id"
    bump = {"subject": subject.id, "to": audience, "now": due_at, "hushed": quiet}
    if (not untold and prepared.run(session, _BUMP[of], bump).rowcount) or not new:
        return
    begun: dict[str, Any] = {"merchant_id": subject.merchant_id, "payment_id": None, "batch_id": None, of: subject.id}
    begun |= {"audience": audience, "due_at": due_at, "quiet": bool(quiet), **_UNTOLD}
    if rows := [{**begun, "chat_id": chat_id} for chat_id in chats]:
        prepared.run(session, _BEGIN, rows)


def owing(session: Session, now: datetime) -> set[Audience]:
    """To whom anything is owed at all: on most ticks to nobody."""
    return set(prepared.run(session, _OWING, {"now": now}).scalars())


def claim(
    session: Session, audience: Audience, *, now: datetime, lease: timedelta, limit: int
) -> list[tuple[Notice, Subject, Merchant]]:
    """Notices that are owed to an audience, new messages before edits, each with what it shows as it is now."""
    owed = prepared.run(session, _OWED, {"to": audience, "now": now, "most": limit})
    ids = owed.scalars().all()
    if not ids:
        return []
    prepared.run(session, _TAKE, {"ids": ids, "due_at": now + lease})
    return [_claimed(session, row) for row in prepared.run(session, _SHOWN, {"ids": ids}).all()]


def _claimed(session: Session, row: Sequence[Any]) -> tuple[Notice, Subject, Merchant]:
    notice, payment, batch, merchant = prepared.side_by_side(session, row, _notices, _payments, _batches, _merchants)
    return notice, payment or batch, merchant


def keep(session: Session, ids: Collection[int | None], *, now: datetime, lease: timedelta) -> None:
    """Longer, for whoever still has them in hand. One that was delivered, or is owed again, stays as it is."""
    session.execute(update(Notice).where(col(Notice.id).in_(ids), col(Notice.due_at) > now).values(due_at=now + lease))


def delivered(session: Session, notice: Notice, message_id: int, now: datetime) -> None:
    """Shows `notice.wanted` changes; one that came meanwhile keeps the row due."""
    beat = _BEAT[notice.audience] if notice.batch_id else timedelta(0)
    told = {"notice": notice.id, "message": message_id, "delivered": notice.wanted, "later": now + beat}
    prepared.run(session, _DELIVERED, told)


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
