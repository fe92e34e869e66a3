"""The program broken on purpose, one way at a time: a storm that does not notice proves nothing.

Each stands for a mistake that somebody could make, and is gone when its block ends.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from bot.errors import UserError
from bot.payments import (
    approvals,
    batch_decisions,
    callbacks,
    decisions,
    dispatch,
    hints,
    limits,
    polling,
    refunds,
    reports,
    service,
)
from bot.payments.decisions import PLAIN, Word
from bot.payments.dispatch import Dispatch
from bot.payments.limits import Weighed
from bot.payments.policy import Facts
from bot.payments.refunds import Refunds
from bot.payments.reports import apply_report
from providers import client
from providers.errors import NotSent, ProviderError, Reason, Refused
from providers.messages import Callback, Kind, Outcome, Report
from providers.sheet import Pace
from storage import batches, notices, payments, policies, states
from storage.engine import Storage
from storage.models import Batch, Event, Merchant, Payment
from storage.people import Member
from storage.states import State
from tests.storms.storm import SIZE, run

Breakage = Callable[[], AbstractContextManager[object]]


@contextmanager
def broken(name: str) -> Iterator[None]:
    """An empty name breaks nothing."""
    with BREAKAGES[name]() if name else nullcontext():
        yield


def caught_by(name: str, most: int, size: int = SIZE) -> tuple[int, str]:
    """How many seeds it takes until a storm notices, and by which rule; (0, "") if none of so many does."""
    with broken(name):
        for seed in range(1, most + 1):
            if found := run(seed, size).violations:
                return seed, found[0].rule
    return 0, ""


def _swap(*swaps: tuple[Any, str, Any]) -> Breakage:
    @contextmanager
    def swapped() -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, other in swaps:
                stack.enter_context(patch.object(owner, name, other))
            yield

    return swapped


def _anything_goes(*_: Any) -> None:
    """The guard that lets everything pass."""


def _believe_the_last_word(payment: Payment, report: Report, keys: Any) -> reports.Verdict:
    if payment.state not in states.IN_FLIGHT | states.MAY_BE_CONTRADICTED:
        return reports.Verdict(None)
    return reports.Verdict(State(report.outcome.value), reports._changes(payment, report))


_claim, _keep, _notices_claim = dispatch._claim, callbacks._keep, notices.claim
_weigh = limits.weigh
_drafted, _announce, _run = service.Payments._drafted, notices.announce, Storage.run


def _claim_also(*among: State) -> Any:
    """Those in doubt, or in somebody's hands, are put back into the queue and sent again."""

    def claim(session: Session, now: datetime, limit: int, new_key: Callable[[], UUID], *rest: Any) -> Any:
        doubtful = update(Payment).where(col(Payment.state).in_(among))
        session.execute(doubtful.values(state=State.QUEUED, due_at=now, version=Payment.version + 1))
        return _claim(session, now, limit, new_key, *rest)

    return claim


async def _send_then_write(self: Dispatch) -> None:
    """The order leaves first; the books hear of it together with the answer."""
    hand: set[str] = self.__dict__.setdefault("in_hand", set())
    for payment in await self._storage.run(_queued, self._now()):
        if payment.id not in hand:
            hand.add(payment.id)
            self._crew.start(_sent(self, payment))


def _queued(session: Session, now: datetime) -> list[Payment]:
    return list(session.exec(select(Payment).where(Payment.state == State.QUEUED, col(Payment.due_at) <= now)))


async def _sent(self: Dispatch, payment: Payment) -> None:
    provider, key = self._accounts.get(payment.merchant_id, payment.provider), self._new_key()
    assert provider
    try:
        report = await dispatch._call(provider, payment, key)
    except Refused as error:
        report = Report(Outcome.FAILED, reason=error.reason)
    except ProviderError:
        report = Report(Outcome.UNKNOWN)
    await self._storage.run(_booked, payment, key, report, self._now())
    self._changed()


