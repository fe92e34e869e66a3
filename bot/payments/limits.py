"""The merchant's rules, read from its rows and held against one payment, inside the transaction that lets it go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from datetime import timedelta as span
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import policy
from bot.payments.policy import DAY, OUT, Bounds, Facts, FirstPayee, House, Remind, Why
from providers.messages import Kind
from providers.money import Money
from storage import people, policies
from storage.models import Merchant, Payment, Policy, Role


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the rules say of a payment. `factor`: its maker, or its approver, must prove who they are."""

    needs: Sequence[Why]
    waits: bool
    factor: bool
    left: int | None
    repeats: tuple[str, datetime] | None

    @property
    def checks(self) -> dict[str, object]:
        """For the row, and from there for the card."""
        repeats = {"id": self.repeats[0], "at": self.repeats[1].isoformat()} if self.repeats else None
        told = {"needs": [str(why) for why in self.needs], "left": self.left, "repeats": repeats}
        return {name: value for name, value in told.items() if value not in (None, [])}


def weigh(session: Session, payment: Payment, role: Role, now: datetime, *, lock: bool = True) -> Weighed:
    """Raises UserError for what must not leave: `paused`, or a limit that nobody can lift for one payment.

    `lock`: of several confirmations at once each counts the ones before it. A draft is only advised.
    """
    kind = Kind(payment.kind)
    if kind not in policy.GUARDED:
        return Weighed([], False, False, None, None)
    read = policies.locked if lock else _merchant
    merchant = read(session, payment.merchant_id)
    demand_not_paused(merchant)
    bounds, house = bounds_of(session, payment.merchant_id, payment.currency), house_of(merchant)
    facts = _facts(session, merchant, payment, role, now)
    policy.demand_within(bounds, facts)
    earlier = policies.same_before(session, payment, now - house.repeat) if kind in OUT else []
    return Weighed(
        needs=policy.approvals_needed(bounds, house, facts),
        waits=policy.waits(house, facts),
        factor=bounds.factor_from is not None and payment.amount >= bounds.factor_from,
        left=policy.left_today(bounds, facts) if kind in OUT else None,
        repeats=policy.looks_repeated(house, now, earlier),
    )


def demand_not_paused(merchant: Merchant) -> None:
    if merchant.paused_at:
        raise UserError("paused.now", at=merchant.paused_at)


def bounds_of(session: Session, merchant_id: int, currency: str) -> Bounds:
    row = policies.policy(session, merchant_id, currency)
    return _bounds(row) if row else Bounds.standard(currency)


def house_of(merchant: Merchant) -> House:
    hours = (merchant.guarded_from, merchant.guarded_until)
    guarded = (time.fromisoformat(hours[0]), time.fromisoformat(hours[1])) if hours[0] and hours[1] else None
    return House(FirstPayee(merchant.first_payee), guarded, span(minutes=merchant.repeat_minutes), remind_of(merchant))


def remind_of(merchant: Merchant) -> Remind:
    hours = (time.fromisoformat(merchant.remind_from), time.fromisoformat(merchant.remind_until))
    return Remind(span(minutes=merchant.remind_minutes), merchant.remind_most, hours)


def _merchant(session: Session, merchant_id: int) -> Merchant:
    return session.get_one(Merchant, merchant_id)


def _bounds(row: Policy) -> Bounds:
    return Bounds(row.approval_from, row.cashier_from, row.per_payout, row.per_person, row.per_payee, row.factor_from)


def _facts(session: Session, merchant: Merchant, payment: Payment, role: Role, now: datetime) -> Facts:
    def left(**of: object) -> int:
        return policies.left_since(
            session,
            payment.merchant_id,
            payment.currency,
            OUT,
            now - DAY,
            without=payment.id,
            **of,  # type: ignore[arg-type]
        )

    return Facts(
        kind=Kind(payment.kind),
        amount=Money(payment.amount, payment.currency),
        role=role,
        second=bool(people.approvers(session, payment.merchant_id, without=payment.asker_id)),
        person_sum=left(asker_id=payment.asker_id),
        payee_sum=left(payee=payment.payee),
        known_payee=policies.was_paid(session, payment.merchant_id, payment.payee, payment.kind),
        local=now.astimezone(ZoneInfo(merchant.timezone)).time(),
    )


