"""Where: a shop's tills, and who was at one when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc

_OPEN_SHIFT = sql("closed_at IS NULL")


class Till(SQLModel, table=True):
    """Where a cashier works. `shop` may be empty; a till that is used no longer has its `closed_at`."""

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id", index=True)
    shop: str = Field(default="", sa_type=Text)
    name: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)


class Shift(SQLModel, table=True):
    """One person's time at a till. `totals` is what was told at its close; what settles later is told by itself."""

    __table_args__ = (
        Index("uq_shift_till", "till_id", unique=True, sqlite_where=_OPEN_SHIFT, postgresql_where=_OPEN_SHIFT),
        Index(
            "uq_shift_person",
            "merchant_id",
            "person_id",
            unique=True,
            sqlite_where=_OPEN_SHIFT,
            postgresql_where=_OPEN_SHIFT,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    till_id: int = Field(foreign_key="till.id")
    person_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    opened_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_by: int | None = Field(default=None, foreign_key="person.id", sa_type=BigInteger)
    totals: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON)
