"""Asks how open payments stand, the due ones only, and gives a person the ones that stay in doubt."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.crew import Crew
from bot.payments.health import Health
from bot.payments.lapses import lapse, lapsed
from bot.payments.reports import apply_report, judge
from bot.payments.schedule import GIVE_UP, next_look
from bot.payments.strides import Strides
from providers.base import Clock
from providers.errors import NotSent, ProviderError, Reason
from providers.messages import Channel, Kind, Lookup, Outcome, Report
from providers.money import Money
from providers.sheet import Pace
from storage import diary, looks, payments
from storage.diary import Unchanged
from storage.engine import Storage
from storage.looks import Account
from storage.models import Payment
from storage.states import ASKED_ABOUT, IN_FLIGHT, MAY_BE_CONTRADICTED, State

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
_MISSES_BEFORE_DOUBT = 2
_TRIES_FOR_A_HINT = 48
"""That an ended payment ended otherwise is asked until there is an answer: two days and more, once looks are hourly."""
_REFUSED = 4
"""A look that its account had no call for comes again after so small a part of what its payment waits between two."""
_SLOWEST_REPLY = timedelta(seconds=90)
"""Longer than any call to a system can take: until then the reply itself may still bring the reference."""


class Unmoved:
    """Looks that brought nothing new, noted together: whoever comes while some are being written is of the next ones.

    Where that fails they are made again when their lease has run out.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._one = asyncio.Lock()
        self._looks: list[Unchanged] = []

    async def note(self, look: Unchanged) -> None:
        gathering = self._looks
        gathering.append(look)
        async with self._one:
            if gathering is self._looks:
                self._looks = []
                await self._storage.run(diary.reschedule_all, gathering)


class Polling:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        health: Health,
        crew: Crew,
        now: Clock,
        changed: Callable[[], None],
        more: Callable[[], None],
    ) -> None:
        """`changed`: a look brought news; `more`: hands are free again, and there was more to look at than hands."""
        self._storage = storage
        self._accounts = accounts
        self._health = health
        self._crew = crew
        self._now = now
        self._changed = changed
        self._more = more
        self._busy = False
        self._unmoved = Unmoved(storage)
        self.strides = Strides(storage, accounts, now)

    async def tick(self) -> None:
        if free := self._crew.free:
            due, self._busy = await self._storage.run(_claim, self._now(), free, self.strides.rooms())
            for payment, key in due:
                self._crew.start(self._look_on(payment, key), payment=payment.id, batch=payment.batch_id)

    async def _look_on(self, payment: Payment, key: UUID) -> None:
        """Of ten thousand that are due the next ones are claimed as hands come free, several at a time."""
        await self._look(payment, key)
        if self._busy and self._crew.worth_a_claim:
            self._more()

    async def look_now(self, merchant_id: int, ids: Sequence[str], patience: float) -> dict[str, bool]:
        """Somebody wants to know now. Which of them were asked about, and whether there was an answer in so many
        seconds; a look that takes longer goes on without them.
        """
        claimed = await self._storage.run(_claim_these, merchant_id, ids, self._now())
        heard = {payment.id: False for payment, _ in claimed}
        looks = [
            self._crew.start(self._note(payment, key, heard), payment=payment.id, batch=payment.batch_id)
            for payment, key in claimed
        ]
        if looks:
            await asyncio.wait(looks, timeout=patience)
        return dict(heard)

    async def _note(self, payment: Payment, key: UUID, heard: dict[str, bool]) -> None:
        heard[payment.id] = await self._look(payment, key)

    async def _look(self, payment: Payment, key: UUID) -> bool:
        """Whether there was an answer."""
        try:
            report = await self._ask(payment, key)
        except NotSent as busy:
            await self._storage.run(diary.reschedule, payment, self._again(payment, busy.retry_after))
            return False
        pace = self._accounts.pace(payment.merchant_id, payment.provider)
        now = self._now()
        if report is None:
            changed = await self._storage.run(_missed, payment, now, pace)
        elif _is_no_news(payment, report, now, pace):
            changed = False
            await self._unmoved.note(Unchanged(payment.id, payment.version, now, next_look(payment, now, pace)))
        else:
            changed = await self._storage.run(_heard, payment, report, now, pace)
            if report.outcome in {Outcome.SUCCEEDED, Outcome.FAILED}:
                self.strides.settled(payment, now)
        if changed:
            self._changed()
        return report is not None

    def _again(self, payment: Payment, seconds: float | None) -> datetime:
        """After a look that did not go: the others of a crowd are not to meet again as soon as there is a call free."""
        now, pace = self._now(), self._accounts.pace(payment.merchant_id, payment.provider)
        wait = timedelta(seconds=seconds) if seconds else pace.closest
        if pace.scarce and payment.sent_at:
            wait = max(wait, pace.scarce(now - payment.sent_at) / _REFUSED)
        return now + wait

    async def _ask(self, payment: Payment, key: UUID) -> Report | None:
        """None: there was no answer, which says nothing about the payment.

        Raises NotSent where a rate limit, ours or theirs, has no room for this look: that is no missed one.
        """
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        if provider is None:
            log.error("no account to ask", payment=payment.id, provider=payment.provider)
            return None
        try:
            report = await provider.status(lookup_of(payment, key))
        except ProviderError as error:
            if isinstance(error, NotSent) and error.reason is Reason.LIMIT_REACHED:
                raise
            self._health.missed(payment.merchant_id, payment.provider)
            log.warning("no answer", payment=payment.id, provider=payment.provider, error=str(error))
        except Exception:
            log.exception("a gateway failed", payment=payment.id, provider=payment.provider)
        else:
            self._health.answered(payment.merchant_id, payment.provider)
            return report
        return None


