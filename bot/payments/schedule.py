"""When an open payment is looked at next. Pure."""

from datetime import datetime, timedelta

from bot.payments.lapses import until
from providers.base import Pace
from storage.models import Payment

_SHARE_OF_AGE = 20
_RAREST = timedelta(hours=1)

GIVE_UP = timedelta(hours=48)
"""A payment that is still open then is a person's to decide."""


def next_look(payment: Payment, now: datetime, pace: Pace) -> datetime:
    """A twentieth of its age from now: every few seconds while the payer holds the phone, hourly the next day.

    So a settled payment is noticed within 5 % of the time it took, and one that stays open costs about 200 looks.
    """
    if payment.sent_at is None or payment.looks == 0:
        return now + pace.first
    usual = now + min(max((now - payment.sent_at) / _SHARE_OF_AGE, pace.closest), _RAREST)
    end = until(payment)
    return min(usual, end) if end and end > now else usual
