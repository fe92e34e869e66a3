"""Sends what is queued, once, and hands the answer to reports.

The claim is committed before any byte leaves. A sender that dies leaves a SENDING row whose lease runs out; such a
row is asked about (polling), never sent again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.crew import Crew
from bot.payments.health import Health
from bot.payments.policy import GUARDED
from bot.payments.reports import apply_report
from bot.payments.routes import Routes
from bot.payments.routing import TARGET, Need, NoRoute, Obstacle, Route
from providers.base import Clock, Provider
from providers.errors import MaybeSent, Misconfigured, NotSent, ProviderError, Reason, Refused, Unsupported
from providers.messages import (
    REFUND_OF,
    Channel,
    Kind,
    LinkOrder,
    Order,
    Outcome,
    RefundOrder,
    Report,
    Step,
    StepKind,
    TransferOrder,
    Verb,
)
from providers.money import Money
from providers.sheet import Pace
from storage import batches, diary, payments, policies
from storage.engine import Storage
from storage.models import Payment
from storage.states import State

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
"""How long a sender is believed to be alive. A reply that comes later still counts; only the asking begins."""

KEEP_TRYING = timedelta(minutes=5)
"""How long a system that can't be reached is tried; then the payment has failed, and nothing was ever sent."""

TOO_LATE = timedelta(minutes=15)
"""A confirmation older than this is not carried out: whoever gave it has long seen to the matter otherwise."""

BATCH_TOO_LATE = timedelta(hours=1)
"""A sheet's lines go out at the system's pace, and its board shows them going."""

ALONE = frozenset({Reason.BAD_PHONE, Reason.BAD_AMOUNT, Reason.OPERATOR_UNSUPPORTED, Reason.PAYEE_NOT_FOUND})
"""One line's fault for which a system refused a whole group: its lines then go one by one."""

_AGAIN = timedelta(seconds=5)

_ELSEWHERE = {
    Reason.OPERATOR_UNSUPPORTED,
    Reason.BAD_AMOUNT,
    Reason.BALANCE_TOO_LOW,
    Reason.LIMIT_REACHED,
    Reason.NOT_ALLOWED,
    Reason.MISCONFIGURED,
    Reason.UNREACHABLE,
}
"""Reasons that are one system's own: another may take the order. A number that is wrong is wrong everywhere."""


