"""The tables. A row that belongs to a merchant says so; amounts are whole minor units; times are UTC and aware."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Index,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.sealing import Sealed
from storage.states import State


class Utc(TypeDecorator[datetime]):
    """SQLite forgets time zones: what goes in must be aware, what comes out is UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class OneOf(TypeDecorator[StrEnum]):
    """Stored as text, and the enum's own member again when it is read."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[StrEnum]) -> None:
        super().__init__()
        self.choices = choices

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.choices(value)


class Role(StrEnum):
    OWNER = "owner"
    APPROVER = "approver"
    CASHIER = "cashier"
    ACCOUNTANT = "accountant"


class Plan(StrEnum):
    """How a schedule stands. It is a draft until its maker has read it once more."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


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


class Audience(StrEnum):
    """Who a notice is for. Approvers are told one by one where there is no group; inline is whoever reads the message
    that somebody posted through the bot in a chat of theirs.
    """

    ASKER = "asker"
    GROUP = "group"
    APPROVER = "approver"
    INLINE = "inline"


def _member(choices: type[StrEnum]) -> Any:
    """SQLModel's own type says classes only; an instance works as well."""
    return OneOf(choices)


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"ck_{column}")


class Merchant(SQLModel, table=True):
    """`first_payee`, `guarded_*` ("20:00") and `repeat_minutes` are its rules for money out that know no currency;
    those that do are in Policy. `paused_at`: nothing leaves until somebody resumes. `remind_*`: after how long an
    unpaid request is asked again by itself (0: never), how often at most, and between which hours. `close_at`: when
    the day's report is told; empty is never. `board`: the group has a message that shows how the day stands.
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

    __table_args__ = (_one_of("mode", Mode),)

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    event: str = Field(sa_type=Text, primary_key=True)
    mode: Mode = Field(sa_type=_member(Mode))


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
    __table_args__ = (_one_of("role", Role),)

    merchant_id: int = Field(foreign_key="merchant.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True, sa_type=BigInteger, index=True)
    role: Role = Field(sa_type=_member(Role))
    created_at: datetime = Field(sa_type=Utc)


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
    checks: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=Utc)


class Invite(SQLModel, table=True):
    """A link that makes the first person who opens it a member. Only a digest of what the link carries is kept.

    `founds`: the link makes a merchant of that name, and its bearer the owner; `merchant_id` is who gave it.
    """

    __table_args__ = (_one_of("role", Role),)

    id: int | None = Field(default=None, primary_key=True)
    merchant_id: int = Field(foreign_key="merchant.id", index=True)
    role: Role = Field(sa_type=_member(Role))
    digest: str = Field(sa_type=Text, unique=True)
    founds: str = Field(default="", sa_type=Text)
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)
    used_by: int | None = Field(default=None, foreign_key="person.id", sa_type=BigInteger)


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
    """A deed that one person still has to be told of, in private. `due_at` is empty when nothing is owed."""

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
    tries: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    error: str = Field(default="", sa_type=Text)


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
    """

    __table_args__ = (
        _one_of("state", State),
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
    state: State = Field(sa_type=_member(State))
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
    extras: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    step: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    detours: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    checks: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
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


class Notice(SQLModel, table=True):
    """One message that shows a payment, or a whole batch, to one audience, and whether it shows the latest.

    `wanted` counts the changes to show, `shown` how many of them are on the screen; the text is rendered from the
    rows when it is sent, so it is never stale. `due_at` is empty when nothing is owed. A message that was posted inline
    has an `inline_message_id` in place of chat (0) and message.
    """

    __table_args__ = (
        _one_of("audience", Audience),
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
    audience: Audience = Field(sa_type=_member(Audience))
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    inline_message_id: str | None = Field(default=None, sa_type=Text)
    wanted: int = 1
    shown: int = 0
    quiet: bool = False
    tries: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    error: str = Field(default="", sa_type=Text)


class Receipt(SQLModel, table=True):
    """Anyone who has the code may see how its payment stands."""

    code: str = Field(primary_key=True, sa_type=Text)
    payment_id: str = Field(foreign_key="payment.id", sa_type=Text, unique=True)
    merchant_id: int = Field(foreign_key="merchant.id")
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


class Inbound(SQLModel, table=True):
    """A callback, kept once. It is a hint: what it says is never believed, only looked up.

    One whose payment is not known yet waits without a `payment_id` until a payment learns its reference.
    """

    __table_args__ = (Index("ix_inbound_reference", "merchant_id", "provider", "reference"),)

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
    state: State = Field(sa_type=_member(State))
    reason: str = Field(sa_type=Text)
    by_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    version: int
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)


class Chore(SQLModel, table=True):
    """What is done for a merchant once a day, by whichever instance takes it first.

    `due_at` is when another may take it over from one that died on it; empty once it is done.
    """

    merchant_id: int = Field(primary_key=True, foreign_key="merchant.id")
    name: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    tries: int = 1
    due_at: datetime | None = Field(default=None, sa_type=Utc)


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
    purses: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    looked_at: datetime | None = Field(default=None, sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)


class Schedule(SQLModel, table=True):
    """Payments that are asked for again and again. What becomes of each occurrence is a payment of its own.

    `every` and `at` are the rhythm ("month:25", "08:00") by the merchant's clock; an empty one is still asked for.
    `next_on` is the day of the next occurrence, `skipped_on` one that is left out, `due_at` when the clock next looks.
    """

    __table_args__ = (
        _one_of("state", Plan),
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
    state: Plan = Field(default=Plan.DRAFT, sa_type=_member(Plan))
    next_on: date | None = Field(default=None)
    skipped_on: date | None = Field(default=None)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)