def role_of(session: Session, payment: Payment) -> Role | None:
    """What its maker may do by now; None: they are no member any more."""
    return people.role(session, payment.merchant_id, payment.asker_id)


def weigh_sheet(session: Session, lines: Sequence[Payment], role: Role, now: datetime, *, lock: bool = True) -> Weighed:
    """A sheet is one decision: its total counts like one amount, and each line keeps its own limits.

    Raises UserError as `weigh` does; `limit.line.*` name the line.
    """
    first = lines[0]
    merchant = (policies.locked if lock else _merchant)(session, first.merchant_id)
    demand_not_paused(merchant)
    house, needs, factor = house_of(merchant), set[Why](), False
    reached = policies.ever_paid(session, first.merchant_id, {line.payee for line in lines})
    second = bool(people.approvers(session, first.merchant_id, without=first.asker_id))
    for currency in sorted({line.currency for line in lines}):
        some = [line for line in lines if line.currency == currency]
        bounds = bounds_of(session, first.merchant_id, currency)
        total = Money(sum(line.amount for line in some), currency)
        _demand_lines_within(session, some, bounds, now)
        facts = Facts(
            kind=Kind.PAYOUT,
            amount=total,
            role=role,
            second=second,
            person_sum=_sheets_before(session, first, currency, now),
            payee_sum=0,
            known_payee=all(line.payee in reached for line in some),
            local=now.astimezone(ZoneInfo(merchant.timezone)).time(),
        )
        policy.demand_within(replace(bounds, per_payout=None, per_payee=None), facts)
        needs |= set(policy.approvals_needed(bounds, house, facts))
        factor = factor or (bounds.factor_from is not None and total.minor >= bounds.factor_from)
    waits = house.first_payee is FirstPayee.WAIT and any(line.payee not in reached for line in lines)
    return Weighed(sorted(needs), waits, factor, None, None)


def _sheets_before(session: Session, first: Payment, currency: str, now: datetime) -> int:
    return policies.left_since(
        session,
        first.merchant_id,
        currency,
        OUT,
        now - DAY,
        asker_id=first.asker_id,
        without_batch=first.batch_id or "",
    )


def _demand_lines_within(session: Session, lines: Sequence[Payment], bounds: Bounds, now: datetime) -> None:
    for line, key, most in _beyond(session, lines, bounds, now):
        raise UserError(key, number=line.line or 0, most=most)


_OF_ROW = {"limit.line.per_payout": "sheet.per_payout", "limit.line.per_payee": "sheet.per_payee"}
"""The same in a list of rows, each of which has its number already."""


def beyond(session: Session, lines: Sequence[Payment], now: datetime) -> dict[int, UserError]:
    """What is wrong with the lines, by number, that no approval could let go as the limits are now."""
    found: dict[int, UserError] = {}
    for currency in sorted({line.currency for line in lines}):
        some = [line for line in lines if line.currency == currency]
        bounds = bounds_of(session, some[0].merchant_id, currency)
        for line, key, most in _beyond(session, some, bounds, now):
            found[line.line or 0] = UserError(_OF_ROW[key], most=most)
    return found


def _beyond(
    session: Session, lines: Sequence[Payment], bounds: Bounds, now: datetime
) -> Iterator[tuple[Payment, str, Money]]:
    """A line that is beyond a limit does not count against the lines behind it."""
    first = lines[0]
    before = policies.left_to_each(
        session, first.merchant_id, first.currency, OUT, now - DAY, without_batch=first.batch_id or ""
    )
    for line in lines:
        payee_sum = before.get(line.payee, 0) + line.amount
        limits = (
            ("limit.line.per_payout", bounds.per_payout, line.amount),
            ("limit.line.per_payee", bounds.per_payee, payee_sum),
        )
        passed = [(key, limit) for key, limit, amount in limits if limit is not None and amount > limit]
        if passed:
            key, limit = passed[0]
            yield line, key, Money(limit, line.currency)
        else:
            before[line.payee] = payee_sum
