"""What every payment system looks like from inside: orders in, a Report out.

A gateway file subclasses Provider and writes the verbs its system has; a verb that it does not write does
not exist for it. Gateways know nothing of Telegram or of our tables.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import FunctionType
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx

from providers.client import Client
from providers.errors import Reason, Unsupported
from providers.money import Money
from providers.settings import ProviderSettings


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


@dataclass(frozen=True, slots=True)
class Coverage:
    """One country a system serves: ISO 3166 alpha-2, its currency, its operators in capitals."""

    country: str
    currency: str
    operators: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rail:
    """One way by which an account can move money. Limits are inclusive; None is none known.

    `operator` empty is any. `extras` names what must be asked beyond the number; for "otp", `dial` is what the payer
    dials to get the code, `{amount}` in it standing for the whole amount. `code` is the system's own name for it.
    `targets` are the countries of the wallets that a transfer can reach.
    """

    kind: Kind
    country: str
    currency: str
    operator: str = ""
    channel: Channel = Channel.MOBILE
    minimum: Money | None = None
    maximum: Money | None = None
    multiple: Money | None = None
    extras: tuple[str, ...] = ()
    dial: str = ""
    code: str = ""
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a system likes to be asked. `first`: before the first look; `closest`: between two looks at one payment.

    `silence` is how long an attempt that the system does not know at all is asked about before a person decides.
    `scarce` is there while an account allows fewer looks than its payments would like: the gap at a payment's age.
    """

    first: timedelta = timedelta(seconds=2)
    closest: timedelta = timedelta(seconds=3)
    silence: timedelta = timedelta(minutes=30)
    scarce: Callable[[timedelta], timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The data sheet. `fees`: share kept, by kind, only where the system publishes it.

    `payee_bears`: kinds whose fee is taken out of the amount, so that less arrives.
    """

    title: str
    coverage: tuple[Coverage, ...]
    pace: Pace = Pace()
    fees: Mapping[Kind, Decimal] = field(default_factory=dict)
    knows_operator: frozenset[Kind] = frozenset()
    """Where it finds the operator from the number alone. For everything else it has to be told the right one."""
    payee_bears: frozenset[Kind] = frozenset()
    finds_lost: bool = False
    """Whether `status` can find an attempt whose reply was lost, from our key alone."""
    speaks: str = "en"
    """The language in which its support is written to: "fr" or "en"."""


Clock = Callable[[], datetime]

_METHODS = (FunctionType, staticmethod, classmethod, property)


_MOVES = {Verb.COLLECT: Kind.COLLECTION, Verb.PAYOUT: Kind.PAYOUT, Verb.AIRTIME: Kind.AIRTIME}


@dataclass(frozen=True, slots=True)
class Trial:
    """A first collection on a testing base that asks nobody for real money: what it takes, from a number that pays."""

    amount: Money
    msisdn: str


class Provider:
    """One account with one system.

    A verb that moves money returns a Report or raises Refused, NotSent, MaybeSent or Misconfigured. `status`
    returns a Report (UNKNOWN where the system does not know the attempt) or raises the same errors, none of
    which says anything about the payment.
    """

    name: ClassVar[str] = ""
    sheet: ClassVar[Sheet]
    Settings: ClassVar[type[ProviderSettings]]
    verbs: ClassVar[frozenset[Verb]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        strangers = {
            name
            for name, value in vars(cls).items()
            if isinstance(value, _METHODS) and not name.startswith("_") and name not in vars(Provider)
        }
        if strangers:  # a misspelt verb would be a silently missing one
            raise TypeError(f"{cls.__name__} has public methods that are no verbs: {sorted(strangers)}")
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()
        cls.verbs = frozenset(verb for verb in Verb if getattr(cls, verb) is not getattr(Provider, verb))

    def __init__(self, settings: Any, client: Client, now: Clock) -> None:
        self.settings = settings
        self.client = client
        self.now = now

    @classmethod
    def open(cls, settings: ProviderSettings, transport: httpx.AsyncBaseTransport | None, now: Clock) -> Self:
        """`transport` None is the network."""
        return cls(settings, Client(cls.name, settings.base_url, transport), now)

    async def close(self) -> None:
        await self.client.close()

    async def check(self) -> str:
        """A harmless call that proves the keys. What the system tells of the account ("My shop, test"), or nothing.

        Unsupported where there is none.
        """
        if Verb.BALANCE in self.verbs or not self.verbs & {Verb.AVAILABILITY, Verb.STATEMENT}:
            await self.balance()
        elif Verb.AVAILABILITY in self.verbs:
            await self.availability(self.sheet.coverage[0].country)
        else:
            today = self.now().date()
            await self.statement(today, today)
        return ""

    def budget_left(self) -> Mapping[str, int]:
        """Calls that may still be made this minute, by pot; nothing where no limit is known."""
        return {}

    def looks_allowed(self) -> int | None:
        """How many looks at open payments can go in a minute beside its money; None where no limit is known."""
        return None

    def looks_free(self, seconds: float) -> int:
        """How many of them can begin within so many seconds; only asked where a limit is known."""
        raise Unsupported

    def trial(self) -> Trial | None:
        """None where this account moves real money, or its testing base has no number that pays."""
        return None

    def rails(self) -> Sequence[Rail]:
        """Every way this very account can move money; the data sheet's coverage where settings change nothing."""
        phones = [
            Rail(kind, coverage.country, coverage.currency, operator)
            for verb, kind in _MOVES.items()
            if verb in self.verbs
            for coverage in self.sheet.coverage
            for operator in sorted(coverage.operators)
        ]
        links = self.sheet.coverage if Verb.LINK in self.verbs else ()
        return phones + [Rail(Kind.COLLECTION, one.country, one.currency, channel=Channel.LINK) for one in links]

    async def collect(self, order: Order) -> Report:
        raise self._unsupported(Verb.COLLECT)

    async def payout(self, order: Order) -> Report:
        raise self._unsupported(Verb.PAYOUT)

    async def bulk_payout(self, orders: list[Order]) -> list[Report]:
        raise self._unsupported(Verb.BULK_PAYOUT)

    async def status(self, lookup: Lookup) -> Report:
        raise self._unsupported(Verb.STATUS)

    async def bulk_status(self, reference: str) -> list[Report]:
        raise self._unsupported(Verb.BULK_STATUS)

    async def link(self, order: LinkOrder) -> Link:
        raise self._unsupported(Verb.LINK)

    async def airtime(self, order: Order) -> Report:
        raise self._unsupported(Verb.AIRTIME)

    async def transfer(self, order: TransferOrder) -> Report:
        raise self._unsupported(Verb.TRANSFER)

    async def refund(self, order: RefundOrder) -> Report:
        raise self._unsupported(Verb.REFUND)

    async def balance(self) -> list[Balance]:
        raise self._unsupported(Verb.BALANCE)

    async def rate(self, base: str, quote: str) -> Decimal:
        raise self._unsupported(Verb.RATE)

    async def availability(self, country: str) -> list[Service]:
        raise self._unsupported(Verb.AVAILABILITY)

    async def identify(self, msisdn: str) -> str:
        """The operator's name in capitals. Refused where the system does not know the number."""
        raise self._unsupported(Verb.IDENTIFY)

    async def statement(self, since: date, until: date) -> list[StatementLine]:
        raise self._unsupported(Verb.STATEMENT)

    def parse_callback(self, request: CallbackRequest) -> Callback:
        raise self._unsupported(Verb.PARSE_CALLBACK)

    def _unsupported(self, verb: Verb) -> Unsupported:
        return Unsupported(f"{self.sheet.title}: {verb}")
