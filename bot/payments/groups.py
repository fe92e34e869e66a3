"""Sends a sheet's lines together where a system takes many at once: one call, then each line's own end.

As for one payment: all lines and their attempts are committed as SENDING before any byte leaves.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.crew import Crew
from bot.payments.dispatch import ALONE, LEASE, Dispatch, in_company, order_of, take
from bot.payments.health import Health
from bot.payments.reports import apply_report
from providers.base import Clock
from providers.errors import MaybeSent, Misconfigured, NotSent, ProviderError, Reason, Refused, Unsupported
from providers.messages import Outcome, Report
from providers.sheet import Pace
from storage import batches, payments
from storage.engine import Storage
from storage.models import Payment
from storage.states import State

log = structlog.get_logger()

MOST = 100
"""In one call. Nkapsmart recommends no more, and a lost reply puts no more in doubt."""

_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=10)

Line = tuple[Payment, UUID]
Account = tuple[int, str]


class Groups:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        dispatch: Dispatch,
        health: Health,
        crew: Crew,
        now: Clock,
        new_key: Callable[[], UUID],
        changed: Callable[[], None],
    ) -> None:
        """`crew` has one hand: while a group's answer is awaited, no other is put in doubt with it."""
        self._storage = storage
        self._accounts = accounts
        self._dispatch = dispatch
        self._health = health
        self._crew = crew
        self._now = now
        self._new_key = new_key
        self._changed = changed
        self._doubts: dict[Account, tuple[int, datetime]] = {}

    async def tick(self) -> None:
        grouped = in_company(self._accounts) if self._crew.free > 0 else None
        if grouped is not None:
            lines = await self._storage.run(_claim, grouped, self._now(), self._most, self._new_key)
            if lines:
                self._crew.start(self._carry(lines), batch=_together(lines))

    def _most(self, merchant_id: int, provider: str) -> int:
        """After a group without an answer none goes for a while; then one line goes ahead of the others."""
        doubts, until = self._doubts.get((merchant_id, provider), (0, self._now()))
        if until > self._now():
            return 0
        return 1 if doubts else MOST

    async def _carry(self, lines: list[Line]) -> None:
        await self._send(lines)
        self._changed()

    async def _send(self, lines: list[Line]) -> None:
        account = (lines[0][0].merchant_id, lines[0][0].provider)
        provider = self._accounts.sender(*account)
        try:
            if provider is None:
                raise NotSent(Reason.MISCONFIGURED, f"no account with {account[1]}")  # noqa: TRY301
            reports = await provider.bulk_payout([order_of(payment, key) for payment, key in lines])
            if len(reports) != len(lines):
                raise MaybeSent(f"{len(reports)} answers to {len(lines)} orders")  # noqa: TRY301
        except NotSent as error:
            await self._not_sent(account, lines, error)
        except (Refused, Misconfigured, Unsupported) as error:
            await self._refused(lines, error)
        except MaybeSent as error:
            await self._doubted(account, lines, Report(Outcome.UNKNOWN, detail=error.detail, word=error.code))
        except Exception:
            log.exception("a gateway failed", provider=account[1], lines=len(lines))
            await self._doubted(account, lines, Report(Outcome.UNKNOWN))  # it may have sent before it failed
        else:
            self._doubts.pop(account, None)
            self._health.answered(*account)
            await self._hear(account, lines, reports)

    async def _not_sent(self, account: Account, lines: list[Line], error: NotSent) -> None:
        if error.reason is not Reason.LIMIT_REACHED:
            self._health.missed(*account)
        for payment, _ in lines:
            await self._dispatch.not_sent(payment, error)

    async def _refused(self, lines: list[Line], error: ProviderError) -> None:
        """For one line's fault the others must not fail: each goes again alone, and hears its own answer."""
        if len(lines) > 1 and error.reason in ALONE:
            await self._storage.insist(_apart, lines, error, self._now())
            return
        for payment, _ in lines:
            await self._dispatch.conclude(payment, lambda _: _raised(error))

    async def _doubted(self, account: Account, lines: list[Line], report: Report) -> None:
        doubts = self._doubts.get(account, (0, self._now()))[0]
        self._doubts[account] = (doubts + 1, self._now() + min(_REST * 2**doubts, _LONGEST_REST))
        self._health.missed(*account)
        log.warning("a group is in doubt", provider=account[1], lines=len(lines), detail=report.detail)
        await self._hear(account, lines, [report] * len(lines))

    async def _hear(self, account: Account, lines: list[Line], reports: Sequence[Report]) -> None:
        self._dispatch.spent(*account)
        await self._storage.insist(_apply, lines, reports, self._now(), self._accounts.pace(*account))


def _together(lines: list[Line]) -> str:
    """The sheets that they stand in, mostly one."""
    return ",".join(sorted({payment.batch_id or "" for payment, _ in lines}))


def _claim(
    session: Session,
    grouped: ColumnElement[bool],
    now: datetime,
    most: Callable[[int, str], int],
    new_key: Callable[[], UUID],
) -> list[Line]:
    return take(session, batches.claim_group(session, grouped, now=now, lease=LEASE, most=most), now, new_key)


def _apply(session: Session, lines: list[Line], reports: Sequence[Report], now: datetime, pace: Pace) -> None:
    payments.hold(session, [payment.id for payment, _ in lines])
    for (payment, _), report in zip(lines, reports, strict=True):
        apply_report(session, payment.merchant_id, payment.id, report, at=now, by="reply", pace=pace)


def _apart(session: Session, lines: list[Line], error: ProviderError, now: datetime) -> None:
    payments.hold(session, [payment.id for payment, _ in lines])
    note = f"the group was refused: {error.reason}"
    for payment, _ in lines:
        payments.move(session, payment, State.QUEUED, at=now, by="dispatch", note=note, due_at=now, reason=error.reason)


async def _raised(error: ProviderError) -> Report:
    raise error