def _claim(
    session: Session, now: datetime, limit: int, rooms: Mapping[Account, int]
) -> tuple[list[tuple[Payment, UUID]], bool]:
    """Whether more may be due is told beside it. `rooms`: so many looks can begin at the accounts where they are
    scarce; what is due there beyond that waits without holding a hand.
    """
    among = IN_FLIGHT | MAY_BE_CONTRADICTED
    due: list[Payment] = []
    for account, room in rooms.items():
        if most := min(room, limit - len(due)):
            due += looks.claim_soonest(session, among, account, now=now, lease=LEASE, limit=most)
    left = limit - len(due)
    elsewhere = diary.claim_due(
        session, among, now=now, lease=LEASE, limit=left, without=looks.of_accounts(rooms) if rooms else None
    )
    return _with_keys(session, due + elsewhere, now), len(elsewhere) == left


def _claim_these(session: Session, merchant_id: int, ids: Sequence[str], now: datetime) -> list[tuple[Payment, UUID]]:
    """One that is just being sent is left to its sender."""
    known = [payments.get(session, merchant_id, one) for one in ids]
    asked = [one.id for one in known if one and one.state in ASKED_ABOUT | MAY_BE_CONTRADICTED and one.sent_at]
    return _with_keys(session, diary.lease_out(session, asked, now + LEASE), now)


def _with_keys(session: Session, due: Sequence[Payment], now: datetime) -> list[tuple[Payment, UUID]]:
    """A SENDING row among them has lost its sender: from here on it is in doubt."""
    claimed = []
    attempts = payments.attempts_of(session, [payment.id for payment in due])
    for payment in due:
        row: Payment | None = payment
        if payment.state is State.SENDING:
            row = payments.move(
                session, payment, State.UNKNOWN, at=now, by="clock", note="no reply came", due_at=now + LEASE
            )
        ours = [one for one in attempts[payment.id] if one.provider == payment.provider]
        if row and ours:
            claimed.append((_with_code(session, row), UUID(ours[-1].id)))
        elif row:
            log.error("in flight without an attempt", payment=row.id)
    return claimed


def _with_code(session: Session, payment: Payment) -> Payment:
    """The payer's code goes with this look only: sent again and again a wrong one locks their wallet."""
    if "otp" not in payment.extras:
        return payment
    claimed = payment.model_copy()
    session.expunge(payment)
    payments.forget_code(session, payment)
    return claimed


def _is_no_news(payment: Payment, report: Report, now: datetime, pace: Pace) -> bool:
    """Of one that still waits, what is known already: nothing is to be written but when it is looked at next."""
    if report.outcome is not Outcome.PENDING or payment.state is not State.PENDING or lapsed(payment, now):
        return False
    verdict = judge(payment, report, ())
    return verdict.state is State.PENDING and not verdict.changes and _give_up(payment, now, pace) is None


def _heard(session: Session, payment: Payment, report: Report, now: datetime, pace: Pace) -> bool:
    """Whether anything about the payment is different now."""
    stands = apply_report(session, payment.merchant_id, payment.id, report, at=now, by="poll", pace=pace)
    if payment.state in MAY_BE_CONTRADICTED:
        diary.rest(session, payment)  # one answer for one hint
    if stands and (why := _give_up(stands, now, pace)):
        _to_review(session, stands, now, why)
        return True
    if stands and lapse(session, stands, now):
        return True
    return stands is not None and stands.version != payment.version


def _missed(session: Session, payment: Payment, now: datetime, pace: Pace) -> bool:
    """One lost look is a blip; from the second on the card says that we do not know. Whether it says so now."""
    if payment.state in MAY_BE_CONTRADICTED and payment.misses < _TRIES_FOR_A_HINT:
        diary.reschedule(session, payment, next_look(payment, now, pace), missed=True)
    elif payment.state in MAY_BE_CONTRADICTED:
        diary.rest(session, payment)
    if payment.state not in IN_FLIGHT:
        return False
    if why := _give_up(payment, now, pace, answered=False):
        _to_review(session, payment, now, why)
        return True
    due_at = next_look(payment, now, pace)
    if payment.state is State.PENDING and payment.misses + 1 >= _MISSES_BEFORE_DOUBT:
        payments.move(
            session,
            payment,
            State.UNKNOWN,
            at=now,
            by="clock",
            note="no answer",
            due_at=due_at,
            reason=Reason.UNREACHABLE,
            looks=payment.looks + 1,
            misses=payment.misses + 1,
        )
        return True
    diary.reschedule(session, payment, due_at, missed=True)
    return False


def _give_up(payment: Payment, now: datetime, pace: Pace, *, answered: bool = True) -> Reason | None:
    """Why a person must decide now, if they must. An attempt without a trace is given up sooner than one that waits."""
    if payment.state not in IN_FLIGHT or payment.sent_at is None:
        return None
    age = now - payment.sent_at
    if (
        answered
        and payment.state is State.UNKNOWN
        and not payment.reference
        and age > max(pace.silence, _SLOWEST_REPLY)
    ):
        return Reason.NO_TRACE
    return Reason.TIMED_OUT if age > GIVE_UP else None


def _to_review(session: Session, payment: Payment, now: datetime, why: Reason) -> None:
    payments.move(session, payment, State.REVIEW, at=now, by="clock", note=f"given up: {why}", reason=why)


def lookup_of(payment: Payment, key: UUID) -> Lookup:
    return Lookup(
        kind=Kind(payment.kind),
        key=key,
        amount=Money(payment.amount, payment.currency),
        msisdn=payment.msisdn,
        sent_at=payment.sent_at or payment.created_at,
        reference=payment.reference,
        channel=Channel(payment.channel),
        extras=payment.extras,
    )
