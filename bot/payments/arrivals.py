"""Did it really arrive? The systems' own word on money that somebody waits for, never an SMS or a picture.

What was asked for here and is open, or ended otherwise than hoped, is asked about at once; statements, where a system
has them, are searched for money that came in without us.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.approvals import sees_only
from bot.payments.polling import Polling
from providers.base import Clock, Provider
from providers.errors import ProviderError
from providers.messages import Kind, Outcome, StatementLine, Verb
from providers.money import Money
from storage import arrivals, settled
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import ASKED_ABOUT, NEVER_SENT, OPEN, State

log = structlog.get_logger()

USUAL, LONGEST = 7, 31
"""Days looked back."""

_MOST = 50
_MOST_ASKED = 15
_NEAR = 3
_PATIENCE = 10.0
"""Seconds for one answer: somebody stands at the counter."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is told of the money. Not `sure`: the one word that was typed is a reference, or the rest as it reads."""

    amount: Money | None = None
    msisdn: str = ""
    reference: str = ""
    sure: bool = True


class Verdict(StrEnum):
    RECEIVED = "received"
    DIFFERS = "differs"
    GIVEN_BACK = "given_back"
    OPEN = "open"
    UNSURE = "unsure"
    NOT_RECEIVED = "not_received"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class Found:
    """A payment of ours, or a statement's row that is none of ours. `heard` None: its system was not asked just now.

    `differs`: what was typed otherwise than it is. `mine`: the member may see all of it.
    """

    at: datetime
    title: str
    payment: Payment | None = None
    line: StatementLine | None = None
    heard: bool | None = None
    differs: tuple[str, ...] = ()
    refund: Payment | None = None
    mine: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """`read` None: it has no statement; False: it did not give it. `heard`: the answers to our questions, if any."""

    title: str
    read: bool | None
    heard: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Newest first; the newest decides. `near`: what is like it and yet not what was asked for."""

    wanted: Wanted
    verdict: Verdict
    found: Sequence[Found]
    near: Sequence[Found]
    accounts: Sequence[Account]
    since: datetime
    at: datetime
    days: int


@dataclass(slots=True)
class _Search:
    wanted: Wanted
    since: datetime
    ours: list[Payment]
    near: list[Payment] = field(default_factory=list)
    strays: list[Found] = field(default_factory=list)
    read: dict[str, bool | None] = field(default_factory=dict)


class Arrivals:
    def __init__(self, storage: Storage, accounts: Accounts, polling: Polling, now: Clock) -> None:
        self._storage = storage
        self._accounts = accounts
        self._polling = polling
        self._now = now

    async def check(self, member: Member, wanted: Wanted, *, days: int = USUAL) -> Findings:
        """Over all accounts and everybody's payments: a cashier may know that money came, though not asked by them."""
        merchant = member.merchant.id or 0
        zone = ZoneInfo(member.merchant.timezone)
        first = self._now().astimezone(zone).date() - days * _A_DAY
        since = datetime.combine(first, time(), zone)
        search = await self._storage.run(_known, merchant, wanted, since)
        accounts = self._accounts.of(merchant)
        await asyncio.gather(*(self._read(merchant, search, one) for one in accounts))
        heard = await self._polling.look_now(merchant, _to_ask(search), _PATIENCE)
        every = [one.id for one in (*search.ours, *search.near)]
        now_as = await self._storage.run(arrivals.again, merchant, every)
        refunds = await self._storage.run(_refunds, list(now_as.values()))

        def seen(payment: Payment) -> Found:
            return self._seen(member, now_as[payment.id], search.wanted, heard, refunds)

        found = sorted([*map(seen, search.ours), *search.strays], key=_weight, reverse=True)
        near = sorted(map(seen, search.near), key=_weight, reverse=True)
        told = [self._account(one, search, heard, now_as) for one in accounts]
        return Findings(search.wanted, _verdict(found, told), found, near[:_NEAR], told, since, self._now(), days)

    def _seen(
        self,
        member: Member,
        payment: Payment,
        wanted: Wanted,
        heard: dict[str, bool],
        refunds: dict[str, Payment],
    ) -> Found:
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        return Found(
            payment.settled_at or payment.sent_at or payment.created_at,
            provider.sheet.title if provider else payment.provider,
            payment,
            heard=heard.get(payment.id),
            differs=_differs(wanted, payment),
            refund=refunds.get(payment.id),
            mine=sees_only(member) in {None, payment.asker_id},
        )

    async def _read(self, merchant: int, search: _Search, provider: Provider) -> None:
        """A statement's row that is one of ours says only which one to ask about."""
        if Verb.STATEMENT not in provider.verbs:
            search.read[provider.name] = None
            return
        lines = await self._statement(provider, search.since)
        search.read[provider.name] = lines is not None
        fitting = _fitting(search.wanted, lines or (), search.since)
        named = await self._storage.run(_ours_among, merchant, provider.name, fitting)
        known = {one.id for one in search.ours}
        search.ours += [one for one in {one.id: one for one in named.values()}.values() if one.id not in known]
        search.strays += [
            Found(line.at, provider.sheet.title, line=line) for line in fitting if line.reference not in named
        ]

    async def _statement(self, provider: Provider, since: datetime) -> list[StatementLine] | None:
        """A day more on both sides, since their time zone is not known."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await provider.statement((since - _A_DAY).date(), (self._now() + _A_DAY).date())
        except (ProviderError, TimeoutError) as error:
            log.warning("no statement", provider=provider.name, error=str(error))
        except Exception:
            log.exception("a gateway failed", provider=provider.name)
        return None

    def _account(
        self, provider: Provider, search: _Search, heard: dict[str, bool], now_as: dict[str, Payment]
    ) -> Account:
        answers = tuple(was for one, was in heard.items() if now_as[one].provider == provider.name)
        return Account(provider.sheet.title, search.read[provider.name], answers)


def _known(session: Session, merchant_id: int, wanted: Wanted, since: datetime) -> _Search:
    if wanted.reference:
        borne = arrivals.bearing(session, merchant_id, wanted.reference, limit=_MOST)
        if borne or wanted.sure:
            alone = wanted if wanted.sure else Wanted(reference=wanted.reference)
            return _Search(alone, since, list(borne))
    amount = (wanted.amount.minor, wanted.amount.currency) if wanted.amount else None
    msisdn = wanted.msisdn or None
    ours = arrivals.asked_since(session, merchant_id, since, limit=_MOST, msisdn=msisdn, amount=amount)
    search = _Search(wanted, since, list(ours))
    if amount and msisdn:
        search.near = _like(session, merchant_id, since, msisdn, amount, {one.id for one in ours})
    return search


def _like(
    session: Session, merchant_id: int, since: datetime, msisdn: str, amount: tuple[int, str], known: Collection[str]
) -> list[Payment]:
    """The payer's other payments, and such a sum from somebody whose phone is not known, as behind a link."""
    others = arrivals.asked_since(session, merchant_id, since, limit=_MOST, msisdn=msisdn)
    nameless = arrivals.asked_since(session, merchant_id, since, limit=_MOST, msisdn="", amount=amount)
    alive = {State.SUCCEEDED, *ASKED_ABOUT}
    return [one for one in (*others, *nameless) if one.state in alive and one.id not in known][:_NEAR]


