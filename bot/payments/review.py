"""Payments in review: what is known of each, what its system says now, and how two people close it.

A decision only writes down what a person found out. It never sends money, nor sends it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session
from structlog.contextvars import bound_contextvars

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.accounts import Accounts
from bot.payments.approvals import Right, may
from bot.payments.polling import lookup_of
from bot.payments.reports import apply_report, quarrel
from providers.base import Clock, Provider
from providers.errors import ProviderError, Reason
from providers.messages import Lookup, Report
from storage import payments, people, proposals
from storage.engine import Storage
from storage.models import Attempt, Event, Payment, Proposal
from storage.people import Member
from storage.states import LEGAL, State

log = structlog.get_logger()

ENDS = tuple(sorted(LEGAL[State.REVIEW], key=(State.SUCCEEDED, State.FAILED, State.REVERSED).index))
PROPOSAL_LIVES = timedelta(hours=24)
LEAST_REASON, MOST_REASON = 3, 200

_THEIR_WORDS = {"reply", "poll", "callback"}


@dataclass(frozen=True, slots=True)
class Item:
    """`since`: in review. A proposal that has expired is none."""

    payment: Payment
    since: datetime
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What one system says now of a payment it was given. `quarrel` is what it says of another payment than ours."""

    title: str
    report: Report | None = None
    quarrel: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """All that one system's support may need to find a payment. `ours`: it is the one that has the payment now."""

    payment: Payment
    provider: str
    title: str
    language: str
    attempts: Sequence[Attempt]
    heard: Sequence[Event]

    @property
    def ours(self) -> bool:
        return self.payment.provider == self.provider


class TypeReference(UserError):
    """Who decides alone types the payment's reference first."""

    def __init__(self) -> None:
        super().__init__("review.type_reference")


class Reviews:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        now: Clock,
        new_id: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._accounts = accounts
        self._now = now
        self._new_id = new_id
        self._changed = changed

    async def queue(self, member: Member, *, limit: int, offset: int = 0) -> list[Item]:
        approvals.demand(member, Right.SEE_ALL)
        rows = await self._storage.run(proposals.queue, member.merchant.id or 0, limit=limit, offset=offset)
        return [self._item(*row) for row in rows]

    async def item(self, member: Member, payment_id: str) -> Item:
        """Raises UserError where nothing is to be decided about it."""
        approvals.demand(member, Right.SEE_ALL)
        found = await self._storage.run(proposals.waiting, member.merchant.id or 0, payment_id)
        if found is None:
            raise UserError("review.closed", id=payment_id)
        return self._item(*found)

    def _item(self, payment: Payment, since: datetime, proposal: Proposal | None) -> Item:
        good = proposal and proposal.version == payment.version and proposal.expires_at > self._now()
        return Item(payment, since, proposal if good else None)

    async def look(self, member: Member, payment_id: str) -> list[Advice]:
        """Asks every system that was given the payment. What they say is written down; nothing changes by it."""
        item = await self.item(member, payment_id)
        attempts = await self._storage.run(payments.attempts, item.payment.id)
        latest = {attempt.provider: attempt for attempt in attempts}
        if not latest:
            restored = item.payment.reason == Reason.RESTORED
            raise UserError("review.not_in_backup" if restored else "review.never_sent")
        return [await self._ask(item.payment, name, attempt) for name, attempt in latest.items()]

    async def _ask(self, payment: Payment, name: str, attempt: Attempt) -> Advice:
        provider = self._accounts.get(payment.merchant_id, name)
        if provider is None:
            return Advice(name)
        lookup = _without_code(lookup_of(payment, UUID(attempt.id)))
        if name != payment.provider:
            lookup = replace(lookup, reference="")
        try:
            with bound_contextvars(payment=payment.id):
                report = await provider.status(lookup)
        except ProviderError as error:
            log.warning("no answer", payment=payment.id, provider=name, error=str(error))
            return Advice(provider.sheet.title)
        except Exception:
            log.exception("a gateway failed", payment=payment.id, provider=name)
            return Advice(provider.sheet.title)
        await self._storage.run(_write_down, payment, provider, report, self._now())
        known = payment if name == payment.provider else payment.model_copy(update={"reference": ""})
        return Advice(provider.sheet.title, report, quarrel(known, report, {attempt.id}))

    async def files(self, member: Member, payment_id: str) -> list[File]:
        """One for each system that was given the payment; none of them names another."""
        payment = (await self.item(member, payment_id)).payment
        attempts = await self._storage.run(payments.attempts, payment.id)
        events = await self._storage.run(payments.events, payment.id)
        names = list(dict.fromkeys([payment.provider, *(attempt.provider for attempt in attempts)]))
        return [self._file(payment, name, set(names) - {name}, attempts, events) for name in names]

    def _file(
        self,
        payment: Payment,
        name: str,
        others: set[str],
        attempts: Sequence[Attempt],
        events: Sequence[Event],
    ) -> File:
        provider = self._accounts.get(payment.merchant_id, name)
        heard = [
            event
            for event in events
            if event.by in _THEIR_WORDS and event.note and not any(other in event.note for other in others)
        ]
        return File(
            payment,
            name,
            provider.sheet.title if provider else name,
            provider.sheet.speaks if provider else "en",
            [attempt for attempt in attempts if attempt.provider == name],
            heard if name == payment.provider else [],
        )

    async def propose(self, member: Member, payment_id: str, state: State, reason: str) -> Proposal:
        """In place of any earlier proposal: whoever saw that one can't agree with it any more."""
        why = " ".join(reason.split())
        if not LEAST_REASON <= len(why) <= MOST_REASON:
            raise UserError("review.reason_length", least=LEAST_REASON, most=MOST_REASON)
        return await self._storage.run(_propose, member, payment_id, state, why, self._new_id(), self._now())

    async def agree(self, member: Member, proposal_id: str, typed: str | None = None) -> Payment:
        """Closes the payment. Raises TypeReference where the member is the only one who may decide."""
        payment = await self._storage.run(_agree, member, proposal_id, typed, self._now())
        self._changed()
        return payment

    async def object(self, member: Member, proposal_id: str) -> None:
        await self._storage.run(_object, member, proposal_id, self._now())

    async def deciders(self, member: Member) -> list[Member]:
        return await self._storage.run(_deciders, member.merchant.id or 0)


