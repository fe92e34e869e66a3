"""Rows of a sheet that were not paid and come back, mended: each is paid once, whichever file it stands in.

A row is known by the reference of the payment that it was. Its second try has an intent of its own, made of the first
payment and how many tries came to nothing before, as for refunds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from sqlmodel import Session

from bot.errors import UserError
from storage import batches
from storage.models import Payment
from storage.states import NEVER_SENT, State

_AGAIN = "again:"


@dataclass(frozen=True, slots=True)
class Resend:
    """`first` is the payment that the row was at first, `tries` are all later ones."""

    first: Payment
    tries: Sequence[Payment] = ()

    @property
    def intent(self) -> str:
        return f"{_AGAIN}{self.first.id}:{len(self.tries)}"

    def settled_by(self) -> Payment | None:
        """The one by which it was paid, or still may be."""
        return next((one for one in (*self.tries, self.first) if not surely_unpaid(one)), None)


def surely_unpaid(payment: Payment) -> bool:
    return payment.state is State.FAILED or payment.state in NEVER_SENT


def find(session: Session, merchant_id: int, references: Sequence[str]) -> dict[str, Resend]:
    """By the reference in the file, which may be that of any try. Words that are no reference of ours are not there."""
    named = batches.by_ids(session, merchant_id, references)
    roots = {reference: _root(payment) for reference, payment in named.items() if payment.batch_id}
    firsts = batches.by_ids(session, merchant_id, list(roots.values()))
    tries: dict[str, list[Payment]] = {root: [] for root in firsts}
    open_ends = list(tries)
    for number in count():
        found = batches.by_intents(session, merchant_id, [f"{_AGAIN}{root}:{number}" for root in open_ends])
        for intent, payment in found.items():
            tries[_root_of(intent)].append(payment)
        open_ends = [_root_of(intent) for intent in found]
        if not open_ends:
            break
    return {reference: Resend(firsts[root], tries[root]) for reference, root in roots.items()}


def sort(session: Session, merchant_id: int, rows: Mapping[int, str]) -> tuple[dict[int, Resend], dict[int, UserError]]:
    """`rows`: each row's number and the reference in it. Those to try again, and what is wrong with the others."""
    found = find(session, merchant_id, list(rows.values()))
    again, wrong, seen = dict[int, Resend](), dict[int, UserError](), dict[str, int]()
    for number, reference in rows.items():
        if (resend := found.get(reference)) is None:
            continue
        if earlier := resend.settled_by():
            key = "sheet.again.paid" if earlier.state is State.SUCCEEDED else "sheet.again.open"
            wrong[number] = UserError(key, id=earlier.id)
        elif resend.first.id in seen:
            wrong[number] = UserError("sheet.again.twice", number=seen[resend.first.id])
        else:
            seen[resend.first.id] = number
            again[number] = resend
    return again, wrong


def demand_unpaid(session: Session, lines: Sequence[Payment]) -> None:
    """Since the file was read something may have been heard of it. Raises UserError: `sheet.again.now`."""
    mine = {_root(line): line for line in lines if line.intent.startswith(_AGAIN)}
    if not mine:
        return
    for root, resend in find(session, lines[0].merchant_id, list(mine)).items():
        for earlier in (resend.first, *resend.tries):
            if earlier.id != mine[root].id and not surely_unpaid(earlier):
                raise UserError("sheet.again.now", number=mine[root].line or 0, id=earlier.id)


def _root(payment: Payment) -> str:
    return _root_of(payment.intent) if payment.intent.startswith(_AGAIN) else payment.id


def _root_of(intent: str) -> str:
    return intent.removeprefix(_AGAIN).partition(":")[0]
