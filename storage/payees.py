"""Numbers that a merchant saved under a name. A name and a number are each there once."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage import prepared
from storage.models import Payee

_payee = prepared.table_of(Payee)
_NAME = sqlalchemy.select(_payee.c.name).where(
    _payee.c.merchant_id == bindparam("merchant"), _payee.c.msisdn == bindparam("phone")
)


def all_of(session: Session, merchant_id: int, *, lock: bool = False) -> Sequence[Payee]:
    """By name. `lock`: nobody else changes them until this transaction ends."""
    wanted = select(Payee).where(Payee.merchant_id == merchant_id).order_by(col(Payee.plain), col(Payee.id))
    return session.exec(wanted.with_for_update() if lock else wanted).all()


def get(session: Session, merchant_id: int, payee_id: int) -> Payee | None:
    payee = session.get(Payee, payee_id)
    return payee if payee and payee.merchant_id == merchant_id else None


def by_phone(session: Session, merchant_id: int, msisdn: str) -> Payee | None:
    return session.exec(select(Payee).where(Payee.merchant_id == merchant_id, Payee.msisdn == msisdn)).one_or_none()


def by_name(session: Session, merchant_id: int, plain: str) -> Payee | None:
    return session.exec(select(Payee).where(Payee.merchant_id == merchant_id, Payee.plain == plain)).one_or_none()


def name_of(session: Session, merchant_id: int, msisdn: str) -> str:
    """What the merchant calls this number; empty if it has no name here."""
    if not msisdn:
        return ""
    name: str | None = prepared.run(session, _NAME, {"merchant": merchant_id, "phone": msisdn}).scalar()
    return name or ""


def save(
    session: Session, merchant_id: int, name: str, plain: str, msisdn: str, country: str, *, by_id: int, at: datetime
) -> Payee:
    payee = Payee(
        merchant_id=merchant_id, name=name, plain=plain, msisdn=msisdn, country=country, by_id=by_id, created_at=at
    )
    session.add(payee)
    session.flush()
    return payee
