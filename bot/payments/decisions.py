"""What a person's word does to a payment: confirm, approve, refuse, cancel, tell. Each is one transaction.

Rights, limits and the pause are read in it, so they hold for a button that was sent long before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, limits
from bot.payments.approvals import Right
from bot.payments.limits import Weighed
from bot.payments.policy import APPROVAL_LIVES, FIRST_WAIT, LINK_LIVES
from providers.messages import Channel, Kind, StepKind
from storage import diary, payees, payments, people
from storage.models import Payment, Role
from storage.people import Member
from storage.states import CANCELLABLE, IN_FLIGHT, NEVER_SENT, State

RIGHT = {
    Kind.COLLECTION: Right.ASK,
    Kind.PAYOUT: Right.PAY_OUT,
    Kind.AIRTIME: Right.PAY_OUT,
    Kind.REFUND: Right.PAY_OUT,
    Kind.TRANSFER: Right.PAY_OUT,
}
_TELLS = {StepKind.GIVE_CODE: "otp", StepKind.DEPOSIT: "hash"}
"""What the payer has to tell at a step, by its name in the extras."""


class UnreadAddress(UserError):
    """Money to an address leaves only after its end was typed: nobody gives it back."""


class Unproven(UserError):
    """From this amount on the person who lets it go must prove who they are."""


class LooksRepeated(UserError):
    """One like it was just confirmed: the maker must say that this is another."""


@dataclass(frozen=True, slots=True)
class Word:
    """What came along with a confirmation: the end of an address, "yes, once more", a second factor that was right."""

    last_four: str | None = None
    again: bool = False
    proven: bool = False


PLAIN = Word()
"""A tap and nothing more."""


def enter(session: Session, draft: Payment, member: Member) -> Payment:
    """A link asks nobody for anything: it needs no second tap. Raises UserError where the rules forbid it already."""
    draft.payee = payments.payee_of(draft)
    draft.payee_name = payees.name_of(session, draft.merchant_id, draft.msisdn)
    weighed = limits.weigh(session, draft, member.role, draft.created_at, lock=False)
    draft.checks = weighed.checks
    if draft.channel == Channel.LINK:
        draft.checks = {**draft.checks, "until": (draft.created_at + LINK_LIVES).isoformat()}
    by = f"person:{draft.asker_id}"
    payment, new = payments.create_once(session, draft, by=by)
    if new and payment.channel == Channel.LINK:
        at = payment.created_at
        return payments.move(session, payment, State.QUEUED, at=at, by=by, due_at=at, confirmed_at=at) or payment
    return payment


def confirm(session: Session, member: Member, payment_id: str, now: datetime, word: Word) -> Payment:
    """QUEUED, or AWAITING_APPROVAL; EXPIRED if it came too late; still a DRAFT if it looks like one just confirmed."""
    payment = _mine(session, member, payment_id)
    role = demand_still(session, member, RIGHT[Kind(payment.kind)])
    if payment.state is not State.DRAFT:
        raise UserError("payment.expired" if payment.state is State.EXPIRED else "payment.already")
    by = f"person:{member.person.id}"
    if payment.due_at and payment.due_at <= now:
        payments.move(session, payment, State.EXPIRED, at=now, by="clock")
        return session.get_one(Payment, payment.id)
    weighed = limits.weigh(session, payment, role, now)
    if weighed.repeats and not word.again:
        return _asked_again(session, payment, weighed, now) or payment
    _demand_read(payment, word.last_four)
    if weighed.needs:
        return _moved(
            payments.move(
                session,
                payment,
                State.AWAITING_APPROVAL,
                at=now,
                by=by,
                note="needs " + ", ".join(weighed.needs),
                due_at=now + APPROVAL_LIVES,
                confirmed_at=now,
                checks=weighed.checks,
            )
        )
    if weighed.factor and not word.proven:
        raise Unproven("factor.needed")
    return _let_go(session, payment, weighed, now, by)


def carry_on(session: Session, payment: Payment, weighed: Weighed, now: datetime, by: str) -> Payment:
    """A draft whose maker's word was given beforehand. It goes as far as that word alone would take it: what wants a
    code, or looks like a repeat, stays a draft and waits for a tap.
    """
    if weighed.needs:
        changes: dict[str, Any] = {"due_at": payment.due_at, "confirmed_at": now, "checks": payment.checks}
        note = "needs " + ", ".join(weighed.needs)
        return _moved(payments.move(session, payment, State.AWAITING_APPROVAL, at=now, by=by, note=note, **changes))
    if weighed.repeats or weighed.factor:
        return payment
    return _let_go(session, payment, weighed, now, by)


def _asked_again(session: Session, payment: Payment, weighed: Weighed, now: datetime) -> Payment | None:
    if payment.checks == weighed.checks:
        return payment
    note = f"looks like {weighed.repeats[0]}" if weighed.repeats else ""
    return payments.amend(session, payment, at=now, by="rules", note=note, checks=weighed.checks)


def _let_go(session: Session, payment: Payment, weighed: Weighed, now: datetime, by: str, **more: Any) -> Payment:
    _demand_paid(session, payment)
    leaves = now + FIRST_WAIT if weighed.waits else now
    checks = weighed.checks | ({"leaves_at": leaves.isoformat()} if weighed.waits else {})
    queued = payments.move(
        session, payment, State.QUEUED, at=now, by=by, due_at=leaves, confirmed_at=now, checks=checks, **more
    )
    return _moved(queued)


def _demand_paid(session: Session, payment: Payment) -> None:
    """What a refund gives back was paid when it was asked for, and may not be any more."""
    paid = payments.refunded_by(session, payment)
    if paid and paid.state is not State.SUCCEEDED:
        raise UserError("refund.not_paid", id=paid.id)


def approve(session: Session, member: Member, payment_id: str, version: int, now: datetime, word: Word) -> Payment:
    """A second person's word, bound to exactly what they saw (`version`). Limits are held against it once more."""
    payment = _awaiting(session, member, payment_id, version, now)
    if payment.state is State.EXPIRED:
        return payment
    role = limits.role_of(session, payment)
    if role is None or not approvals.grants(role, RIGHT[Kind(payment.kind)]):
        raise UserError("approval.maker_gone")
    weighed = limits.weigh(session, payment, role, now)
    if weighed.factor and not word.proven:
        raise Unproven("factor.needed")
    return _let_go(session, payment, weighed, now, f"person:{member.person.id}", approver_id=member.person.id)


