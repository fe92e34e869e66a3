"""For whom: merchants, their rules for money out, what their group hears, and their accounts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc, member_of, one_of
from storage.sealing import Sealed


class Told(StrEnum):
    """What the admin group may hear of."""

    ASKED = "asked"
    PAID = "paid"
    FAILED = "failed"
    PAYOUT = "payout"
    DOUBT = "doubt"
    APPROVAL = "approval"
    REVIEW = "review"


class Mode(StrEnum):
    """How it hears of it: with a sound, without, or not at all."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


class Merchant(SQLModel, table=True):
    """`first_payee`, `guarded_*` ("20:00") and `repeat_minutes` are its rules for money out that know no currency;
    those that do are in Policy. `paused_at`: nothing leaves until somebody resumes. `remind_*`: after how long an
    unpaid request is asked again by itself (0: never), how often at most, and between which hours. `close_at`: when
    the day's report is told; empty is never. `board`: the group has a message that shows how the day stands.
    `keep_days`: after how long phones and names are masked (0: never). `restored_at`: when its books were last put
    back from a backup, `restored_to`: to what they were then.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    admin_chat_id: int | None = Field(default=None, sa_type=BigInteger)
    first_payee: str = Field(default="approve", sa_type=Text)
    guarded_from: str | None = Field(default=None, sa_type=Text)
    guarded_until: str | None = Field(default=None, sa_type=Text)
    repeat_minutes: int = 60
    paused_at: datetime | None = Field(default=None, sa_type=Utc)
    paused_by: int | None = Field(default=None, sa_type=BigInteger)
    remind_minutes: int = 0
    remind_most: int = 2
    remind_from: str = Field(default="08:00", sa_type=Text)
    remind_until: str = Field(default="20:00", sa_type=Text)
    close_at: str | None = Field(default="20:00", sa_type=Text)
    board: bool = False
    keep_days: int = 0
    restored_at: datetime | None = Field(default=None, sa_type=Utc)
    restored_to: datetime | None = Field(default=None, sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)


class Policy(SQLModel, table=True):
    """A merchant's limits in one currency, in minor units, where they differ from the standard; empty is none."""

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    currency: str = Field(sa_type=Text, primary_key=True)
    approval_from: int | None = Field(default=None, sa_type=BigInteger)
    cashier_from: int | None = Field(default=None, sa_type=BigInteger)
    per_payout: int | None = Field(default=None, sa_type=BigInteger)
    per_person: int | None = Field(default=None, sa_type=BigInteger)
    per_payee: int | None = Field(default=None, sa_type=BigInteger)
    factor_from: int | None = Field(default=None, sa_type=BigInteger)


class Tone(SQLModel, table=True):
    """How a merchant's group hears of something, where that differs from the standard."""

    __table_args__ = (one_of("mode", Mode),)

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    event: str = Field(sa_type=Text, primary_key=True)
    mode: Mode = Field(sa_type=member_of(Mode))


class Account(SQLModel, table=True):
    """A merchant's account with a system, connected in the chat. Those of the environment have no row.

    `settings` are its sealed variables, `path` is the end of the address where its callbacks come. `version` changes
    with its keys. From `closed_at` on nothing new goes over it; the row goes once nothing is open there.
    """

    __table_args__ = (UniqueConstraint("merchant_id", "provider", name="uq_account_system"),)

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    provider: str = Field(sa_type=Text)
    settings: str = Field(sa_type=Sealed)
    path: str = Field(sa_type=Text, unique=True)
    version: int = 1
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
