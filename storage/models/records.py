"""What somebody changed about a merchant, who has to be told, and the chain that nothing drops out of."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc


class Deed(SQLModel, table=True):
    """Append-only: what somebody changed about a merchant itself: its rules, its team, whether it pays at all.

    `what` is the rule or the act ("per_payout", "pause", "role"), `about` whom or which currency it concerns. `by` and
    `about` name people as events do: "person:17".
    """

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id", index=True)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Text)
    what: str = Field(sa_type=Text)
    about: str = Field(default="", sa_type=Text)
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)


class Letter(SQLModel, table=True):
    """A deed that one person still has to be told of, in private. `due_at` is empty when nothing is owed.

    `before` and `after` are told in place of the deed's where those must name nobody, and are empty once it is told.
    """

    __table_args__ = (
        Index(
            "ix_letter_due",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    deed_id: int = Field(foreign_key="deed.id")
    person_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)
    tries: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    error: str = Field(default="", sa_type=Text)


class Chain(SQLModel, table=True):
    """The head of a merchant's chain of records: how many there are, and the last one's digest."""

    merchant_id: int = Field(primary_key=True, foreign_key="merchant.id", sa_column_kwargs={"autoincrement": False})
    count: int = Field(sa_type=BigInteger)
    digest: str = Field(sa_type=Text)


class ChainLink(SQLModel, table=True):
    """Append-only: a record's place in its merchant's chain. `kind` is the record's table, `row_id` its id there."""

    merchant_id: int = Field(primary_key=True, foreign_key="merchant.id", sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Text)
    row_id: int = Field(sa_type=BigInteger)
    digest: str = Field(sa_type=Text)
