"""Callbacks as they came, each kept once."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.models import Inbound


def keep_once(session: Session, callback: Inbound) -> bool:
    """False: this very callback is known already."""
    if session.exec(select(Inbound.id).where(Inbound.digest == callback.digest)).first():
        return False
    try:
        with session.begin_nested():
            session.add(callback)
    except IntegrityError:  # another instance was told the same at this moment
        return False
    return True


def last_at(session: Session, merchant_id: int, provider: str) -> datetime | None:
    wanted = (
        select(Inbound.received_at)
        .where(Inbound.merchant_id == merchant_id, Inbound.provider == provider)
        .order_by(col(Inbound.received_at).desc())
    )
    return session.exec(wanted).first()
