"""Callbacks from the systems: verified, kept once, and then only a reason to ask the status now."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlmodel import Session

from bot.payments import hints
from bot.payments.accounts import Accounts, Connected
from bot.payments.reports import CONTRADICTS
from providers.base import Clock, Provider
from providers.errors import BadCallback
from providers.messages import Callback, CallbackRequest
from storage import inbound, payments
from storage.engine import Storage
from storage.models import Inbound, Payment

log = structlog.get_logger()

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of a callback. `wakes`: its payment is to be looked at."""

    payment: Payment | None
    wakes: bool = False

    @property
    def told(self) -> dict[str, str | bool]:
        """As the log has it; one of nobody's payment says so by naming none."""
        return ({"payment": self.payment.id} if self.payment else {}) | {"known": self.wakes}


class Callbacks:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        now: Clock,
        woken: Callable[[], None],
        find: Callable[[str], Awaitable[Connected | None]] | None = None,
    ) -> None:
        """`woken` is called when a payment is to be looked at; `find` knows whose a connected account's address is."""
        self._storage = storage
        self._accounts = accounts
        self._find = find
        self._now = now
        self._woken = woken

    async def receive(self, merchant_id: int, name: str, request: CallbackRequest) -> bool:
        """Whether the system is one of this merchant's. Raises BadCallback for one that can't be believed.

        A callback never makes a payment; one for an unknown reference waits until a payment
        learns that reference.
        """
        provider = self._accounts.get(merchant_id, name)
        return provider is not None and await self._take(merchant_id, provider, request)

    async def receive_at(self, path: str, name: str, request: CallbackRequest) -> bool:
        """The same for a connected account, by the address that is its own: its own secret proves the callback."""
        account = await self._find(path) if self._find else None
        if account is None or account.provider.name != name:
            return False
        return await self._take(account.merchant_id, account.provider, request)

    async def _take(self, merchant_id: int, provider: Provider, request: CallbackRequest) -> bool:
        name = provider.name
        callback = _tamed(_parsed(provider, request))
        kept = await self._storage.run(_keep, merchant_id, name, callback, self._now())
        log.info("callback", provider=name, reference=callback.reference, word=callback.word, **kept.told)
        if kept.wakes:
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


def _keep(session: Session, merchant_id: int, name: str, callback: Callback, now: datetime) -> _Kept:
    payment = payments.by_reference(session, merchant_id, name, callback.reference)
    payment = payment or payments.by_key(session, merchant_id, callback.key)
    money = (str(callback.amount or ""), callback.currency, callback.kind or "")
    said = "\0".join((str(merchant_id), name, callback.reference, callback.key, callback.word, *money))
    kept = Inbound(
        merchant_id=merchant_id,
        provider=name,
        digest=hashlib.sha256(said.encode()).hexdigest(),
        **hints.written(callback),
        received_at=now,
        payment_id=payment.id if payment else None,
    )
    news = inbound.keep_once(session, kept)
    if payment is None or not (news or _contradicts(payment, callback)):
        return _Kept(payment)
    return _Kept(payment, hints.heed(session, payment, name, callback, now))


def _contradicts(payment: Payment, callback: Callback) -> bool:
    """Whoever can say a thing too early must not make us deaf to it once it is true."""
    return callback.outcome in CONTRADICTS.get(payment.state, ())
