"""Receipts: one for a payment, under a code that nobody guesses. How the payment stands is read with it, never kept."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from storage import arrivals
from storage.models import Merchant, Payment, Receipt
from storage.states import State


def issue_once(session: Session, receipt: Receipt) -> Receipt:
    """The payment's receipt. Two that ask at once get the same."""
    if known := _of(session, receipt.payment_id):
        return known
    try:
        with session.begin_nested():
            session.add(receipt)
    except IntegrityError:
        if known := _of(session, receipt.payment_id):
            return known
        raise
    return receipt


def _of(session: Session, payment_id: str) -> Receipt | None:
    return session.exec(select(Receipt).where(Receipt.payment_id == payment_id)).one_or_none()


def behind(session: Session, code: str) -> tuple[Payment, Merchant, Payment | None] | None:
    """What the code vouches for, whoever asks: the payment as it is now, its merchant, and its refund if any."""
    receipt = session.get(Receipt, code)
    if receipt is None:
        return None
    payment = session.get_one(Payment, receipt.payment_id)
    refund = arrivals.refund_of(session, payment) if payment.state is State.SUCCEEDED else None
    return payment, session.get_one(Merchant, receipt.merchant_id), refund