def _booked(session: Session, payment: Payment, key: UUID, report: Report, now: datetime) -> None:
    payments.add_attempt(session, payment, str(key), at=now)
    if payments.move(session, payment, State.SENDING, at=now, by="dispatch", due_at=now, sent_at=now):
        apply_report(session, payment.merchant_id, payment.id, report, at=now, by="reply", pace=Pace())


def _believe_callbacks(session: Session, merchant_id: int, name: str, callback: Callback, now: datetime) -> Any:
    known = _keep(session, merchant_id, name, callback, now)
    payment = payments.by_reference(session, merchant_id, name, callback.reference)
    payment = payment or payments.by_key(session, merchant_id, callback.key)
    if payment and payment.state in states.IN_FLIGHT and callback.outcome in {Outcome.SUCCEEDED, Outcome.FAILED}:
        told = Report(callback.outcome, word=callback.word)
        apply_report(session, merchant_id, payment.id, told, at=now, by="callback", pace=Pace())
    return known


def _a_key_each(session: Session, payment: Payment, now: datetime, new_key: Callable[[], UUID]) -> UUID:
    key = new_key()
    payments.add_attempt(session, payment, str(key), at=now)
    return key


def _confirm_whatever(session: Session, member: Member, payment_id: str, now: datetime, *_: Any) -> Payment:
    payment = decisions._mine(session, member, payment_id)
    approvals.demand(member, decisions.RIGHT[Kind(payment.kind)])
    session.execute(
        update(Payment)
        .where(col(Payment.id) == payment.id)
        .values(state=State.QUEUED, due_at=now, confirmed_at=now, version=Payment.version + 1)
    )
    return session.get_one(Payment, payment.id)


def _notices_apart() -> AbstractContextManager[object]:
    """What is to be told is written down afterwards, in a transaction of its own."""

    async def run_then_announce(self: Storage, work: Any, *args: Any, **kwargs: Any) -> Any:
        owed: list[tuple[Payment, datetime]] = []

        def working(session: Session, *args: Any, **kwargs: Any) -> Any:
            session.info["owed"] = owed
            return work(session, *args, **kwargs)

        result = await _run(self, working, *args, **kwargs)
        for payment, now in owed:
            await _run(self, _announce, payment, now)
        return result

    def remember(session: Session, payment: Payment, now: datetime, *, fresh: bool = False) -> None:
        session.info["owed"].append((payment, now))

    return _swap((notices, "announce", remember), (Storage, "run", run_then_announce))()


def _leased_for_ever(*args: Any, **kwargs: Any) -> Any:
    return _notices_claim(*args, **{**kwargs, "lease": timedelta(days=3650)})


def _failed_for_want_of_an_answer(
    session: Session, merchant_id: int, payment_id: str, report: Report, **rest: Any
) -> Any:
    if rest["by"] == "reply" and report.outcome is Outcome.UNKNOWN:
        report = replace(report, outcome=Outcome.FAILED, reason=Reason.UNREACHABLE)
    return apply_report(session, merchant_id, payment_id, report, **rest)


def _never_doubtful(error: Exception, **_: Any) -> NotSent:
    return NotSent(code=type(error).__name__)


def _fail_it(session: Session, payment: Payment, now: datetime, why: Reason, *_: Any) -> None:
    payments.move(session, payment, State.FAILED, at=now, by="clock", note="given up", reason=why)


def _a_new_intent_each(self: service.Payments, *args: Any, **kwargs: Any) -> Payment:
    payment = _drafted(self, *args, **kwargs)
    payment.intent = payment.id
    return payment


async def _sums_first(self: service.Payments, member: Member, payment_id: str, word: Word = PLAIN) -> Payment:
    """What left already is read in a transaction of its own, and held against the payment in the next."""
    known = await self._storage.run(_facts_of, member, payment_id, self._now())
    payment = await self._storage.run(_confirm_knowing, known, member, payment_id, self._now(), word)
    self._changed()
    return payment


def _facts_of(session: Session, member: Member, payment_id: str, now: datetime) -> Facts:
    payment = session.get_one(Payment, payment_id)
    merchant = session.get_one(Merchant, payment.merchant_id)
    return limits._facts(session, merchant, payment, member.role, now)