class Dispatch:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        routes: Routes,
        health: Health,
        crew: Crew,
        now: Clock,
        new_key: Callable[[], UUID],
        changed: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._accounts = accounts
        self._routes = routes
        self._health = health
        self._crew = crew
        self._now = now
        self._new_key = new_key
        self._changed = changed

    async def tick(self) -> None:
        if free := self._crew.free:
            grouped = in_company(self._accounts)
            for payment, key in await self._storage.run(_claim, self._now(), free, self._new_key, grouped):
                self._crew.start(self._carry(payment, key), payment=payment.id, batch=payment.batch_id)

    async def _carry(self, payment: Payment, key: UUID) -> None:
        await self._send(payment, key)
        self._changed()

    async def _send(self, payment: Payment, key: UUID) -> None:
        async def order(provider: Provider) -> Report:
            if self._accounts.sender(payment.merchant_id, payment.provider) is None:
                raise NotSent(Reason.MISCONFIGURED, f"{provider.sheet.title} was disconnected")
            return await _call(provider, payment, key)

        await self.conclude(payment, order)

    async def conclude(self, payment: Payment, call: Callable[[Provider], Awaitable[Report]]) -> None:
        """What comes of a payment that is SENDING: `call` is the order to its system, or tells what became of it."""
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        others: NoRoute | None = None
        try:
            if provider is None:
                raise NotSent(Reason.MISCONFIGURED, f"no account with {payment.provider}")  # noqa: TRY301
            report = await call(provider)
        except NotSent as error:
            if error.reason is not Reason.LIMIT_REACHED:  # our own pace, or theirs: the system is well
                self._health.missed(payment.merchant_id, payment.provider)
            await self.not_sent(payment, error)
            return
        except (Refused, Misconfigured, Unsupported) as error:
            others = await self._elsewhere(payment, error)
            if others is None:
                return
            report = Report(Outcome.FAILED, reason=error.reason, detail=error.detail, word=error.code)
        except MaybeSent as error:
            self._health.missed(payment.merchant_id, payment.provider)
            report = Report(Outcome.UNKNOWN, detail=error.detail, word=error.code)
        except Exception:
            log.exception("a gateway failed", payment=payment.id, provider=payment.provider)
            report = Report(Outcome.UNKNOWN)  # it may have sent before it failed
        else:
            self._health.answered(payment.merchant_id, payment.provider)
        self.spent(payment.merchant_id, payment.provider)
        pace = self._accounts.pace(payment.merchant_id, payment.provider)
        await self._storage.insist(
            _report, payment, report, others.obstacles if others else (), at=self._now(), pace=pace
        )

    def spent(self, merchant_id: int, provider: str) -> None:
        self._routes.spent(merchant_id, provider)

    async def not_sent(self, payment: Payment, error: NotSent) -> None:
        log.warning("not sent", payment=payment.id, provider=payment.provider, reason=error.reason, detail=error.detail)
        if others := await self._elsewhere(payment, error):
            await self._storage.insist(_put_back, payment, error, others.obstacles, self._now())

    async def _elsewhere(self, payment: Payment, error: ProviderError) -> NoRoute | None:
        """None where another system takes over: only from one that refused before it took the order, or was never
        reached. Doubt never comes here. Otherwise why no other does.
        """
        if payment.pinned or error.reason not in _ELSEWHERE or payment.kind == Kind.REFUND:
            return NoRoute(())
        if _waits_its_turn(payment, error) or _busy(error):
            return NoRoute(())
        need = Need(
            Kind(payment.kind),
            Money(payment.amount, payment.currency),
            payment.country,
            payment.operator,
            Channel(payment.channel),
            payment.extras.get(TARGET, ""),
        )
        tried = {payment.provider, *(detour.get("provider", "") for detour in payment.detours)}
        route = await self._routes.find(payment.merchant_id, need, hint=payment.msisdn, without=tried)
        if isinstance(route, NoRoute):
            return route
        if not set(route.rail.extras) <= payment.extras.keys():
            return NoRoute(())
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        title = provider.sheet.title if provider else payment.provider
        moved = await self._storage.run(_detour, payment, title, route, error, self._now())
        return None if moved else NoRoute(())


def in_company(accounts: Accounts) -> ColumnElement[bool] | None:
    """Lines of a sheet that go out together (see groups.py), by systems that take many at once; None: there is none."""
    able = accounts.able(Verb.BULK_PAYOUT)
    return batches.in_groups(able, ALONE) if able else None


def _claim(
    session: Session, now: datetime, limit: int, new_key: Callable[[], UUID], grouped: ColumnElement[bool] | None
) -> list[tuple[Payment, UUID]]:
    due = diary.take_queued(session, now=now, limit=limit, without=grouped)
    return take(session, due, now, new_key)


def take(
    session: Session, due: Sequence[Payment], now: datetime, new_key: Callable[[], UUID]
) -> list[tuple[Payment, UUID]]:
    """The claimed ones as they go out, each with its attempt; one that was confirmed too long ago is let go."""
    taken = []
    paused = policies.paused(session, {payment.merchant_id for payment in due})
    for payment in due:
        if payment.merchant_id in paused and payment.kind in GUARDED:
            diary.put_off(session, payment, now + _AGAIN)
            continue
        if now - (payment.confirmed_at or payment.created_at) > _good_for(payment):
            _let_go(session, payment, now)
            continue
        key = _key(session, payment, now, new_key)
        sending = payments.move(
            session, payment, State.SENDING, at=now, by="dispatch", due_at=now + LEASE, sent_at=now, looks=0
        )
        if sending:
            taken.append((sending, key))
    return taken


def _good_for(payment: Payment) -> timedelta:
    return BATCH_TOO_LATE if payment.batch_id else TOO_LATE


def _waits_its_turn(payment: Payment, error: ProviderError) -> bool:
    """A line of a sheet that finds the system's rate limit used up: by the lines before it."""
    return bool(payment.batch_id) and isinstance(error, NotSent) and error.reason is Reason.LIMIT_REACHED


def _busy(error: ProviderError) -> bool:
    """Told to come later by the system itself: should it have begun all the same, only the same key finds that out."""
    return isinstance(error, NotSent) and error.code == "429"


