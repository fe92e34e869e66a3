"""Rows of a sheet that look like payments that are there already: they are only pointed at. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.payments.phone import Phone
from bot.payments.resends import Resend
from providers.money import Money
from storage.models import Payment


@dataclass(frozen=True, slots=True)
class Line:
    """A row that can be paid. `number` is its place in the sheet."""

    number: int
    amount: Money
    phone: Phone
    name: str = ""
    description: str = ""
    again: str = ""
    """The payment that this row was before, where its file says so."""


def twice(lines: Sequence[Line]) -> list[int]:
    """Lines that repeat an earlier one: the same amount to the same phone."""
    seen: Counter[tuple[str, Money]] = Counter()
    repeats = []
    for line in lines:
        if seen[line.phone.msisdn, line.amount]:
            repeats.append(line.number)
        seen[line.phone.msisdn, line.amount] += 1
    return repeats


def lately(lines: Sequence[Line], paid: Sequence[Payment], again: Mapping[int, Resend]) -> list[int]:
    seen: dict[tuple[str, int, str], list[Payment]] = {}
    for payment in paid:
        seen.setdefault((payment.msisdn, payment.amount, payment.currency), []).append(payment)
    return [
        line.number
        for line in lines
        for alike in [seen.get((line.phone.msisdn, line.amount.minor, line.amount.currency), [])]
        if any(_counts_against(one, again.get(line.number)) for one in alike)
    ]


def _counts_against(paid: Payment, resend: Resend | None) -> bool:
    return resend is None or (paid.batch_id != resend.first.batch_id and paid.created_at > resend.first.created_at)
