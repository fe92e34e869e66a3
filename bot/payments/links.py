"""How long a payment link is shown to be good, and a new one in its place.

No system lets us close a link: one that has lapsed is no longer shown, and whoever pays by it all the same is heard.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, decisions
from bot.payments.approvals import Right
from bot.payments.lapses import lapsed
from bot.payments.phone import Phone
from bot.payments.policy import LINK_HOURS
from bot.payments.service import Ask, Payments
from providers.base import Clock
from providers.messages import Channel, Kind
from providers.money import Money
from storage import notices, payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import ASKED_ABOUT, State


class Links:
    def __init__(self, storage: Storage, service: Payments, now: Clock, changed: Callable[[], None]) -> None:
        self._storage = storage
        self._service = service
        self._now = now
        self._changed = changed

    async def last(self, member: Member, payment_id: str, hours: int) -> None:
        """So many hours from now. Raises UserError for what is no link that waits."""
        if hours not in LINK_HOURS:
            raise UserError("link.closed")
        await self._storage.run(_last, member, payment_id, self._now() + timedelta(hours=hours), self._now())
        self._changed()

    async def post(self, member: Member, amount: Money, description: str, inline_message_id: str) -> Payment:
        """A link for a message that the member posted in any chat. The message is the intent: told twice, it is one.

        Its card is in the member's private chat. Raises UserError where no link can be made.
        """
        draft = await self._service.prepare(member, _for_anybody(member, amount, description))
        draft.intent = f"inline:{inline_message_id}"
        made = await self._storage.run(_post, member, draft, inline_message_id)
        self._changed()
        return made

    async def possible(self, member: Member, amount: Money, description: str) -> None:
        """Raises UserError where no system would make such a link now."""
        await self._service.prepare(member, _for_anybody(member, amount, description))

    async def again(self, member: Member, payment_id: str) -> Payment:
        """A new link for the same: one for each that has lapsed, however often it is tapped."""
        approvals.demand(member, Right.ASK)
        old = await self._storage.run(_waiting, member, payment_id)
        if not lapsed(old, self._now()):
            raise UserError("link.still_good")
        ask = Ask(
            Kind.COLLECTION,
            Money(old.amount, old.currency),
            Phone(old.msisdn, old.country, ""),
            old.description,
            old.chat_id,
            0,
            Channel.LINK,
            via=old.provider if old.pinned else "",
        )
        draft = await self._service.prepare(member, ask)
        draft.intent = f"link:{old.id}:again"
        made = await self._storage.run(decisions.enter, draft, member)
        if made.id != draft.id:
            raise UserError("link.made", id=made.id)
        self._changed()
        return made


def _for_anybody(member: Member, amount: Money, description: str) -> Ask:
    where = Phone("", member.merchant.country, "")
    return Ask(Kind.COLLECTION, amount, where, description, member.person.id, 0, Channel.LINK)


def _post(session: Session, member: Member, draft: Payment, inline_message_id: str) -> Payment:
    decisions.demand_still(session, member, Right.ASK)
    made = decisions.enter(session, draft, member)
    if made.id == draft.id:
        notices.follow_inline(session, made, inline_message_id, draft.created_at)
    return made


def _waiting(session: Session, member: Member, payment_id: str) -> Payment:
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None:
        raise UserError("payment.not_found")
    approvals.demand_asker(member, payment)
    if payment.channel != Channel.LINK or payment.state not in ASKED_ABOUT | {State.REVIEW}:
        raise UserError("link.closed")
    return payment


def _last(session: Session, member: Member, payment_id: str, end: datetime, now: datetime) -> None:
    payment = _waiting(session, member, payment_id)
    kept = {name: value for name, value in payment.checks.items() if name != "lapsed"}
    told = {**kept, "until": end.isoformat()}
    by = f"person:{member.person.id}"
    payments.amend(session, payment, at=now, by=by, note=f"lapses at {end.isoformat()}", checks=told)