def _without_code(lookup: Lookup) -> Lookup:
    """A payer's code would let the payment go on: this look must move nothing."""
    return replace(lookup, extras={name: value for name, value in lookup.extras.items() if name != "otp"})


def _write_down(session: Session, payment: Payment, provider: Provider, report: Report, now: datetime) -> None:
    """What the payment's own system says goes through the one door, which leaves a payment in review where it is."""
    if provider.name == payment.provider:
        pace = provider.sheet.pace
        apply_report(session, payment.merchant_id, payment.id, report, at=now, by="poll", pace=pace)
        return
    payments.remark(session, payment, f"{provider.name}: {report.outcome} {report.word}".strip(), at=now, by="poll")


def _deciders(session: Session, merchant_id: int) -> list[Member]:
    return [member for member in people.members(session, merchant_id) if may(member, Right.DECIDE)]


def _in_review(session: Session, merchant_id: int, payment_id: str) -> Payment:
    payment = payments.get(session, merchant_id, payment_id, lock=True)
    if payment is None or payment.state is not State.REVIEW:
        raise UserError("review.closed", id=payment_id)
    return payment


def _propose(
    session: Session, member: Member, payment_id: str, state: State, why: str, proposal_id: str, now: datetime
) -> Proposal:
    approvals.demand(member, Right.DECIDE)
    payment = _in_review(session, member.merchant.id or 0, payment_id)
    proposal = Proposal(
        payment_id=payment.id,
        id=proposal_id,
        merchant_id=payment.merchant_id,
        state=state,
        reason=why,
        by_id=member.person.id,
        version=payment.version,
        created_at=now,
        expires_at=now + PROPOSAL_LIVES,
    )
    proposals.put(session, proposal)
    payments.remark(session, payment, f"proposes {state}: {why}", at=now, by=f"person:{member.person.id}")
    return proposal


def _proposed(session: Session, member: Member, proposal_id: str) -> tuple[Payment, Proposal]:
    """Locks the payment first, so that of two people at once the second sees what the first did."""
    approvals.demand(member, Right.DECIDE)
    known = proposals.by_id(session, member.merchant.id or 0, proposal_id)
    if known is None:
        raise UserError("review.stale")
    payment = _in_review(session, known.merchant_id, known.payment_id)
    proposal = proposals.by_id(session, known.merchant_id, proposal_id)
    if proposal is None or proposal.version != payment.version:
        raise UserError("review.stale")
    return payment, proposal


def _agree(session: Session, member: Member, proposal_id: str, typed: str | None, now: datetime) -> Payment:
    payment, proposal = _proposed(session, member, proposal_id)
    if proposal.expires_at <= now:
        raise UserError("review.expired")
    deciders = {one.person.id for one in _deciders(session, payment.merchant_id)}
    if not {proposal.by_id, member.person.id} <= deciders:  # one of them may decide no longer
        raise UserError("review.stale")
    alone = deciders == {member.person.id}
    if proposal.by_id == member.person.id:
        _demand_alone(payment, typed, alone=alone)
    how = "alone" if alone else f"proposed by person:{proposal.by_id}"
    moved = payments.move(
        session,
        payment,
        proposal.state,
        at=now,
        by=f"person:{member.person.id}",
        note=f"decided, {how}: {proposal.reason}",
        reason=Reason.DECIDED,
        detail=proposal.reason,
        step=None,
    )
    if moved is None:
        raise UserError("review.stale")
    proposals.drop(session, proposal)
    log.info("payment decided", payment=moved.id, state=moved.state, by=member.person.id, alone=alone)
    return moved


def _demand_alone(payment: Payment, typed: str | None, *, alone: bool) -> None:
    if not alone:
        raise UserError("review.second_person")
    if typed is None:
        raise TypeReference
    if typed.strip().upper() != payment.id:
        raise UserError("review.not_the_reference")


def _object(session: Session, member: Member, proposal_id: str, now: datetime) -> None:
    payment, proposal = _proposed(session, member, proposal_id)
    payments.remark(session, payment, f"does not agree with {proposal.state}", at=now, by=f"person:{member.person.id}")
    proposals.drop(session, proposal)
