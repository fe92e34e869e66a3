"""Payments: made once, changed only by compare-and-swap, each change with its event."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam, insert, or_, update
from sqlmodel import Session, col, select

from storage import chain, notices, prepared, shifts, states
from storage import changes as moves
from storage.models import Attempt, Event, Payment
from storage.prepared import Entities
from storage.states import State

_LONGEST_OPEN = timedelta(days=3)
"""After two days an open payment is a person's to decide."""

_payments, _attempts, _events = Entities(Payment), Entities(Attempt), prepared.table_of(Event)
_table, _tried = _payments.table, _attempts.table

_BY_INTENT = sqlalchemy.select(_table.c.id).where(
    _table.c.merchant_id == bindparam("merchant"), _table.c.intent == bindparam("of_intent")
)
_BY_ID = sqlalchemy.select(_table).where(_table.c.id == bindparam("payment"))
_LOCK = _BY_ID.with_for_update()
_AMEND = (
    update(_table).where(_table.c.id == bindparam("payment"), _table.c.version == bindparam("seen")).returning(_table)
)
_MOVE = _AMEND.where(_table.c.state == bindparam("before"))
_TRIED = sqlalchemy.select(_tried).where(_tried.c.payment_id == bindparam("payment")).order_by(_tried.c.created_at)
_ALL_TRIED = (
    sqlalchemy.select(_tried)
    .where(_tried.c.payment_id.in_(bindparam("ids", expanding=True)))
    .order_by(_tried.c.created_at)
)
_SAY = insert(_events)


def create_once(session: Session, payment: Payment, *, by: str) -> tuple[Payment, bool]:
    """The payment of this intent, and whether it was made just now.

    Two that ask at once are told apart by the unique intent: the loser's transaction is done again (see
    `Storage.transact`) and finds the winner's row.
    """
    if known := by_intent(session, payment.merchant_id, payment.intent):
        return known, False
    payment.payee = payee_of(payment)
    shifts.mark(session, [payment])
    made = _payments.insert(session, payment)
    _record(session, made, before="", at=payment.created_at, by=by)
    return made, True


def payee_of(payment: Payment) -> str:
    """What limits are counted by: an address where there is one, else the phone."""
    return payment.extras.get("address") or payment.msisdn


def by_intent(session: Session, merchant_id: int, intent: str) -> Payment | None:
    known = prepared.run(session, _BY_INTENT, {"merchant": merchant_id, "of_intent": intent}).scalar()
    return get(session, merchant_id, known) if known else None  # there rarely is one: a whole row costs more to ask for


def get(session: Session, merchant_id: int, payment_id: str, *, lock: bool = False) -> Payment | None:
    """`lock`: nobody else changes it until this transaction ends."""
    payment = _payments.one(session, _LOCK if lock else _BY_ID, {"payment": payment_id})
    return payment if payment and payment.merchant_id == merchant_id else None


def search(
    session: Session, merchant_id: int, text: str, *, asker_id: int | None = None, limit: int = 5
) -> list[Payment]:
    """By our id, either system's reference, or the digits of a phone; newest first. `asker_id`: only theirs."""
    matches = or_(
        col(Payment.id) == text.upper(),
        col(Payment.reference) == text,
        col(Payment.operator_reference) == text,
        col(Payment.msisdn) == text,
    )
    wanted = _of(merchant_id, asker_id).where(matches).limit(limit)
    return list(session.exec(wanted))


def recent(
    session: Session, merchant_id: int, *, asker_id: int | None = None, limit: int = 10, offset: int = 0
) -> list[Payment]:
    return list(session.exec(_of(merchant_id, asker_id).limit(limit).offset(offset)))


def unpaid(
    session: Session, merchant_id: int, *, settled: tuple[datetime, datetime], reasons: Collection[str], limit: int
) -> list[Payment]:
    """Requests to phones that ended unpaid between these times for one of these reasons, the oldest first."""
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id,
        Payment.kind == "collection",
        Payment.channel == "mobile",
        Payment.state == State.FAILED,
        col(Payment.created_at) >= settled[0] - _LONGEST_OPEN,
        col(Payment.settled_at) >= settled[0],
        col(Payment.settled_at) <= settled[1],
        col(Payment.reason).in_(reasons),
    )
    return list(session.exec(wanted.order_by(col(Payment.settled_at)).limit(limit)))


def still_open(session: Session, merchant_id: int, *, asker_id: int | None = None, limit: int = 20) -> list[Payment]:
    """What has not ended, and what a person must decide; newest first."""
    wanted = _of(merchant_id, asker_id).where(col(Payment.state).in_(states.OPEN | {State.REVIEW}))
    return list(session.exec(wanted.limit(limit)))


def _of(merchant_id: int, asker_id: int | None) -> Any:
    wanted = select(Payment).where(Payment.merchant_id == merchant_id)
    if asker_id is not None:
        of_till = shifts.of_their_till(merchant_id, asker_id)
        wanted = wanted.where(or_(col(Payment.asker_id) == asker_id, col(Payment.shift_id).in_(of_till)))
    return wanted.order_by(col(Payment.created_at).desc(), col(Payment.id))


def by_reference(session: Session, merchant_id: int, provider: str, reference: str) -> Payment | None:
    wanted = select(Payment).where(
        Payment.merchant_id == merchant_id, Payment.provider == provider, Payment.reference == reference
    )
    return session.exec(wanted).first() if reference else None


