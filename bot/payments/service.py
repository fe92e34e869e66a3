"""The counter's verbs: draft, confirm, cancel, and what a member may look up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.accounts import Accounts
from bot.payments.approvals import Right
from bot.payments.expiry import DRAFT_LIVES
from bot.payments.phone import Phone
from bot.payments.routing import Candidate, Need, NoRoute, Route, choose
from providers.base import Balance, Clock, Kind, Provider, Verb
from providers.errors import ProviderError
from providers.money import Money
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import CANCELLABLE, NEVER_SENT, State

_RIGHT = {Kind.COLLECTION: Right.ASK, Kind.PAYOUT: Right.PAY_OUT, Kind.AIRTIME: Right.PAY_OUT}

MOST_DESCRIPTION = 120
STALE = timedelta(minutes=10)
"""A money command older than this, by its own time, came late: it is not obeyed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member wants moved, and the message that says so: asking twice with one message is asking once."""

    kind: Kind
    amount: Money
    phone: Phone
    description: str
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Purse:
    """One system's answer to /balance: the balances, or the error, or neither where it has no such call."""

    title: str
    balances: tuple[Balance, ...] = ()
    error: ProviderError | None = None


class Payments:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        now: Clock,
        new_id: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after a change is committed: something is to be sent or shown."""
        self._storage = storage
        self._accounts = accounts
        self._now = now
        self._new_id = new_id
        self._changed = changed

    async def draft(self, member: Member, ask: Ask) -> Payment:
        """Raises UserError where no system can take it, with each one's reason."""
        approvals.demand(member, _RIGHT[ask.kind])
        if len(ask.description) > MOST_DESCRIPTION:
            raise UserError("description.too_long", most=MOST_DESCRIPTION)
        route = self._route(member, ask)
        payment, _ = await self._storage.run(
            payments.create_once, self._drafted(member, ask, route), by=f"person:{member.person.id}"
        )
        self._changed()
        return payment

    def _route(self, member: Member, ask: Ask) -> Route:
        accounts = [Candidate.of(provider) for provider in self._accounts.of(member.merchant.id or 0)]
        if not accounts:
            raise UserError("route.no_accounts")
        route = choose(Need(ask.kind, ask.amount, ask.phone.country, ask.phone.operator), accounts)
        if isinstance(route, NoRoute):
            raise UserError("route.none", obstacles=route.obstacles)
        return route

    def _drafted(self, member: Member, ask: Ask, route: Route) -> Payment:
        now = self._now()
        return Payment(
            id=self._new_id(),
            merchant_id=member.merchant.id or 0,
            intent=f"{ask.chat_id}:{ask.message_id}",
            kind=ask.kind,
            state=State.DRAFT,
            amount=ask.amount.minor,
            currency=ask.amount.currency,
            msisdn=ask.phone.msisdn,
            country=ask.phone.country,
            operator=ask.phone.operator,
            provider=route.provider,
            description=ask.description,
            asker_id=member.person.id,
            chat_id=ask.chat_id,
            fee=route.fee.minor if route.fee else None,
            created_at=now,
            due_at=now + DRAFT_LIVES,
        )

    async def confirm(self, member: Member, payment_id: str) -> Payment:
        """The asker's word that the money may move. The second of two taps is told so, never obeyed."""
        payment = await self._storage.run(_confirm, member, payment_id, self._now())
        self._changed()
        return payment

    async def cancel(self, member: Member, payment_id: str) -> Payment:
        """Only while nothing has been sent."""
        payment = await self._storage.run(_cancel, member, payment_id, self._now())
        self._changed()
        return payment

    async def cancel_latest(self, member: Member, chat_id: int) -> Payment | None:
        """The member's newest payment in this chat that can still be stopped; None if there is none."""
        mine = await self._storage.run(payments.recent, member.merchant.id or 0, asker_id=member.person.id)
        for payment in mine:
            if payment.chat_id == chat_id and payment.state in CANCELLABLE:
                return await self.cancel(member, payment.id)
        return None

    async def find(self, member: Member, text: str) -> list[Payment]:
        """By our reference, a system's reference, or a phone in digits; newest first."""
        return await self._storage.run(
            payments.search, member.merchant.id or 0, text, asker_id=approvals.sees_only(member)
        )

    async def history(self, member: Member, *, limit: int, offset: int = 0) -> list[Payment]:
        return await self._storage.run(
            payments.recent,
            member.merchant.id or 0,
            asker_id=approvals.sees_only(member),
            limit=limit,
            offset=offset,
        )

    async def balances(self, member: Member) -> list[Purse]:
        approvals.demand(member, Right.SEE_BALANCE)
        return list(await asyncio.gather(*map(_purse, self._accounts.of(member.merchant.id or 0))))

    def title(self, payment: Payment) -> str:
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        return provider.sheet.title if provider else payment.provider


def _mine(session: Session, member: Member, payment_id: str) -> Payment:
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None:
        raise UserError("payment.not_found")
    approvals.demand_asker(member, payment)
    return payment


def _confirm(session: Session, member: Member, payment_id: str, now: datetime) -> Payment:
    payment = _mine(session, member, payment_id)
    approvals.demand(member, _RIGHT[Kind(payment.kind)])
    if payment.state is not State.DRAFT:
        raise UserError("payment.expired" if payment.state is State.EXPIRED else "payment.already")
    by = f"person:{member.person.id}"
    if payment.due_at and payment.due_at <= now:
        payments.move(session, payment, State.EXPIRED, at=now, by="clock")
        return session.get_one(Payment, payment.id)
    moved = payments.move(session, payment, State.QUEUED, at=now, by=by, due_at=now, confirmed_at=now)
    if moved is None:
        raise UserError("payment.already")
    return moved


def _cancel(session: Session, member: Member, payment_id: str, now: datetime) -> Payment:
    payment = _mine(session, member, payment_id)
    if payment.state not in CANCELLABLE:
        raise UserError("payment.already" if payment.state in NEVER_SENT else "payment.too_late")
    moved = payments.move(session, payment, State.CANCELLED, at=now, by=f"person:{member.person.id}")
    if moved is None:
        raise UserError("payment.already")
    return moved


async def _purse(provider: Provider) -> Purse:
    title = provider.sheet.title
    if Verb.BALANCE not in provider.verbs:
        return Purse(title)
    try:
        return Purse(title, tuple(await provider.balance()))
    except ProviderError as error:
        return Purse(title, error=error)
