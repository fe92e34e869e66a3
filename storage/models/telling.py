"""What a chat is shown of payments."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc, member_of, one_of


class Audience(StrEnum):
    """Who a notice is for. Approvers are told one by one where there is no group; inline is whoever reads the message
    that somebody posted through the bot in a chat of theirs.
    """

    ASKER = "asker"
    GROUP = "group"
    APPROVER = "approver"
    INLINE = "inline"


class News(StrEnum):
    """What a group may have topics for: money in, money out with its approvals, doubts, the board with the closes."""

    IN = "in"
    OUT = "out"
    DOUBT = "doubt"
    BOARD = "board"


class Notice(SQLModel, table=True):
    """One message that shows a payment, or a whole batch, to one audience, and whether it shows the latest.

    `wanted` counts the changes to show, `shown` how many of them are on the screen; the text is rendered from the
    rows when it is sent, so it is never stale. `due_at` is empty when nothing is owed. A message that was posted inline
    has an `inline_message_id` in place of chat (0) and message.
    """

    __table_args__ = (
        one_of("audience", Audience),
        CheckConstraint("(payment_id IS NULL) != (batch_id IS NULL)", name="ck_notice_subject"),
        UniqueConstraint("payment_id", "audience", "chat_id", name="uq_notice_audience"),
        UniqueConstraint("batch_id", "audience", "chat_id", name="uq_notice_batch_audience"),
        Index(
            "ix_notice_due",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index("ix_notice_message", "chat_id", "message_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    payment_id: str | None = Field(default=None, foreign_key="payment.id", sa_type=Text)
    batch_id: str | None = Field(default=None, foreign_key="batch.id", sa_type=Text)
    audience: Audience = Field(sa_type=member_of(Audience))
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    inline_message_id: str | None = Field(default=None, sa_type=Text)
    wanted: int = 1
    shown: int = 0
    quiet: bool = False
    tries: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    error: str = Field(default="", sa_type=Text)


class Dayboard(SQLModel, table=True):
    """The message that shows a group how its day stands. `shown` is how many of the merchant's records it shows (see
    Chain), `purses` what the systems said at `looked_at` that they hold.

    `due_at` is when it may be edited next, or the end of the lease of whoever edits it; empty once the day is over.
    """

    __table_args__ = (
        Index(
            "ix_dayboard_due",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
    )

    merchant_id: int = Field(primary_key=True, foreign_key="merchant.id")
    day: date = Field(primary_key=True)
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    shown: int = Field(default=0, sa_type=BigInteger)
    purses: list[dict[str, Any]] = Field(default=[], sa_type=JSON)
    looked_at: datetime | None = Field(default=None, sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)


class Topic(SQLModel, table=True):
    """Where a merchant's group reads one kind of news. `shut`: it was closed or deleted there, and the group told."""

    __table_args__ = (one_of("news", News),)

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    news: News = Field(sa_type=member_of(News), primary_key=True)
    chat_id: int = Field(sa_type=BigInteger)
    thread_id: int = Field(sa_type=BigInteger)
    shut: bool = False
