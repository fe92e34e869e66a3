"""What every payment system looks like from inside: orders in, a Report out.

A gateway file subclasses Provider and writes the verbs its system has; a verb that it does not write does
not exist for it. Gateways know nothing of Telegram or of our tables.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import FunctionType
from typing import Any, ClassVar, Self

import httpx

from providers.client import Client
from providers.errors import Unsupported
from providers.messages import (
    Balance,
    Callback,
    CallbackRequest,
    Channel,
    Kind,
    Link,
    LinkOrder,
    Lookup,
    Order,
    RefundOrder,
    Report,
    Service,
    StatementLine,
    TransferOrder,
    Verb,
)
from providers.money import Money
from providers.settings import ProviderSettings
from providers.sheet import Rail, Sheet

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
