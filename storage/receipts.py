"""Receipts: one for a payment, under a code that nobody guesses. How the payment stands is read with it, never kept."""

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import Session

from storage import arrivals, prepared
from storage.models import Merchant, Payment, Receipt
from storage.prepared import Entities
from storage.states import State

_receipts, _payments, _merchants = Entities(Receipt), Entities(Payment), Entities(Merchant)
_table = _receipts.table
_OF = sqlalchemy.select(_table).where(_table.c.payment_id == bindparam("payment"))
_BEHIND = (
    sqlalchemy.select(_payments.table, _merchants.table)
    .join(_table, _table.c.payment_id == _payments.table.c.id)
    .join(_merchants.table, _merchants.table.c.id == _table.c.merchant_id)
    .where(_table.c.code == bindparam("of_code"))
)


def issue_once(session: Session, receipt: Receipt) -> Receipt:
    """The payment's receipt. Two that ask at once get the same: the loser's transaction is done again."""
    known = _receipts.one(session, _OF, {"payment": receipt.payment_id})
    return known or _receipts.insert(session, receipt)


def behind(session: Session, code: str) -> tuple[Payment, Merchant, Payment | None] | None:
    """What the code vouches for, whoever asks: the payment as it is now, its merchant, and its refund if any."""
    row = prepared.run(session, _BEHIND, {"of_code": code}).one_or_none()
    if row is None:
        return None
    payment, merchant = prepared.side_by_side(session, row, _payments, _merchants)
    refund = arrivals.refund_of(session, payment) if payment.state is State.SUCCEEDED else None
    return payment, merchant, refund
