"""Receipts of what really went through, and their truth: how the payment behind a code stands now."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from bot.errors import UserError
from bot.payments.accounts import Accounts
from bot.payments.approvals import sees_only
from providers.base import Clock
from providers.messages import Kind
from storage import payments, receipts
from storage.engine import Storage
from storage.models import Merchant, Payment, Receipt
from storage.people import Member
from storage.states import State

GIVEN = frozenset({Kind.COLLECTION, Kind.PAYOUT, Kind.AIRTIME, Kind.REFUND})
"""Kinds that have somebody on the other side who may want one."""

_CODE = re.compile(r"[2-9A-HJ-NP-Z]{12}")


class Standing(StrEnum):
    """What a receipt is worth today."""

    GOOD = "good"
    GIVING_BACK = "giving_back"
    GIVEN_BACK = "given_back"
    REVERSED = "reversed"
    DOUBTED = "doubted"
    FAILED = "failed"


_BY_STATE = {State.SUCCEEDED: Standing.GOOD, State.REVERSED: Standing.REVERSED, State.FAILED: Standing.FAILED}


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt with all that it shows. `changed_at`: since when it is no longer good. `url` is its page, if any."""

    code: str
    payment: Payment
    merchant: Merchant
    title: str
    standing: Standing
    changed_at: datetime | None
    url: str


class Receipts:
    def __init__(
        self, storage: Storage, accounts: Accounts, now: Clock, new_code: Callable[[], str], public_url: str
    ) -> None:
        self._storage = storage
        self._accounts = accounts
        self._now = now
        self._new_code = new_code
        self._public_url = public_url

    async def issue(self, member: Member, payment_id: str) -> Slip:
        """The same each time. Raises UserError for what did not go through, or is not this member's to see."""
        return self._slip(*await self._storage.run(_issue, member, payment_id.upper(), self._new_code(), self._now()))

    async def vouch(self, payment: Payment) -> Slip:
        """For a message that turns into the receipt by itself, in its asker's name."""
        receipt = Receipt(
            code=self._new_code(),
            payment_id=payment.id,
            merchant_id=payment.merchant_id,
            by_id=payment.asker_id,
            created_at=self._now(),
        )
        return self._slip(*await self._storage.run(_kept, receipt))

    async def verify(self, text: str) -> Slip | None:
        """Whoever asks. None: no receipt of ours has this code."""
        code = plain_code(text)
        found = await self._storage.run(receipts.behind, code) if code else None
        return self._slip(code, found) if found else None

    def _slip(self, code: str, found: tuple[Payment, Merchant, Payment | None]) -> Slip:
        payment, merchant, refund = found
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        standing, changed_at = _standing(payment, refund)
        url = f"{self._public_url}/receipt/{code}" if self._public_url else ""
        return Slip(code, payment, merchant, provider.sheet.title if provider else "", standing, changed_at, url)


def plain_code(text: str) -> str:
    """As people copy it: with or without dashes, in any case. Empty for what can't be one."""
    code = re.sub(r"[\s\u2010-\u2015-]", "", text).upper()
    return code if _CODE.fullmatch(code) else ""


def givable(payment: Payment) -> bool:
    return payment.state is State.SUCCEEDED and payment.kind in GIVEN


_Issued = tuple[str, tuple[Payment, Merchant, Payment | None]]
"""A receipt's code, and what is behind it."""


def _issue(session: Session, member: Member, payment_id: str, code: str, now: datetime) -> _Issued:
    payment = payments.get(session, member.merchant.id or 0, payment_id)
    if payment is None or sees_only(member) not in {None, payment.asker_id}:
        raise UserError("payment.not_found")
    if not givable(payment):
        raise UserError("receipt.not_paid", id=payment.id)
    return _kept(
        session,
        Receipt(
            code=code,
            payment_id=payment.id,
            merchant_id=payment.merchant_id,
            by_id=member.person.id,
            created_at=now,
        ),
    )


def _kept(session: Session, receipt: Receipt) -> _Issued:
    """Written and read in one transaction."""
    code = receipts.issue_once(session, receipt).code
    found = receipts.behind(session, code)
    assert found  # noqa: S101 - just written
    return code, found


def _standing(payment: Payment, refund: Payment | None) -> tuple[Standing, datetime | None]:
    if payment.state is State.SUCCEEDED and refund:
        done = refund.state is State.SUCCEEDED
        return Standing.GIVEN_BACK if done else Standing.GIVING_BACK, refund.settled_at
    standing = _BY_STATE.get(payment.state, Standing.DOUBTED)
    return standing, None if standing is Standing.GOOD else payment.settled_at
