"""When a payment link is no longer shown. What its system knows of it goes on: see `links`."""

from datetime import datetime

from sqlmodel import Session

from storage import payments
from storage.models import Payment
from storage.states import ASKED_ABOUT


def until(payment: Payment) -> datetime | None:
    """When the link lapses; None for what is no link."""
    told = payment.checks.get("until")
    return datetime.fromisoformat(told) if told else None


def lapsed(payment: Payment, now: datetime) -> bool:
    end = until(payment)
    return end is not None and end <= now


def lapse(session: Session, payment: Payment, now: datetime) -> bool:
    """Shown from now on as what it is. Whether that is news."""
    if payment.state not in ASKED_ABOUT or "lapsed" in payment.checks or not lapsed(payment, now):
        return False
    told = {**payment.checks, "lapsed": True}
    return payments.amend(session, payment, at=now, by="clock", note="the link has lapsed", checks=told) is not None
