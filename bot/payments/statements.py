"""Fetches each account's statement and balance, and puts our payments beside them.

What has no statement is told as such. Balances are shown and not compared: nobody wrote down what they were before.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.reconcile import Comparison, Oddity, Ours, Span, compare
from providers.base import Clock, Provider
from providers.errors import ProviderError
from providers.messages import Balance, StatementLine, Verb
from storage import diary, settled
from storage.engine import Storage
from storage.models import Merchant, Payment

log = structlog.get_logger()

LONGEST = 31
"""Days in one comparison."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """`comparison` None: the system has no statement, or (`silent`) did not give it."""

    title: str
    comparison: Comparison | None = None
    silent: bool = False
    balances: Sequence[Balance] = field(default=())

    @property
    def empty(self) -> bool:
        return not self.silent and (self.comparison is None or self.comparison.empty)


class Statements:
    def __init__(self, storage: Storage, accounts: Accounts, now: Clock) -> None:
        self._storage = storage
        self._accounts = accounts
        self._now = now

    def listed(self, merchant_id: int) -> bool:
        """Whether any account has a statement at all."""
        return any(Verb.STATEMENT in provider.verbs for provider in self._accounts.of(merchant_id))

    async def reconcile(self, merchant: Merchant, first: date, last: date) -> list[Account]:
        """Of whole days by the merchant's clock. What differs in state is asked about now, by the usual way."""
        span = Span(_midnight(first, merchant), _midnight(last + _A_DAY, merchant))
        accounts = self._accounts.of(merchant.id or 0)
        return list(await asyncio.gather(*(self._account(merchant.id or 0, one, span) for one in accounts)))

    async def _account(self, merchant_id: int, provider: Provider, span: Span) -> Account:
        title = provider.sheet.title
        balances = await _balances(provider)
        if Verb.STATEMENT not in provider.verbs:
            return Account(title, balances=balances)
        succeeded = await self._storage.run(settled.between, merchant_id, provider.name, span.start, span.end)
        try:
            lines = await provider.statement(*_reach(span, succeeded))
        except ProviderError as error:
            log.warning("no statement", provider=provider.name, error=str(error))
            return Account(title, silent=True, balances=balances)
        except Exception:
            log.exception("a gateway failed", provider=provider.name)
            return Account(title, silent=True, balances=balances)
        ours = await self._storage.run(_ours, merchant_id, provider.name, succeeded, lines)
        comparison = compare(provider.name, ours, lines, span, self._now())
        await self._storage.run(_wake, comparison, self._now())
        return Account(title, comparison, balances=balances)


async def _balances(provider: Provider) -> Sequence[Balance]:
    if Verb.BALANCE not in provider.verbs:
        return ()
    try:
        return await provider.balance()
    except ProviderError as error:
        log.warning("no balance", provider=provider.name, error=str(error))
    except Exception:
        log.exception("a gateway failed", provider=provider.name)
    return ()


def _midnight(day: date, merchant: Merchant) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(merchant.timezone))


def _reach(span: Span, succeeded: Sequence[Payment]) -> tuple[date, date]:
    """A day more on both sides, since their time zone is not known; and back to where a late success was sent."""
    begun = min((payment.sent_at or payment.created_at for payment in succeeded), default=span.start)
    first = max(min(begun, span.start), span.start - LONGEST * _A_DAY)
    return (first - _A_DAY).date(), (span.end + _A_DAY).date()


def _ours(
    session: Session, merchant_id: int, system: str, succeeded: Sequence[Payment], lines: Collection[StatementLine]
) -> list[Ours]:
    references, keys = {line.reference for line in lines}, {line.payer_note for line in lines}
    named = settled.named(session, merchant_id, system, references, keys)
    every = {payment.id: payment for payment in (*succeeded, *named)}
    sent_under = settled.keys(session, system, every)
    return [Ours(payment, frozenset(sent_under[payment.id])) for payment in every.values()]


def _wake(session: Session, comparison: Comparison, now: datetime) -> None:
    """A statement is a hint like a callback: the status is asked, and the one door decides."""
    for difference in comparison.differences:
        if difference.payment and Oddity.STATE in difference.flaws:
            diary.wake(session, difference.payment, now)