def by_key(session: Session, merchant_id: int, key: str) -> Payment | None:
    """The payment whose attempt has this key on the wire."""
    attempt = session.get(Attempt, key) if key else None
    return get(session, merchant_id, attempt.payment_id) if attempt else None


def hold(session: Session, ids: Collection[str]) -> None:
    """Of all that one transaction changes, first of all and in one order.

    Whoever changes one of a sheet's lines has its row and then the sheet's notice: who had the notice first would wait
    for a row, and that one for the notice.
    """
    session.exec(select(Payment.id).where(col(Payment.id).in_(ids)).order_by(Payment.id).with_for_update()).all()


def refunded_by(session: Session, refund: Payment) -> Payment | None:
    """The payment that a refund gives back; None for what is no refund."""
    if refund.kind != "refund":
        return None
    return get(session, refund.merchant_id, refund.intent.removeprefix("refund:").partition(":")[0])


def attempts(session: Session, payment_id: str) -> Sequence[Attempt]:
    """Oldest first."""
    return _attempts.all(session, _TRIED, {"payment": payment_id})


def attempts_of(session: Session, ids: Collection[str]) -> dict[str, list[Attempt]]:
    """The same of several payments."""
    found: dict[str, list[Attempt]] = {one: [] for one in ids}
    for attempt in _attempts.all(session, _ALL_TRIED, {"ids": list(ids)}) if ids else ():
        found[attempt.payment_id].append(attempt)
    return found


def events(session: Session, payment_id: str) -> Sequence[Event]:
    return session.exec(select(Event).where(Event.payment_id == payment_id).order_by(col(Event.id))).all()


def may_have_left(session: Session) -> Sequence[Payment]:
    """Of all merchants: what somebody or the clock could have sent the moment after this was written."""
    wanted = select(Payment).where(col(Payment.state).in_(states.UNDECIDED | {State.QUEUED, State.SENDING}))
    return session.exec(wanted.order_by(col(Payment.id))).all()


def remark(session: Session, payment: Payment, note: str, *, at: datetime, by: str) -> None:
    """An event that changes nothing: something was said of a payment that only a person may still change."""
    _say(session, payment, before=payment.state, at=at, by=by, note=note)


def amend(session: Session, payment: Payment, *, at: datetime, by: str, note: str, **changes: Any) -> Payment | None:
    """Changes what the card shows and not how the payment stands, with its event; None if it moved meanwhile."""
    seen = {"payment": payment.id, "seen": payment.version}
    amended = _payments.one(session, _AMEND, {**seen, "version": payment.version + 1, **changes})
    if amended:
        _record(session, amended, before=amended.state, at=at, by=by, note=note)
    return amended


def forget_code(session: Session, payment: Payment) -> None:
    """A payer's one-time code is not kept once it was used."""
    kept = {name: value for name, value in payment.extras.items() if name != "otp"}
    session.execute(update(Payment).where(col(Payment.id) == payment.id).values(extras=kept))


def learn_reference(session: Session, payment: Payment, reference: str) -> None:
    """From a verified callback, where no reply ever brought one: only now can the status be asked."""
    session.execute(
        update(Payment).where(col(Payment.id) == payment.id, col(Payment.reference) == "").values(reference=reference)
    )


def move(
    session: Session,
    payment: Payment,
    after: State,
    *,
    at: datetime,
    by: str,
    note: str = "",
    due_at: datetime | None = None,
    **changes: Any,
) -> Payment | None:
    """Changes the row if it is still as `payment` shows it, with its event and its notices; None if it is not.

    Raises IllegalMove for a change that the table of states does not have.
    """
    states.check(payment.state, after)
    if after in states.SETTLED:
        changes["settled_at"] = at
    before = payment.state  # the row below may be the same object
    seen = {"payment": payment.id, "before": before, "seen": payment.version}
    changes |= {"state": after, "version": payment.version + 1, "due_at": due_at}
    moved = _payments.one(session, _MOVE, {**seen, **changes})
    if moved is None:
        return None
    _record(session, moved, before=before, at=at, by=by, note=note)
    shifts.tell_late(session, moved, at)
    return moved


def add_attempt(session: Session, payment: Payment, key: str, *, at: datetime) -> Attempt:
    attempt = Attempt(
        id=key,
        merchant_id=payment.merchant_id,
        payment_id=payment.id,
        provider=payment.provider,
        created_at=at,
    )
    return _attempts.insert(session, attempt)


def _record(session: Session, payment: Payment, *, before: str, at: datetime, by: str, note: str = "") -> None:
    _say(session, payment, before=before, at=at, by=by, note=note)
    moves.note(session, payment, before)
    notices.announce(session, payment, at, fresh=not before)
    if paid := refunded_by(session, payment):  # it is no longer simply paid
        notices.tell(session, paid, at, group=False, new=False)


def _say(session: Session, payment: Payment, *, before: str, at: datetime, by: str, note: str) -> None:
    event = {
        "merchant_id": payment.merchant_id,
        "payment_id": payment.id,
        "at": at,
        "by": by,
        "before": before,
        "after": payment.state,
        "note": note,
    }
    chain.note(session, Event, {"id": prepared.add(session, _SAY, event), **event})
