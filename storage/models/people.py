"""Who: people, what they are to a merchant, and whom they know."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc, member_of, one_of
from storage.sealing import Sealed


class Role(StrEnum):
    OWNER = "owner"
    APPROVER = "approver"
    CASHIER = "cashier"
    ACCOUNTANT = "accountant"


class Person(SQLModel, table=True):
    """Someone on Telegram. `locale` is what Telegram said last; `language` is what they chose here, if they did.

    `merchant_id` is for whom they act now, where they work for several. `factor` is their sealed second factor,
    `factor_step` the half minute of the last code that counted.
    """

    id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(sa_type=Text)
    locale: str = Field(default="", sa_type=Text)
    language: str | None = Field(default=None, sa_type=Text)
    merchant_id: int | None = Field(default=None, foreign_key="merchant.id")
    factor: str | None = Field(default=None, sa_type=Sealed)
    factor_step: int | None = Field(default=None, sa_type=BigInteger)
    factor_misses: int = 0
    factor_rests_until: datetime | None = Field(default=None, sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)


class Membership(SQLModel, table=True):
    __table_args__ = (one_of("role", Role),)

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True, sa_type=BigInteger, index=True)
    role: Role = Field(sa_type=member_of(Role))
    created_at: datetime = Field(sa_type=Utc)


class Invite(SQLModel, table=True):
    """A link that makes the first person who opens it a member. Only a digest of what the link carries is kept.

    `founds`: the link makes a merchant of that name, and its bearer the owner; `merchant_id` is who gave it.
    """

    __table_args__ = (one_of("role", Role),)

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id", index=True)
    role: Role = Field(sa_type=member_of(Role))
    digest: str = Field(sa_type=Text, unique=True)
    founds: str = Field(default="", sa_type=Text)
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)
    used_by: int | None = Field(default=None, foreign_key="person.id", sa_type=BigInteger)


class Payee(SQLModel, table=True):
    """A number that a merchant saved under a name. `plain` is the name as it is compared."""

    __table_args__ = (
        UniqueConstraint("merchant_id", "plain", name="uq_payee_name"),
        UniqueConstraint("merchant_id", "msisdn", name="uq_payee_phone"),
    )

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    name: str = Field(sa_type=Text)
    plain: str = Field(sa_type=Text)
    msisdn: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Utc)


class Form(SQLModel, table=True):
    """A half-filled command: what one person still has to say in one chat. `sealed` are answers that are secret."""

    chat_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_type=BigInteger)
    merchant_id: int = Field(foreign_key="merchant.id")
    command: str = Field(sa_type=Text)
    answers: dict[str, Any] = Field(sa_type=JSON)
    sealed: str | None = Field(default=None, sa_type=Sealed)
    asking: str = Field(sa_type=Text)
    message_id: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=Utc)
