"""When an open payment is looked at next. Pure."""

from datetime import datetime, timedelta

from bot.payments.lapses import until
from providers.sheet import Pace
from storage.models import Payment

_SHARE_OF_AGE = 20
_RAREST = timedelta(hours=1)

GIVE_UP = timedelta(hours=48)
"""A payment that is still open then is a person's to decide."""


def next_look(payment: Payment, now: datetime, pace: Pace) -> datetime:
    """As usual, or where its account allows fewer looks than that, as soon as its share of them allows."""
    if payment.sent_at is None:
        return now + pace.first
    age = now - payment.sent_at
    if pace.scarce:
        then = now + max(min(pace.scarce(age), max(GIVE_UP - age, _RAREST)), pace.closest)
    elif payment.looks == 0:
        then = now + pace.first
    else:
        then = now + usual(age, pace.closest)
    end = until(payment)
    return min(then, end) if end and payment.looks and end > now else then


def usual(age: timedelta, closest: timedelta) -> timedelta:
    """A twentieth of its age: every few seconds while the payer holds the phone, hourly the next day.

    So a settled payment is noticed within 5 % of the time it took, and one that stays open costs about 200 looks.
    """
    return min(max(age / _SHARE_OF_AGE, closest), _RAREST)
