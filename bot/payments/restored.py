"""What a backup cannot know. Its payments that could have left since are in doubt: asked about, never sent again.

A draft, an approval or an order that waited when the backup was taken may have been confirmed, sent and paid the
minute after, by this system or by another that took over; the attempt that did it is lost with the database.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.payments.policy import GUARDED
from providers.errors import Reason
from storage import chores, deeds, heard, invites, payments, people, policies
from storage.models import Merchant, Payment
from storage.states import State

CHORE = "restored"
BY = "restore"
FRESH = timedelta(days=30)
"""For so long a restore is the newest thing to reconcile."""
_DAY_AND_MINUTE = "%Y-%m-%d %H:%M"


def settle(session: Session, taken_at: datetime, now: datetime) -> int:
    """One transaction, before anything else opens the restored books; how many payments are in doubt by it.

    Money out is paused until a person resumes; invitations that were open end, since some may have been used. What
    people had said and nobody had worked yet was worked since, by the program that went on.
    """
    doubted = payments.may_have_left(session)
    for payment in doubted:
        _doubt(session, payment, taken_at, now)
    for merchant in chores.merchants(session):
        _hold(session, merchant, taken_at, now)
    invites.end_all(session, now)
    heard.end_all(session)
    return len(doubted)


def _hold(session: Session, merchant: Merchant, taken_at: datetime, now: datetime) -> None:
    merchant_id = merchant.id or 0
    policies.pause(session, merchant_id, GUARDED, None, now)
    merchant.restored_at, merchant.restored_to = now, taken_at
    session.add(merchant)
    chores.forget(session, merchant_id, CHORE)
    moment = taken_at.astimezone(ZoneInfo(merchant.timezone)).strftime(_DAY_AND_MINUTE)
    owners = people.owners(session, merchant_id)
    deeds.record(session, merchant_id, at=now, by=BY, what="restored", after=moment, tell=owners)


def _doubt(session: Session, payment: Payment, taken_at: datetime, now: datetime) -> None:
    """On the way that every payment goes, since the table of states has no shorter one; nothing leaves meanwhile."""
    ways = {
        State.DRAFT: (State.QUEUED, State.SENDING, State.UNKNOWN),
        State.AWAITING_APPROVAL: (State.QUEUED, State.SENDING, State.UNKNOWN),
        State.QUEUED: (State.SENDING, State.UNKNOWN),
        State.SENDING: (State.UNKNOWN,),
    }
    asked = any(one.provider == payment.provider for one in payments.attempts(session, payment.id))
    way = ways[payment.state] if asked else (*ways[payment.state], State.REVIEW)
    changes = {
        "reason": Reason.RESTORED,
        "sent_at": payment.sent_at or taken_at,
        "checks": {**payment.checks, "restored": taken_at.isoformat()},
    }
    row: Payment | None = payment
    for state in way:
        due_at = now if state is not State.REVIEW else None
        row = row and payments.move(
            session,
            row,
            state,
            at=now,
            by=BY,
            note=f"the backup is of {taken_at.isoformat()}",
            due_at=due_at,
            **changes,
        )


def may_have_gone_elsewhere(payment: Payment) -> bool:
    """What its system says of a failure is not the whole story: another may have taken over since the backup."""
    return "restored" in payment.checks