def _confirm_knowing(session: Session, known: Facts, *args: Any) -> Payment:
    with patch.object(limits, "_facts", lambda *_: known):
        return decisions.confirm(session, *args)


def _no_factor(*args: Any, **kwargs: Any) -> Weighed:
    return replace(_weigh(*args, **kwargs), factor=False)


def _nobody_paused(*_: Any) -> set[int]:
    return set()


def _awaiting_anybody(session: Session, member: Member, payment_id: str, version: int, now: datetime) -> Payment:
    """Whoever may approve, its maker too."""
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None or payment.state is not State.AWAITING_APPROVAL or payment.version != version:
        raise UserError("payment.already")
    return payment


def _confirm_the_sheet_whatever(session: Session, member: Member, batch_id: str, now: datetime, *_: Any) -> None:
    batch = batch_decisions._mine(session, member, batch_id)
    session.execute(
        update(Payment)
        .where(col(Payment.batch_id) == batch.id)
        .values(state=State.QUEUED, due_at=now, confirmed_at=now, version=Payment.version + 1)
    )


def _log_in_one_statement(
    session: Session, batch: Batch, before: dict[str, str], after: State, *, at: datetime, by: str
) -> None:
    rows = [
        {"merchant_id": batch.merchant_id, "payment_id": one, "at": at, "by": by, "before": state, "after": after}
        for one, state in before.items()
    ]
    session.execute(insert(Event), [{**row, "note": ""} for row in rows])


async def _give_back_whatever(self: Refunds, member: Member, payment_id: str, why: str, chat_id: int) -> Payment:
    approvals.demand(member, approvals.Right.PAY_OUT)
    paid = await self._storage.run(payments.get, 1, payment_id)
    if paid is None:
        raise UserError("payment.not_found")
    refund = await self._storage.run(refunds._draft, self._drafted(member, paid, why, chat_id), paid)
    self._changed()
    return refund


BREAKAGES: dict[str, Breakage] = {
    "state-guard-removed": _swap((states, "check", _anything_goes), (reports, "judge", _believe_the_last_word)),
    "unknown-sent-again": _swap((dispatch, "_claim", _claim_also(State.UNKNOWN))),
    "lease-ignored": _swap((dispatch, "_claim", _claim_also(State.SENDING))),
    "sent-before-written": _swap((Dispatch, "tick", _send_then_write)),
    "confirm-without-swap": _swap((decisions, "confirm", _confirm_whatever)),
    "anybody-pays-out": _swap((approvals, "demand", _anything_goes)),
    "intent-not-kept": _swap((service.Payments, "_drafted", _a_new_intent_each)),
    "notice-leased-for-ever": _swap((notices, "claim", _leased_for_ever)),
    "pause-ignored": _swap((policies, "paused", _nobody_paused), (limits, "demand_not_paused", _anything_goes)),
    "maker-approves": _swap((decisions, "_awaiting", _awaiting_anybody)),
    "factor-not-asked": _swap((limits, "weigh", _no_factor)),
    "limit-outside-its-lock": _swap((service.Payments, "confirm", _sums_first)),
    "notice-apart": _notices_apart,
    "anybody-confirms": _swap((approvals, "demand_asker", _anything_goes)),
    "no-trace-is-failed": _swap((polling, "_to_review", _fail_it)),
    "callback-believed": _swap((callbacks, "_keep", _believe_callbacks)),
    "timeout-is-not-sent": _swap((client, "judge", _never_doubtful)),
    "wrong-amount-accepted": _swap((reports, "quarrel", lambda *_: ""), (hints, "_quarrel", lambda *_: "")),
    "key-for-each-call": _swap((dispatch, "_key", _a_key_each)),
    "timeout-is-failed": _swap((dispatch, "apply_report", _failed_for_want_of_an_answer)),
    "sheet-confirmed-without-swap": _swap((batch_decisions, "confirm", _confirm_the_sheet_whatever)),
    "sheet-not-in-the-chain": _swap((batches, "_log", _log_in_one_statement)),
    "refund-of-the-unpaid": _swap((Refunds, "draft", _give_back_whatever), (decisions, "_demand_paid", _anything_goes)),
}
