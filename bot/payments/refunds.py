"""Refunds: of a confirmed collection, whole, by the system that took it, to its payer and nobody else."""

from collections.abc import Callable

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.accounts import Accounts
from bot.payments.approvals import Right
from bot.payments.expiry import DRAFT_LIVES
from providers.base import Clock
from providers.messages import REFUND_OF, Kind, Verb
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import NEVER_SENT, State


class Refunds:
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

    async def draft(self, member: Member, payment_id: str, why: str, chat_id: int) -> Payment:
        """A card to confirm. Raises UserError where there is nothing to give back, or it is being given back."""
        approvals.demand(member, Right.PAY_OUT)
        paid = await self._storage.run(payments.get, member.merchant.id or 0, payment_id)
        if paid is None or approvals.sees_only(member) not in {None, paid.asker_id}:
            raise UserError("payment.not_found")
        if paid.kind != Kind.COLLECTION or paid.state is not State.SUCCEEDED:
            raise UserError("refund.not_paid", id=paid.id)
        provider = self._accounts.sender(paid.merchant_id, paid.provider)
        if provider is None or Verb.REFUND not in provider.verbs:
            raise UserError("refund.no_call", title=provider.sheet.title if provider else paid.provider)
        refund = await self._storage.run(_draft, self._drafted(member, paid, why, chat_id), paid)
        self._changed()
        return refund

    def _drafted(self, member: Member, paid: Payment, why: str, chat_id: int) -> Payment:
        now = self._now()
        return Payment(
            id=self._new_id(),
            merchant_id=paid.merchant_id,
            intent="",
            kind=Kind.REFUND,
            state=State.DRAFT,
            amount=paid.amount,
            currency=paid.currency,
            msisdn=paid.msisdn,
            country=paid.country,
            operator=paid.operator,
            provider=paid.provider,
            channel=paid.channel,
            description=why,
            asker_id=member.person.id,
            chat_id=chat_id,
            extras={REFUND_OF: paid.reference},
            created_at=now,
            due_at=now + DRAFT_LIVES,
        )


def _draft(session: Session, refund: Payment, paid: Payment) -> Payment:
    """One refund of a payment at a time: its intent is the payment and how many before it came to nothing."""
    number = 0
    while earlier := payments.by_intent(session, paid.merchant_id, f"refund:{paid.id}:{number}"):
        if earlier.state not in NEVER_SENT and earlier.state is not State.FAILED:
            raise UserError("refund.already", id=earlier.id)
        number += 1
    refund.intent = f"refund:{paid.id}:{number}"
    made, _ = payments.create_once(session, refund, by=f"person:{refund.asker_id}")
    return made