def _refunds(session: Session, every: Sequence[Payment]) -> dict[str, Payment]:
    found = {one.id: arrivals.refund_of(session, one) for one in every if one.state is State.SUCCEEDED}
    return {one: refund for one, refund in found.items() if refund}


def _ours_among(session: Session, merchant_id: int, system: str, lines: Sequence[StatementLine]) -> dict[str, Payment]:
    """By the rows' references."""
    references, notes = {line.reference for line in lines}, {line.payer_note for line in lines}
    named = settled.named(session, merchant_id, system, references, notes)
    sent_under = settled.keys(session, system, [one.id for one in named])
    by_key = {key: one for one in named for key in sent_under[one.id]}
    by_reference = {one.reference: one for one in named}
    pairs = ((line.reference, by_key.get(line.payer_note) or by_reference.get(line.reference)) for line in lines)
    return {reference: one for reference, one in pairs if one}


def _fitting(wanted: Wanted, lines: Sequence[StatementLine], since: datetime) -> list[StatementLine]:
    return [
        line
        for line in lines
        if line.at >= since
        and line.outcome is Outcome.SUCCEEDED
        and line.kind in {None, Kind.COLLECTION}
        and _fits(wanted, line)
    ]


def _fits(wanted: Wanted, line: StatementLine) -> bool:
    if wanted.reference:
        borne = wanted.reference.lower() in {line.reference.lower(), line.operator_reference.lower(), line.payer_note}
        if borne or wanted.sure:
            return borne
    if not (wanted.amount or wanted.msisdn):
        return False
    by_amount = not wanted.amount or wanted.amount == line.amount
    return by_amount and (not wanted.msisdn or wanted.msisdn == line.msisdn.removeprefix("+"))


def _differs(wanted: Wanted, payment: Payment) -> tuple[str, ...]:
    """A reference finds its payment whatever else was typed with it."""
    amount = wanted.amount and wanted.amount != Money(payment.amount, payment.currency)
    phone = wanted.msisdn and payment.msisdn and wanted.msisdn != payment.msisdn
    return tuple(name for name, flaw in (("amount", amount), ("phone", phone)) if flaw)


def _to_ask(search: _Search) -> list[str]:
    """The open ones first: the others have ended once by a system's own word."""
    every = [*search.ours, *search.near]
    return [one.id for one in sorted(every, key=lambda one: one.state not in ASKED_ABOUT)][:_MOST_ASKED]


def _weight(found: Found) -> tuple[bool, datetime]:
    """What was never sent says nothing of money."""
    return not (found.payment and found.payment.state in {State.DRAFT, *NEVER_SENT}), found.at


def _verdict(found: Sequence[Found], accounts: Sequence[Account]) -> Verdict:
    newest = found[0] if found else None
    if newest and newest.payment and newest.payment.kind != Kind.COLLECTION:
        return Verdict.OUTGOING
    if newest and (newest.line or (newest.payment and newest.payment.state is State.SUCCEEDED)):
        if newest.refund:
            return Verdict.GIVEN_BACK
        return Verdict.DIFFERS if newest.differs else Verdict.RECEIVED
    if newest and newest.payment and newest.payment.state is State.REVERSED:
        return Verdict.GIVEN_BACK
    if newest and newest.payment and newest.payment.state in OPEN | {State.REVIEW} - {State.DRAFT}:
        return Verdict.OPEN
    return Verdict.UNSURE if any(one.read is False for one in accounts) else Verdict.NOT_RECEIVED
