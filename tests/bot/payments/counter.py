"""The verbs of the counter around one payment system that says what a test wrote down."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.payments.accounts import Accounts
from bot.payments.callbacks import Callbacks
from bot.payments.crew import Crew
from bot.payments.dispatch import Dispatch
from bot.payments.expiry import Expiry
from bot.payments.health import Health
from bot.payments.phone import Phone
from bot.payments.polling import Polling
from bot.payments.routes import Routes
from bot.payments.routing import Need, Route
from bot.payments.service import Ask, Payments
from providers.base import Provider
from providers.errors import BadCallback
from providers.messages import Balance, Callback, CallbackRequest, Kind, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.sheet import Coverage, Pace, Sheet
from storage import payments
from storage.engine import Storage
from storage.models import Event, Payment
from storage.people import HOUSE
from storage.states import State
from tests.books import OWNER, PHONE, Clock, enter, stands

PACE = Pace(first=timedelta(seconds=2), closest=timedelta(seconds=3), silence=timedelta(minutes=30))
SHEET = Sheet(
    title="Scripted",
    coverage=(Coverage("CM", "XAF", frozenset({"MTN", "ORANGE"})),),
    pace=PACE,
    fees={Kind.PAYOUT: Decimal("0.01")},
)
Turn = Report | Exception


class Scripted(Provider):
    """Answers in the order of its scripts; the last word of each is repeated."""

    name = "scripted"
    sheet = SHEET

    def __init__(self) -> None:
        self.answers: list[Turn] = [Report(Outcome.PENDING, reference="R1")]
        self.looks: list[Turn] = [Report(Outcome.PENDING, reference="R1")]
        self.orders: list[Order] = []
        self.lookups: list[Lookup] = []
        self.awake = asyncio.Event()
        """Cleared, no order is answered until it is set."""
        self.awake.set()
        self.looking = asyncio.Event()
        """The same for a question."""
        self.looking.set()

    async def close(self) -> None:
        """Nothing is open."""

    async def collect(self, order: Order) -> Report:
        self.orders.append(order)
        await self.awake.wait()
        return _said(self.answers)

    async def payout(self, order: Order) -> Report:
        self.orders.append(order)
        await self.awake.wait()
        return _said(self.answers)

    async def status(self, lookup: Lookup) -> Report:
        self.lookups.append(lookup)
        await self.looking.wait()
        return _said(self.looks)

    async def balance(self) -> list[Balance]:
        _said(self.looks)
        return [Balance(Money(70, "XAF"), "MTN")]

    def parse_callback(self, request: CallbackRequest) -> Callback:
        said: Mapping[str, str] = request.query
        if said.get("signature") != "good":
            raise BadCallback("forged")
        outcome = Outcome(said.get("outcome", Outcome.UNKNOWN))
        return Callback(
            said.get("reference", ""),
            said.get("key", ""),
            said.get("status", ""),
            outcome,
            Decimal(said["amount"]) if "amount" in said else None,
            said.get("currency", ""),
            Kind(said["kind"]) if "kind" in said else None,
        )


def _said(script: list[Turn]) -> Report:
    turn = script.pop(0) if len(script) > 1 else script[0]
    if isinstance(turn, Exception):
        raise turn
    return turn


def keys() -> Iterator[UUID]:
    number = 0
    while True:
        number += 1
        yield UUID(int=number, version=4)


@dataclass
class Counter:
    storage: Storage
    clock: Clock = field(default_factory=Clock)
    system: Scripted = field(default_factory=Scripted)
    second: Scripted | None = None
    changes: int = 0
    woken: int = 0

    def __post_init__(self) -> None:
        self.accounts = accounts = Accounts({HOUSE: [self.system, *([self.second] if self.second else [])]})
        new_key = keys()
        ids = (f"ID{number}" for number in range(1, 1000))
        self.senders, self.lookers = Crew(8), Crew(8)
        health = Health(self.clock)
        self.routes = routes = Routes(accounts, health, self.clock)
        self.payments = Payments(self.storage, accounts, routes, self.clock, lambda: next(ids), self._changed)
        self.dispatch = Dispatch(
            self.storage, accounts, routes, health, self.senders, self.clock, lambda: next(new_key), self._changed
        )
        self.polling = Polling(self.storage, accounts, health, self.lookers, self.clock, self._changed, self._woke)
        self.expiry = Expiry(self.storage, self.clock)
        self.callbacks = Callbacks(self.storage, accounts, self.clock, self._woke)

    async def route(self, kind: str, amount: int) -> Route:
        route = await self.routes.find(HOUSE, Need(Kind(kind), Money(amount, "XAF"), "CM", "MTN"))
        assert isinstance(route, Route), route
        return route

    def providers(self, payment: Payment) -> list[str]:
        return [one.provider for one in self.storage.transact(payments.attempts, payment.id)]

    def _changed(self) -> None:
        self.changes += 1

    def _woke(self) -> None:
        self.woken += 1

    async def send(self) -> None:
        await self.dispatch.tick()
        await self.senders.drain(5)

    async def look(self) -> None:
        await self.polling.tick()
        await self.lookers.drain(5)

    async def begin(self) -> None:
        """The order is on the wire, and no reply has come."""
        self.system.awake.clear()
        await self.dispatch.tick()
        while not self.system.orders:
            await asyncio.sleep(0)

    async def end(self) -> None:
        """The reply comes."""
        self.system.awake.set()
        await self.senders.drain(5)

    async def drop(self) -> None:
        """The program dies with its work in hand."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    def queued(self, **changes: Any) -> Payment:
        now = self.clock.now
        return self.enter(state=State.QUEUED, created_at=now, confirmed_at=now, due_at=now, **changes)

    def enter(self, **changes: Any) -> Payment:
        return enter(self.storage, **changes)

    async def sent(self, **changes: Any) -> Payment:
        """A payment that the system has been told of and answered as its script says."""
        payment = self.queued(**changes)
        await self.send()
        return self.now(payment)

    def now(self, payment: Payment) -> Payment:
        return stands(self.storage, payment)

    def events(self, payment: Payment) -> list[Event]:
        return list(self.storage.transact(payments.events, payment.id))

    def walk(self, payment: Payment) -> list[str]:
        return [event.after for event in self.events(payment)]

    def attempts(self, payment: Payment) -> list[tuple[str, int]]:
        found = self.storage.transact(payments.attempts, payment.id)
        return [(attempt.id, attempt.tries) for attempt in found]


def ask(**changes: Any) -> Ask:
    values: dict[str, Any] = {
        "kind": Kind.COLLECTION,
        "amount": Money(5000, "XAF"),
        "phone": Phone(PHONE, "CM", "MTN"),
        "description": "shoes",
        "chat_id": OWNER,
        "message_id": 7,
    }
    return Ask(**{**values, **changes})
