"""What a payment system is asked, and what it answers. Amounts are Money, times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from providers.errors import Reason
from providers.money import Money


class Verb(StrEnum):
    COLLECT = "collect"
    PAYOUT = "payout"
    BULK_PAYOUT = "bulk_payout"
    STATUS = "status"
    BULK_STATUS = "bulk_status"
    LINK = "link"
    AIRTIME = "airtime"
    TRANSFER = "transfer"
    REFUND = "refund"
    BALANCE = "balance"
    RATE = "rate"
    AVAILABILITY = "availability"
    IDENTIFY = "identify"
    STATEMENT = "statement"
    PARSE_CALLBACK = "parse_callback"


class Kind(StrEnum):
    """What a payment is; the same words are stored."""

    COLLECTION = "collection"
    PAYOUT = "payout"
    AIRTIME = "airtime"
    TRANSFER = "transfer"
    REFUND = "refund"


class Channel(StrEnum):
    """By which way money goes: a phone's PIN, a page for one payer, a link for anybody, a bank, a blockchain."""

    MOBILE = "mobile"
    PAGE = "page"
    LINK = "link"
    BANK = "bank"
    CRYPTO = "crypto"


class Outcome(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Order:
    """A collection, a payout or airtime. `key` is our attempt: the idempotency key on the wire.

    `msisdn` is the international number in digits, no plus sign: "237677123456". `operator` is the operator's
    name in capitals ("MTN", "ORANGE") where we know it, and only a hint: numbers are portable. `country` is ISO
    3166 alpha-2. `extras` are the answers to what the rail asks for beyond the number ("otp", "email", ...).
    """

    key: UUID
    amount: Money
    msisdn: str
    operator: str
    description: str
    country: str = ""
    channel: Channel = Channel.MOBILE
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Between two of the merchant's own wallets, each named by its country; `amount` leaves the source."""

    key: UUID
    amount: Money
    source: str
    target: str
    description: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Back to the payer of a confirmed collection. `reference` is the system's, of that collection."""

    key: UUID
    reference: str
    amount: Money
    reason: str


REFUND_OF = "refund_of"
"""Where a refund's Lookup has the reference of the collection, in its extras."""


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """`msisdn` and the payer's names are optional (empty)."""

    key: UUID
    amount: Money
    description: str
    msisdn: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    may_pay_more: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    reference: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """What we remember of an attempt when we ask how it stands. `reference` is empty when no reply ever came."""

    kind: Kind
    key: UUID
    amount: Money
    msisdn: str
    sent_at: datetime
    reference: str = ""
    channel: Channel = Channel.MOBILE
    extras: Mapping[str, str] = field(default_factory=dict)


class StepKind(StrEnum):
    """What somebody has to do before a payment can go on."""

    OPEN_PAGE = "open_page"
    GIVE_CODE = "give_code"
    PAY_INTO = "pay_into"
    DEPOSIT = "deposit"


@dataclass(frozen=True, slots=True)
class Step:
    """The payer's next step. `url` is the page; `details` are lines to hand over, in order (an account's number,
    a deposit address, ...); `dial` is what the payer dials to get a code, which goes back in `Lookup.extras["otp"]`.
    """

    kind: StepKind
    url: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    dial: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a system said of one attempt. Fields it did not say are None or empty, never guessed.

    `key` is our own key where the system echoes it. `fee` is what the system kept. `word` is its status word,
    unchanged, for the record. `payer_hint` is what the payer may have to dial ("*126#").
    """

    outcome: Outcome
    reference: str = ""
    key: str = ""
    kind: Kind | None = None
    amount: Money | None = None
    fee: Money | None = None
    operator: str = ""
    operator_reference: str = ""
    reason: Reason | None = None
    detail: str = ""
    word: str = ""
    payer_hint: str = ""
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """`pocket` names a part ("MTN"); empty is the whole account."""

    amount: Money
    pocket: str = ""


class Health(StrEnum):
    """How a service of an operator does; SLOW still works, with delays."""

    UP = "up"
    SLOW = "slow"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Service:
    """One operator's collections or payouts, as the system sees them now. `operator` is in capitals."""

    operator: str
    kind: Kind
    health: Health


@dataclass(frozen=True, slots=True)
class StatementLine:
    at: datetime
    kind: Kind | None
    amount: Money
    fee: Money | None
    msisdn: str
    operator: str
    outcome: Outcome
    reference: str
    operator_reference: str
    description: str
    payer_note: str
    """What the caller gave as its own user or key, where the system keeps it."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A callback as it came over HTTP. Header names are in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Callback:
    """A hint that a payment may have moved. Only `status` tells how it stands.

    `word` is the system's, unchanged, for the record; `outcome` is what the gateway's table makes of it. `amount`,
    `currency` and `kind` are read where a signature covers them and `status` does not tell them.
    """

    reference: str
    key: str
    word: str
    outcome: Outcome
    amount: Decimal | None = None
    currency: str = ""
    kind: Kind | None = None
