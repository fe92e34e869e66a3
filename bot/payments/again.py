"""An ended payment drafted once more: the same figures, a fresh intent, and every rule anew."""

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.phone import Phone, parse_phone
from bot.payments.service import Ask, Payments
from providers.messages import Channel, Kind
from providers.money import Money
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import State

ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED})
_OF_ONE_TIME = {"otp", "hash"}
"""What the payer told for that payment only."""


def can_repeat(payment: Payment) -> bool:
    """A refund is of one payment, a sheet's line belongs to its sheet, and what is masked names nobody to pay."""
    alone = payment.kind != Kind.REFUND and payment.batch_id is None
    return payment.state in ENDED and alone and payment.masked_at is None


class Again:
    def __init__(self, storage: Storage, drafts: Payments) -> None:
        self._storage = storage
        self._drafts = drafts

    async def draft(self, member: Member, payment_id: str, chat_id: int) -> Payment:
        """For its asker, or a colleague who sees everybody's and may do such. Raises UserError like any draft."""
        known, intent = await self._storage.run(_read, member, payment_id)
        return await self._drafts.draft(member, _ask(known, chat_id, intent))


def _read(session: Session, member: Member, payment_id: str) -> tuple[Payment, str]:
    """Its intent is the payment and how often it was drafted again: of two taps one finds the other's draft."""
    merchant_id = member.merchant.id or 0
    known = payments.get(session, merchant_id, payment_id)
    if known is None:
        raise UserError("payment.not_found")
    if approvals.sees_only(member) is not None:
        approvals.demand_asker(member, known)
    if not can_repeat(known):
        raise UserError("redo.not_ended")
    number = 0
    while earlier := payments.by_intent(session, merchant_id, f"again:{known.id}:{number}"):
        if earlier.state is State.DRAFT:
            raise UserError("redo.open")
        number += 1
    return known, f"again:{known.id}:{number}"


def _ask(known: Payment, chat_id: int, intent: str) -> Ask:
    insists = known.pinned or known.channel in {Channel.LINK, Channel.CRYPTO}
    return Ask(
        Kind(known.kind),
        Money(known.amount, known.currency),
        _party(known),
        known.description,
        chat_id,
        0,
        channel=Channel(known.channel) if insists else None,
        extras={name: value for name, value in known.extras.items() if name not in _OF_ONE_TIME},
        via=known.provider if known.pinned else "",
        intent=intent,
    )


def _party(known: Payment) -> Phone:
    """The number's operator by its prefix, to be looked up anew; crypto's is its network."""
    if known.msisdn and known.channel != Channel.CRYPTO:
        return parse_phone(f"+{known.msisdn}", known.country)
    return Phone(known.msisdn, known.country, known.operator)
