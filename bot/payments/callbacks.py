"""Callbacks from the systems: verified, kept once, and then only a reason to ask the status now."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog
from sqlmodel import Session

from bot.payments.accounts import Accounts
from providers.base import Callback, CallbackRequest, Clock, Outcome, Provider
from providers.errors import BadCallback, Reason
from providers.money import Money
from storage import inbound, payments
from storage.engine import Storage
from storage.models import Inbound, Payment
from storage.states import State

log = structlog.get_logger()

_LONGEST = 200


class Callbacks:
    def __init__(self, storage: Storage, accounts: Accounts, now: Clock, woken: Callable[[], None]) -> None:
        """`woken` is called when a payment is to be looked at."""
        self._storage = storage
        self._accounts = accounts
        self._now = now
        self._woken = woken

    async def receive(self, merchant_id: int, name: str, request: CallbackRequest) -> bool:
        """Whether the system is one of this merchant's. Raises BadCallback for one that can't be believed.

        A callback never makes a payment; one for an unknown reference is kept and does nothing.
        """
        provider = self._accounts.get(merchant_id, name)
        if provider is None:
            return False
        callback = _tamed(_parsed(provider, request))
        known = await self._storage.run(_keep, merchant_id, name, callback, self._now())
        log.info("callback", provider=name, reference=callback.reference, word=callback.word, known=known)
        if known:
            self._woken()
        return True


def _parsed(provider: Provider, request: CallbackRequest) -> Callback:
    """What a gateway stumbles over (numbers out of any range, broken characters) is no callback either."""
    try:
        return provider.parse_callback(request)
    except (ValueError, ArithmeticError) as error:
        raise BadCallback(type(error).__name__) from error


def _tamed(callback: Callback) -> Callback:
    """Short, and of characters that any database keeps."""
    reference, key, word = map(_plain, (callback.reference, callback.key, callback.word))
    return replace(callback, reference=reference, key=key, word=word)


def _plain(text: str) -> str:
    return text[:_LONGEST].replace("\0", "").encode(errors="replace").decode()


def _keep(session: Session, merchant_id: int, name: str, callback: Callback, now: datetime) -> bool:
    payment = payments.by_reference(session, merchant_id, name, callback.reference)
    payment = payment or payments.by_key(session, merchant_id, callback.key)
    money = (str(callback.amount or ""), callback.currency, callback.kind or "")
    said = "\0".join((str(merchant_id), name, callback.reference, callback.key, callback.word, *money))
    kept = Inbound(
        merchant_id=merchant_id,
        provider=name,
        digest=hashlib.sha256(said.encode()).hexdigest(),
        reference=callback.reference,
        key=callback.key,
        word=callback.word,
        received_at=now,
        payment_id=payment.id if payment else None,
    )
    if not inbound.keep_once(session, kept) or payment is None:
        return False
    if payment.provider != name:
        _stray(session, payment, name, callback, now)
        return False
    if callback.reference and not payment.reference:
        payments.learn_reference(session, payment, callback.reference)
    if quarrel := _quarrel(payment, callback):
        _disputed(session, payment, name, quarrel, now)
        return False
    if payment.state is State.QUEUED and any(one.provider == name for one in payments.attempts(session, payment.id)):
        payment = _sent_after_all(session, payment, name, now) or payment
    if payment.state is State.REVIEW:
        payments.remark(session, payment, f"{name} calls back: {callback.word}", at=now, by="callback")
    payments.wake(session, payment, now)
    return True


def _sent_after_all(session: Session, payment: Payment, name: str, now: datetime) -> Payment | None:
    """It waits to be sent again, and the system speaks of it: it had been taken, whatever was answered."""
    note = f"{name} calls back while it waits to be sent again"
    taken = payments.move(session, payment, State.SENDING, at=now, by="callback", note=note, due_at=now)
    return taken and payments.move(session, taken, State.UNKNOWN, at=now, by="callback", note=note, due_at=now)


def _stray(session: Session, payment: Payment, name: str, callback: Callback, now: datetime) -> None:
    """A system that had refused the order, or was never reached, speaks of it after all: a person must look."""
    note = f"{name}, left for {payment.provider}, calls back: {callback.word}"
    payments.remark(session, payment, note, at=now, by="callback")
    log.error("a system that was left calls back", payment=payment.id, provider=name, word=callback.word)
    if callback.outcome is Outcome.FAILED:
        return  # as it said when it refused
    _to_review(session, payment, note, now, Reason.CONTRADICTION)


def _quarrel(payment: Payment, callback: Callback) -> str:
    """What a callback says of another payment than this one; empty where it says nothing else."""
    if callback.kind and callback.kind != payment.kind:
        return f"kind {callback.kind}"
    if callback.currency and callback.currency != payment.currency:
        return f"currency {callback.currency}"
    if callback.amount is not None and callback.amount != Money(payment.amount, payment.currency).decimal:
        return f"amount {callback.amount}"
    return ""


def _disputed(session: Session, payment: Payment, name: str, quarrel: str, now: datetime) -> None:
    note = f"{name} calls back: {quarrel}"
    payments.remark(session, payment, note, at=now, by="callback")
    log.error("a callback disagrees with its payment", payment=payment.id, provider=name)
    _to_review(session, payment, note, now, Reason.MISMATCH, quarrel)


def _to_review(session: Session, payment: Payment, note: str, now: datetime, reason: Reason, detail: str = "") -> None:
    step: Payment | None = payment
    for state in _TO_REVIEW.get(payment.state, ()):
        step = step and payments.move(
            session, step, state, at=now, by="callback", note=note, reason=reason, detail=detail
        )


_TO_REVIEW = {
    State.QUEUED: (State.SENDING, State.UNKNOWN, State.REVIEW),  # the second system is not asked any more
    State.SENDING: (State.UNKNOWN, State.REVIEW),
    State.PENDING: (State.REVIEW,),
    State.UNKNOWN: (State.REVIEW,),
    State.SUCCEEDED: (State.REVIEW,),
    State.FAILED: (State.REVIEW,),
}
