"""Intents to move money, and what came of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.models.columns import Utc, member_of, one_of
from storage.states import State


class Batch(SQLModel, table=True):
    """Payments that were asked for together, a sheet of them. What becomes of each is its own; this only groups them.

    `checks` is what the asker was shown beside them: rows left out, lines that look like repeats, balances.
    """

    __table_args__ = (UniqueConstraint("merchant_id", "intent", name="uq_batch_intent"),)

    id: str = Field(primary_key=True, sa_type=Text)
    merchant_id: int = Field(foreign_key="merchant.id")
    intent: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    asker_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    checks: dict[str, Any] = Field(default={}, sa_type=JSON)
    created_at: datetime = Field(sa_type=Utc)


class Payment(SQLModel, table=True):
    """One intent to move money. `intent` is the message that asked for it; asking twice finds the same row.

    `due_at` is when the clock next looks at the row, whatever its state: a draft's end, the next try, the end of
    a sender's lease, the next look at its status. It is empty once nothing more will happen by itself. `looks`
    counts how often its status was asked, `misses` how often in a row there was no answer. `fee` is what the
    system's tariff says until it has told (`fee_told`) what it kept. `step` is what the payer must do next,
    `pinned`: the asker insisted on this system;
    `checks` is what the merchant's rules said of it: why it needs a second person ("needs"), the payment that it looks
    like ("repeats"), what its maker may still send that day ("left"), when a first payment leaves ("leaves_at").
    `approver_id` is that second person. `payee` is the phone or the address that limits are counted by;
    `payee_name` what the merchant called that number when it was drafted.
    `detours` are the systems that refused the order before they took it, or were never reached, and why; behind them,
    where nobody took it, those that could not take over. `batch_id` and `line`: it stands in that line of a sheet.
    `shift_id` is the shift it was asked in, `till` what its till was called then.
    `masked_at`: since when it names nobody any more.
    """

    __table_args__ = (
        one_of("state", State),
        CheckConstraint("amount > 0", name="ck_amount"),
        UniqueConstraint("merchant_id", "intent", name="uq_payment_intent"),
        # A plain index on due_at costs a hundredfold once most rows are finished; this one holds live rows only.
        Index(
            "ix_payment_due",
            "state",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index("ix_payment_recent", "merchant_id", "created_at"),
        Index("ix_payment_reference", "provider", "reference"),
        Index("ix_payment_msisdn", "merchant_id", "msisdn"),
        Index(
            "ix_payment_review",
            "merchant_id",
            sqlite_where=sql("state = 'review'"),
            postgresql_where=sql("state = 'review'"),
        ),
        Index(
            "ix_payment_batch",
            "batch_id",
            "state",
            sqlite_where=sql("batch_id IS NOT NULL"),
            postgresql_where=sql("batch_id IS NOT NULL"),
        ),
        Index("ix_payment_payee", "merchant_id", "payee"),
        Index(
            "ix_payment_shift",
            "shift_id",
            sqlite_where=sql("shift_id IS NOT NULL"),
            postgresql_where=sql("shift_id IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    merchant_id: int = Field(foreign_key="merchant.id")
    intent: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    state: State = Field(sa_type=member_of(State))
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    msisdn: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    operator: str = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    asker_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    fee: int | None = Field(default=None, sa_type=BigInteger)
    fee_told: bool = False
    reference: str = Field(default="", sa_type=Text)
    operator_reference: str = Field(default="", sa_type=Text)
    payer_hint: str = Field(default="", sa_type=Text)
    channel: str = Field(default="mobile", sa_type=Text)
    pinned: bool = False
    extras: dict[str, str] = Field(default={}, sa_type=JSON)
    step: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    detours: list[dict[str, str]] = Field(default=[], sa_type=JSON)
    checks: dict[str, Any] = Field(default={}, sa_type=JSON)
    approver_id: int | None = Field(default=None, sa_type=BigInteger)
    payee: str = Field(default="", sa_type=Text)
    payee_name: str = Field(default="", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    detail: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=Utc)
    confirmed_at: datetime | None = Field(default=None, sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    looks: int = 0
    misses: int = 0
    version: int = 0
    batch_id: str | None = Field(default=None, foreign_key="batch.id", sa_type=Text)
    line: int | None = None
    shift_id: int | None = Field(default=None, foreign_key="shift.id")
    till: str = Field(default="", sa_type=Text)
    masked_at: datetime | None = Field(default=None, sa_type=Utc)


class Attempt(SQLModel, table=True):
    """One order handed to one payment system. Its id, a UUID4, is the idempotency key on the wire.

    An attempt that never left may be sent again under the same key; `tries` counts that.
    """

    id: str = Field(primary_key=True, sa_type=Text)
    merchant_id: int = Field(foreign_key="merchant.id")
    payment_id: str = Field(foreign_key="payment.id", sa_type=Text, index=True)
    provider: str = Field(sa_type=Text)
    tries: int = 1
    created_at: datetime = Field(sa_type=Utc)


class Event(SQLModel, table=True):
    """Append-only: what changed, when, by whom ("person:17", "clock", "reply", "poll", "callback")."""

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    payment_id: str = Field(foreign_key="payment.id", sa_type=Text, index=True)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Text)
    before: str = Field(sa_type=Text)
    after: str = Field(sa_type=Text)
    note: str = Field(default="", sa_type=Text)


class Receipt(SQLModel, table=True):
    """Anyone who has the code may see how its payment stands."""

    code: str = Field(primary_key=True, sa_type=Text)
    payment_id: str = Field(foreign_key="payment.id", sa_type=Text, unique=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Utc)


class Inbound(SQLModel, table=True):
    """A callback, kept once. It is a hint: what it says is never believed, only looked up.

    One whose payment is not known yet waits without a `payment_id` until a payment learns its reference.
    """

    __table_args__ = (
        Index("ix_inbound_reference", "merchant_id", "provider", "reference"),
        Index(
            "ix_inbound_last",
            "provider",
            "received_at",
            sqlite_where=sql("payment_id IS NOT NULL"),
            postgresql_where=sql("payment_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    provider: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text, unique=True)
    reference: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    word: str = Field(sa_type=Text)
    outcome: str = Field(default="", sa_type=Text)
    amount: str = Field(default="", sa_type=Text)
    currency: str = Field(default="", sa_type=Text)
    kind: str = Field(default="", sa_type=Text)
    received_at: datetime = Field(sa_type=Utc)
    payment_id: str | None = Field(default=None, foreign_key="payment.id", sa_type=Text)


class Proposal(SQLModel, table=True):
    """How one person would close a payment in review. Another agrees with exactly this one, by its `id`."""

    payment_id: str = Field(primary_key=True, foreign_key="payment.id", sa_type=Text)
    id: str = Field(sa_type=Text, unique=True)
    merchant_id: int = Field(foreign_key="merchant.id")
    state: State = Field(sa_type=member_of(State))
    reason: str = Field(sa_type=Text)
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    version: int
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