def _let_go(session: Session, payment: Payment, now: datetime) -> None:
    """Through SENDING, since only from there a payment fails; both in one transaction, so nothing can leave."""
    if taken := payments.move(session, payment, State.SENDING, at=now, by="dispatch", due_at=now):
        payments.move(session, taken, State.FAILED, at=now, by="dispatch", note="too late", reason=Reason.TOO_LATE)


def _key(session: Session, payment: Payment, now: datetime, new_key: Callable[[], UUID]) -> UUID:
    """An attempt that never left keeps its key; so even a mistaken "not sent" can't pay twice where keys are kept.

    Another system gets an attempt of its own.
    """
    known = [one for one in payments.attempts(session, payment.id) if one.provider == payment.provider]
    if known:
        known[-1].tries += 1
        session.add(known[-1])
        return UUID(known[-1].id)
    key = new_key()
    payments.add_attempt(session, payment, str(key), at=now)
    return key


def _report(
    session: Session, payment: Payment, report: Report, others: Sequence[Obstacle], *, at: datetime, pace: Pace
) -> None:
    """With a failure goes why nobody else took it."""
    if others and (row := payments.get(session, payment.merchant_id, payment.id, lock=True)):
        row.detours = _with(row, others)
        session.add(row)
        session.flush()
    apply_report(session, payment.merchant_id, payment.id, report, at=at, by="reply", pace=pace)


def _with(payment: Payment, others: Sequence[Obstacle]) -> list[dict[str, str]]:
    return [*payment.detours, *(one.written() for one in others)]


def _put_back(session: Session, payment: Payment, error: NotSent, others: Sequence[Obstacle], now: datetime) -> None:
    changes: dict[str, Any] = {"reason": error.reason, "detail": error.detail}
    wait = timedelta(seconds=error.retry_after) if error.retry_after else _AGAIN
    patience = _good_for(payment) if _waits_its_turn(payment, error) else KEEP_TRYING
    if now + wait - (payment.confirmed_at or payment.created_at) > patience:
        changes["detours"] = _with(payment, others)
        payments.move(session, payment, State.FAILED, at=now, by="dispatch", note="never sent", **changes)
        return
    payments.move(session, payment, State.QUEUED, at=now, by="dispatch", note="not sent", due_at=now + wait, **changes)


def _detour(session: Session, payment: Payment, title: str, route: Route, error: ProviderError, now: datetime) -> bool:
    moved = payments.move(
        session,
        payment,
        State.QUEUED,
        at=now,
        by="dispatch",
        note=f"{payment.provider} did not take it: {error.reason}; on to {route.provider}",
        due_at=now,
        provider=route.provider,
        operator=route.operator,
        fee=route.fee.minor if route.fee else None,
        fee_told=False,
        reason="",
        detail="",
        detours=[*payment.detours, {"provider": payment.provider, "title": title, "reason": error.reason}],
    )
    return moved is not None


def _call(provider: Provider, payment: Payment, key: UUID) -> Awaitable[Report]:
    amount = Money(payment.amount, payment.currency)
    if payment.kind == Kind.REFUND:
        return provider.refund(RefundOrder(key, payment.extras[REFUND_OF], amount, payment.description))
    if payment.kind == Kind.TRANSFER:
        target = payment.extras[TARGET]
        return provider.transfer(TransferOrder(key, amount, payment.country, target, payment.description))
    if payment.channel == Channel.LINK:
        return _link(provider, LinkOrder(key, amount, payment.description, payment.msisdn))
    verbs = {Kind.COLLECTION: provider.collect, Kind.PAYOUT: provider.payout, Kind.AIRTIME: provider.airtime}
    return verbs[Kind(payment.kind)](order_of(payment, key))


def order_of(payment: Payment, key: UUID) -> Order:
    return Order(
        key=key,
        amount=Money(payment.amount, payment.currency),
        msisdn=payment.msisdn,
        operator=payment.operator,
        description=payment.description,
        country=payment.country,
        channel=Channel(payment.channel),
        extras=payment.extras,
    )


async def _link(provider: Provider, order: LinkOrder) -> Report:
    """A link is made; whether anybody pays by it is asked afterwards.

    One whose address never came was handed to nobody, so nothing can be paid by it: no doubt about money.
    """
    try:
        link = await provider.link(order)
    except MaybeSent as error:
        raise Refused(Reason.UNREACHABLE, error.detail, code=error.code) from error
    return Report(Outcome.PENDING, link.reference, step=Step(StepKind.OPEN_PAGE, link.url))
