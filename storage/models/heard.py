"""What people said to the bot, on its way to being worked."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc
from storage.sealing import Sealed

_WAITING = sql("due_at IS NOT NULL")


class Heard(SQLModel, table=True):
    """One update, as it came. `due_at` is when it may be worked, or the end of the lease of whoever works it; empty
    once it is done or set aside. The row stays for a while, so that the same update is not taken for a new one.

    It may hold a key that somebody typed: it is `sealed` wherever there is something to seal it with, else in `body`.
    Both are empty once it is done; what was set aside, with an `error`, keeps its words.

    `chat_id` is empty for what belongs into no order.
    """

    __table_args__ = (
        Index("ix_heard_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_heard_chat", "chat_id", "update_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_heard_received", "received_at"),
    )

    update_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    chat_id: int | None = Field(default=None, sa_type=BigInteger)
    body: str = Field(default="", sa_type=Text)
    sealed: str | None = Field(default=None, sa_type=Sealed)
    received_at: datetime = Field(sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    tries: int = 0
    error: str = Field(default="", sa_type=Text)
