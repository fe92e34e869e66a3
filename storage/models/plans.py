"""What the clock does: once a day, or as often as somebody said."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc, member_of, one_of


class Plan(StrEnum):
    """How a schedule stands. It is a draft until its maker has read it once more."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Chore(SQLModel, table=True):
    """What is done for a merchant once a day, by whichever instance takes it first.

    `due_at` is when another may take it over from one that died on it; empty once it is done.
    """

    merchant_id: int = Field(primary_key=True, foreign_key="merchant.id")
    name: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    tries: int = 1
    due_at: datetime | None = Field(default=None, sa_type=Utc)


class Schedule(SQLModel, table=True):
    """Payments that are asked for again and again. What becomes of each occurrence is a payment of its own.

    `every` and `at` are the rhythm ("month:25", "08:00") by the merchant's clock; an empty one is still asked for.
    `next_on` is the day of the next occurrence, `skipped_on` one that is left out, `due_at` when the clock next looks.
    """

    __table_args__ = (
        one_of("state", Plan),
        CheckConstraint("amount > 0", name="ck_amount"),
        UniqueConstraint("merchant_id", "intent", name="uq_schedule_intent"),
        Index(
            "ix_schedule_due",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    merchant_id: int = Field(foreign_key="merchant.id")
    intent: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    msisdn: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    operator: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    asker_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    every: str = Field(default="", sa_type=Text)
    at: str = Field(default="", sa_type=Text)
    state: Plan = Field(default=Plan.DRAFT, sa_type=member_of(Plan))
    next_on: date | None = Field(default=None)
    skipped_on: date | None = Field(default=None)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)
