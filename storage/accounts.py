"""Accounts that merchants connected in the chat. Their settings are sealed; what they are, only the program knows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from storage.models import Account, Payment
from storage.states import IN_FLIGHT, State

_ASKED_THERE = IN_FLIGHT | {State.REVIEW}
"""While a payment stands so, its system has to be asked, by the clock or by a person."""


def every(session: Session) -> Sequence[Account]:
    return session.exec(select(Account).order_by(col(Account.id))).all()


def of(session: Session, merchant_id: int) -> Sequence[Account]:
    return session.exec(select(Account).where(Account.merchant_id == merchant_id).order_by(col(Account.id))).all()


def get(session: Session, merchant_id: int, provider: str, *, lock: bool = False) -> Account | None:
    wanted = select(Account).where(Account.merchant_id == merchant_id, Account.provider == provider)
    return session.exec(wanted.with_for_update() if lock else wanted).one_or_none()


def has_path(session: Session, path: str) -> bool:
    return session.exec(select(Account.id).where(Account.path == path)).first() is not None


def still_asked(session: Session, account: Account) -> int:
    """How many payments its system has to be asked about."""
    wanted = select(func.count()).where(
        Payment.merchant_id == account.merchant_id,
        Payment.provider == account.provider,
        col(Payment.state).in_(_ASKED_THERE),
    )
    return session.exec(wanted).one()


def clear(session: Session) -> None:
    """The keys of what was disconnected go with the last payment that was open there."""
    for account in session.exec(select(Account).where(col(Account.closed_at).is_not(None))).all():
        if not still_asked(session, account):
            session.execute(delete(Account).where(col(Account.id) == account.id, col(Account.closed_at).is_not(None)))


def close(session: Session, account: Account, now: datetime) -> None:
    account.closed_at = now
    account.version += 1
    session.add(account)
    session.flush()