def reject(session: Session, member: Member, payment_id: str, version: int, now: datetime) -> Payment:
    payment = _awaiting(session, member, payment_id, version, now)
    if payment.state is State.EXPIRED:
        return payment
    by, approver = f"person:{member.person.id}", member.person.id
    return _moved(payments.move(session, payment, State.REJECTED, at=now, by=by, approver_id=approver))


def _awaiting(session: Session, member: Member, payment_id: str, version: int, now: datetime) -> Payment:
    demand_still(session, member, Right.APPROVE)
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None:
        raise UserError("payment.not_found")
    if payment.asker_id == member.person.id:
        raise UserError("denied.maker")
    if payment.state is not State.AWAITING_APPROVAL:
        raise UserError("payment.expired" if payment.state is State.EXPIRED else "payment.already")
    if payment.version != version:
        raise UserError("approval.changed")
    if payment.due_at and payment.due_at <= now:
        payments.move(session, payment, State.EXPIRED, at=now, by="clock")
        return session.get_one(Payment, payment.id)
    return payment


def cancel(session: Session, member: Member, payment_id: str, now: datetime) -> Payment:
    payment = _mine(session, member, payment_id)
    if payment.state not in CANCELLABLE:
        raise UserError("payment.already" if payment.state in NEVER_SENT else "payment.too_late")
    return _moved(payments.move(session, payment, State.CANCELLED, at=now, by=f"person:{member.person.id}"))


def told_of(session: Session, member: Member, payment_id: str) -> Payment:
    """A payment that waits for a word of its payer."""
    payment = _mine(session, member, payment_id)
    if payment.state not in IN_FLIGHT or (payment.step or {}).get("kind") not in _TELLS:
        raise UserError("payment.no_code")
    return payment


def tell(session: Session, member: Member, payment_id: str, word: str, now: datetime) -> None:
    payment = told_of(session, member, payment_id)
    payment.extras = {**payment.extras, _TELLS[StepKind((payment.step or {})["kind"])]: word}
    session.add(payment)
    session.flush()
    diary.wake(session, payment, now)


def demand_still(session: Session, member: Member, right: Right) -> Role:
    """The role as it is now: between the tap and this transaction it may have been taken away."""
    role = people.role(session, member.merchant.id or 0, member.person.id)
    if role is None or not approvals.grants(role, right):
        raise UserError("denied.role")
    return role


def _mine(session: Session, member: Member, payment_id: str) -> Payment:
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None:
        raise UserError("payment.not_found")
    approvals.demand_asker(member, payment)
    return payment


def _demand_read(payment: Payment, last_four: str | None) -> None:
    if payment.kind != Kind.PAYOUT or payment.channel != Channel.CRYPTO:
        return
    if last_four is None:
        raise UnreadAddress("confirm.read_address")
    if last_four.casefold() != payment.extras["address"][-4:].casefold():
        raise UserError("confirm.not_the_end")


def _moved(payment: Payment | None) -> Payment:
    if payment is None:
        raise UserError("payment.already")
    return payment
