"""Which boards of the day are behind, and who edits them. No transaction of a payment writes anything here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.chain import RECORDS
from storage.models import Chain, ChainLink, Dayboard, Merchant


@dataclass(frozen=True, slots=True)
class Behind:
    """A board to edit, or to post where it has no message; `board.due_at` is the end of the lease on it.

    `count` is how many records the merchant has, the last of them made `at`. `over`: the board's day is.
    """

    board: Dayboard
    merchant: Merchant
    count: int
    at: datetime
    over: bool = False


def day_of(merchant: Merchant, at: datetime) -> date:
    return at.astimezone(ZoneInfo(merchant.timezone)).date()


def claim(session: Session, *, now: datetime, lease: timedelta, limit: int) -> list[Behind]:
    """Nobody else sees these until the lease has run out. `limit`: as many hands are free."""
    found: list[Behind] = []
    for one in [*_over(session, now), *_today(session, now)]:
        if len(found) < limit and _take(session, one, now, now + lease):
            found.append(one)
    return found


def _over(session: Session, now: datetime) -> Iterator[Behind]:
    wanted = (
        select(Dayboard, Merchant, Chain)
        .join(Merchant, col(Merchant.id) == Dayboard.merchant_id)
        .join(Chain, col(Chain.merchant_id) == Dayboard.merchant_id)
        .where(col(Dayboard.due_at).is_not(None), col(Dayboard.due_at) <= now)
        .order_by(col(Dayboard.merchant_id), col(Dayboard.day))
    )
    for board, merchant, head in session.exec(wanted).all():
        if board.day < day_of(merchant, now):
            yield Behind(board, merchant, head.count, _last_at(session, head), over=True)


def _today(session: Session, now: datetime) -> Iterator[Behind]:
    """A day's board begins with the day's first record."""
    wanted = (
        select(Merchant, Chain)
        .join(Chain, col(Chain.merchant_id) == Merchant.id)
        .where(col(Merchant.board), col(Merchant.admin_chat_id).is_not(None))
        .order_by(col(Merchant.id))
    )
    for merchant, head in session.exec(wanted).all():
        day, chat_id = day_of(merchant, now), merchant.admin_chat_id or 0
        board, at = session.get(Dayboard, (merchant.id, day)), _last_at(session, head)
        if board is None and day_of(merchant, at) == day:
            new = Dayboard(merchant_id=merchant.id or 0, day=day, chat_id=chat_id)
            yield Behind(new, merchant, head.count, at)
        elif board and _is_behind(board, chat_id, head.count) and board.due_at and board.due_at <= now:
            yield Behind(board, merchant, head.count, at)


def _is_behind(board: Dayboard, chat_id: int, count: int) -> bool:
    return board.shown < count or board.message_id is None or board.chat_id != chat_id


def _last_at(session: Session, head: Chain) -> datetime:
    link = session.get_one(ChainLink, (head.merchant_id, head.count))
    record: Any = session.get_one(RECORDS[link.kind], link.row_id)
    at: datetime = record.at
    return at


def _take(session: Session, one: Behind, now: datetime, until: datetime) -> bool:
    """Of several instances one. The board follows its merchant to another group as long as its day lasts."""
    board = one.board
    if board not in session:
        board.due_at = until
        try:
            with session.begin_nested():
                session.add(board)
        except IntegrityError:  # another instance began it at this moment
            return False
        return True
    moved = not one.over and board.chat_id != one.merchant.admin_chat_id
    values = {"chat_id": one.merchant.admin_chat_id, "message_id": None} if moved else {}
    mine = update(Dayboard).where(
        col(Dayboard.merchant_id) == board.merchant_id, col(Dayboard.day) == board.day, col(Dayboard.due_at) <= now
    )
    if not session.execute(mine.values(due_at=until, **values)).rowcount:  # type: ignore[attr-defined]
        return False
    session.refresh(board)
    return True


def release(session: Session, /, board: Dayboard, due_at: datetime | None, **changed: Any) -> bool:
    """Done with it until `due_at`. Whoever lost the lease meanwhile changes nothing."""
    mine = update(Dayboard).where(
        col(Dayboard.merchant_id) == board.merchant_id,
        col(Dayboard.day) == board.day,
        col(Dayboard.due_at) == board.due_at,
    )
    return bool(session.execute(mine.values(due_at=due_at, **changed)).rowcount)  # type: ignore[attr-defined]


def follow_group(session: Session, old_chat_id: int, new_chat_id: int, now: datetime) -> None:
    """What stood in the old group can't be edited any more: the day's board is posted anew."""
    session.execute(
        update(Dayboard)
        .where(col(Dayboard.chat_id) == old_chat_id, col(Dayboard.due_at).is_not(None))
        .values(chat_id=new_chat_id, message_id=None, due_at=now)
    )


def move(session: Session, merchant_id: int, now: datetime) -> Dayboard | None:
    """The day's board is posted anew. Gives it as it was, where it has a message; whoever edits it now has lost it."""
    wanted = (
        select(Dayboard)
        .where(Dayboard.merchant_id == merchant_id, col(Dayboard.due_at).is_not(None))
        .order_by(col(Dayboard.day).desc())
    )
    board = session.exec(wanted).first()
    if board is None or board.message_id is None:
        return None
    before = Dayboard(**board.model_dump())
    board.message_id, board.due_at = None, now
    session.add(board)
    return before


def of(session: Session, merchant_id: int) -> list[Dayboard]:
    """Oldest first."""
    wanted = select(Dayboard).where(Dayboard.merchant_id == merchant_id).order_by(col(Dayboard.day))
    return list(session.exec(wanted))
