"""What people said to the bot, on its way to being worked."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc

_WAITING = sql("due_at IS NOT NULL")


class Heard(SQLModel, table=True):
    """One update, as it came. `due_at` is when it may be worked, or the end of the lease of whoever works it; empty
    once it is done or set aside. Then `body` is empty too, or, with an `error`, what could not be worked: the row
    stays for a while, so that the same update is not taken for a new one.

    `chat_id` is empty for what belongs into no order.
    """

    __table_args__ = (
        Index("ix_heard_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_heard_chat", "chat_id", "update_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_heard_received", "received_at"),
    )

    update_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    chat_id: int | None = Field(default=None, sa_type=BigInteger)
    body: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    tries: int = 0
    error: str = Field(default="", sa_type=Text)
