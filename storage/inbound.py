"""Callbacks as they came, each kept once, and for a while."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import bindparam, delete, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.models import Inbound
from storage.prepared import Entities

_inbound = Entities(Inbound)
_row = _inbound.table.c
_STRAYS = (
    sqlalchemy.select(_inbound.table)
    .where(
        _row.merchant_id == bindparam("merchant"),
        _row.provider == bindparam("system"),
        _row.reference == bindparam("named"),
        _row.payment_id.is_(None),
    )
    .order_by(_row.id)
)


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


def strays(session: Session, merchant_id: int, provider: str, reference: str) -> Sequence[Inbound]:
    """Those that named this reference when nobody knew it yet, in the order they came."""
    named = {"merchant": merchant_id, "system": provider, "named": reference}
    return _inbound.all(session, _STRAYS, named) if reference else []


def last_at(session: Session, merchant_id: int, provider: str) -> datetime | None:
    """The last callback about one of our payments: one about nobody's proves little where nothing is signed."""
    wanted = (
        select(Inbound.received_at)
        .where(Inbound.merchant_id == merchant_id, Inbound.provider == provider, col(Inbound.payment_id).is_not(None))
        .order_by(col(Inbound.received_at).desc())
    )
    return session.exec(wanted).first()


def clear(session: Session, *, before: datetime, strays_before: datetime) -> None:
    """Old ones go, but the last of each system stays: it tells that this system does call back."""
    stray = col(Inbound.payment_id).is_(None)
    session.execute(delete(Inbound).where(stray, col(Inbound.received_at) < strays_before))
    last = (
        select(func.max(Inbound.id)).where(col(Inbound.payment_id).is_not(None))
        .group_by(col(Inbound.merchant_id), col(Inbound.provider))
    )  # fmt: skip
    session.execute(delete(Inbound).where(~stray, col(Inbound.received_at) < before, col(Inbound.id).not_in(last)))
