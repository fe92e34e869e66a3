"""Groups of a sheet's lines, around a system that takes many at once and says what a test wrote down."""

import asyncio
from collections import Counter as Tally
from dataclasses import replace
from datetime import timedelta
from itertools import count
from time import process_time
from typing import Any
from uuid import UUID

import pytest

from bot.errors import UserError
from bot.payments.bulk import Bulk, Drafted, Sheet
from bot.payments.crew import Crew
from bot.payments.groups import MOST, Groups
from bot.payments.health import Health
from bot.payments.lookalikes import Line
from bot.payments.phone import Phone
from bot.ui import rows, sheets
from providers.errors import MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.messages import Order, Outcome, Report
from providers.money import Money
from storage import batches, notices
from storage.engine import Storage
from storage.models import Batch, Payment
from storage.people import Member
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, OWNER, member, move
from tests.bot.payments.counter import Counter, Scripted

S = State
PENDING = Report(Outcome.PENDING)


class Many(Scripted):
    """`turns` are answered in order; a report is every line's."""

    name = "scripted"
    sheet = Scripted.sheet

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Report | list[Report] | Exception] = []
        self.groups: list[list[Order]] = []

    async def bulk_payout(self, orders: list[Order]) -> list[Report]:
        self.groups.append(orders)
        await self.awake.wait()
        turn = self.turns.pop(0) if self.turns else PENDING
        if isinstance(turn, Exception):
            raise turn
        return turn if isinstance(turn, list) else [turn] * len(orders)


class Desk(Counter):
    def __init__(self, storage: Storage) -> None:
        self.many = Many()
        super().__init__(storage, system=self.many)
        self.hand = Crew(1)
        new_key = (UUID(int=number, version=4) for number in count(10_000))  # apart from those of single payments
        self.grouped = Groups(
            storage,
            self.accounts,
            self.dispatch,
            Health(self.clock),
            self.hand,
            self.clock,
            lambda: next(new_key),
            self._changed,
        )
        ids = (f"B{number}" for number in range(1, 5000))
        self.bulk = Bulk(storage, self.accounts, self.payments, self.clock, lambda: next(ids), self._changed)

    async def group(self) -> None:
        await self.grouped.tick()
        await self.hand.drain(30)

    async def drafted(self, lines: int, person: int = OWNER, **more: Any) -> Drafted:
        return await self.bulk.draft(self.who(person), sheet(lines, **more))

    async def queued_batch(self, lines: int) -> Batch:
        batch = (await self.drafted(lines)).batch
        assert batch
        await self.bulk.confirm(self.who(OWNER), batch.id)
        return batch

    def who(self, person: int) -> Member:
        return member(self.storage, person)

    def lines(self, batch: Batch) -> list[Payment]:
        return self.storage.transact(batches.lines, batch.id)

    def states(self, batch: Batch) -> Tally[State]:
        return Tally(line.state for line in self.lines(batch))


def sheet(size: int, message_id: int = 7, **more: Any) -> Sheet:
    lines = [
        Line(number, Money(100 + number, "XAF"), Phone(str(237670000000 + number), "CM", "MTN"), f"P{number}")
        for number in range(2, size + 2)
    ]
    return Sheet("june.csv", lines, OWNER, message_id, **more)


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return Desk(storage)


async def test_lines_go_out_a_hundred_at_a_time_each_committed_with_its_key_before(desk: Desk) -> None:
    batch = await desk.queued_batch(MOST + 20)
    desk.many.awake.clear()
    await desk.grouped.tick()
    while not desk.many.groups:
        await asyncio.sleep(0)
    assert desk.states(batch) == {S.SENDING: MOST, S.QUEUED: 20}
    sent = [str(order.key) for order in desk.many.groups[0]]
    assert sent == [desk.attempts(line)[0][0] for line in desk.lines(batch)[:MOST]]
    desk.many.awake.set()
    await desk.hand.drain(30)
    await desk.group()
    assert [len(group) for group in desk.many.groups] == [MOST, 20]
    assert desk.states(batch) == {S.PENDING: MOST + 20}
    assert desk.many.orders == []


async def test_each_line_hears_its_own_answer(desk: Desk) -> None:
    batch = await desk.queued_batch(2)
    desk.many.turns = [[Report(Outcome.SUCCEEDED, "R1"), Report(Outcome.FAILED, reason=Reason.BAD_PHONE)]]
    await desk.group()
    assert [line.state for line in desk.lines(batch)] == [S.SUCCEEDED, S.FAILED]


@pytest.mark.parametrize("turn", [MaybeSent("timeout"), RuntimeError("a fault"), [PENDING]])
async def test_without_an_answer_to_each_line_all_are_in_doubt_and_never_sent_again(desk: Desk, turn: Any) -> None:
    batch = await desk.queued_batch(3)
    desk.many.turns = [turn]
    await desk.group()
    assert desk.states(batch) == {S.UNKNOWN: 3}
    for _ in range(5):
        desk.clock.skip(minutes=10)
        await desk.group()
        await desk.send()
    assert len(desk.many.groups) == 1
    assert desk.many.orders == []


async def test_after_doubt_the_next_group_waits_and_one_line_goes_ahead(desk: Desk) -> None:
    await desk.queued_batch(MOST + 50)
    desk.many.turns = [MaybeSent("timeout"), MaybeSent("timeout")]
    await desk.group()
    await desk.group()
    assert [len(group) for group in desk.many.groups] == [MOST]
    desk.clock.skip(seconds=30)
    await desk.group()
    assert [len(group) for group in desk.many.groups] == [MOST, 1]
    desk.clock.skip(seconds=59)
    await desk.group()
    desk.clock.skip(seconds=1)
    await desk.group()
    await desk.group()
    assert [len(group) for group in desk.many.groups] == [MOST, 1, 1, 48]


async def test_a_group_that_never_left_is_queued_again_under_the_same_keys(desk: Desk) -> None:
    batch = await desk.queued_batch(3)
    desk.many.turns = [NotSent()]
    await desk.group()
    assert desk.states(batch) == {S.QUEUED: 3}
    desk.clock.skip(seconds=5)
    await desk.group()
    first, second = ([order.key for order in group] for group in desk.many.groups)
    assert first == second
    assert {desk.attempts(line)[0][1] for line in desk.lines(batch)} == {2}


@pytest.mark.parametrize("error", [Refused(Reason.BALANCE_TOO_LOW), Misconfigured("key")])
async def test_a_refusal_of_all_is_each_lines_failure(desk: Desk, error: Exception) -> None:
    batch = await desk.queued_batch(3)
    desk.many.turns = [error]
    await desk.group()
    assert desk.states(batch) == {S.FAILED: 3}
    assert len(desk.many.groups) == 1


async def test_refused_for_one_lines_fault_each_goes_again_alone_and_hears_its_own_answer(desk: Desk) -> None:
    batch = await desk.queued_batch(3)
    desk.many.turns = [Refused(Reason.BAD_PHONE)]
    good = Report(Outcome.SUCCEEDED, "R1")
    desk.many.answers = [good, Refused(Reason.BAD_PHONE), good]
    await desk.group()
    assert desk.states(batch) == {S.QUEUED: 3}
    await desk.group()
    assert len(desk.many.groups) == 1
    await desk.send()
    assert desk.states(batch) == {S.SUCCEEDED: 2, S.FAILED: 1}
    assert len(desk.many.orders) == 3


async def test_a_single_payout_is_never_held_up_by_a_sheet(desk: Desk) -> None:
    await desk.queued_batch(5)
    single = desk.queued(kind="payout")
    await desk.send()
    assert [order.msisdn for order in desk.many.orders] == [single.msisdn]


async def test_lines_that_died_with_their_sender_are_asked_about_and_never_sent_again(desk: Desk) -> None:
    batch = await desk.queued_batch(3)
    desk.many.awake.clear()
    await desk.grouped.tick()
    while not desk.many.groups:
        await asyncio.sleep(0)
    await desk.drop()
    desk.many.awake.set()
    again = Desk(desk.storage)
    again.clock.now = desk.clock.now + timedelta(seconds=31)
    await again.group()
    await again.send()
    assert again.many.groups == []
    await again.look()
    assert len(again.many.lookups) == 3
    assert again.states(batch) == {S.PENDING: 3}


async def test_a_confirmation_that_is_an_hour_old_is_not_carried_out(desk: Desk) -> None:
    batch = await desk.queued_batch(3)
    desk.clock.skip(minutes=61)
    await desk.group()
    assert desk.states(batch) == {S.FAILED: 3}
    assert desk.many.groups == []


async def test_one_message_is_one_batch_however_often_it_is_read(desk: Desk) -> None:
    first, second = await desk.drafted(3), await desk.drafted(3)
    assert first.batch
    assert second.batch
    assert (first.again, second.again) == (False, True)
    assert first.batch.id == second.batch.id
    assert len(desk.lines(first.batch)) == 3


async def test_the_second_confirm_and_a_late_one_are_told_so(desk: Desk) -> None:
    batch = await desk.queued_batch(2)
    with pytest.raises(UserError, match=r"payment\.already"):
        await desk.bulk.confirm(desk.who(OWNER), batch.id)
    late = (await desk.drafted(2, message_id=8)).batch
    assert late
    desk.clock.skip(hours=1)
    with pytest.raises(UserError, match=r"payment\.expired"):
        await desk.bulk.confirm(desk.who(OWNER), late.id)
    assert desk.states(late) == {S.DRAFT: 2}


async def test_only_who_may_pay_out_drafts_and_only_the_asker_confirms_or_stops(desk: Desk) -> None:
    with pytest.raises(UserError, match=r"denied\.role"):
        await desk.drafted(2, person=ACCOUNTANT)
    batch = (await desk.drafted(2)).batch
    assert batch
    for verb in (desk.bulk.confirm, desk.bulk.cancel, desk.bulk.leave_out_repeats):
        with pytest.raises(UserError, match=r"denied\.not_asker"):
            await verb(desk.who(APPROVER), batch.id)
    with pytest.raises(UserError, match=r"payment\.not_found"):
        await desk.bulk.lines(desk.who(CASHIER), batch.id)


async def test_stopping_spares_what_has_left(desk: Desk) -> None:
    batch = await desk.queued_batch(MOST + 5)
    await desk.group()
    assert await desk.bulk.cancel(desk.who(OWNER), batch.id) == 5
    assert desk.states(batch) == {S.PENDING: MOST, S.CANCELLED: 5}
    with pytest.raises(UserError, match=r"payment\.too_late"):
        await desk.bulk.cancel(desk.who(OWNER), batch.id)


async def test_repeats_in_the_sheet_and_of_the_last_days_are_known_and_can_be_left_out(desk: Desk) -> None:
    paid = sheet(2).lines[0]
    desk.enter(state=S.SUCCEEDED, kind="payout", msisdn=paid.phone.msisdn, amount=paid.amount.minor)
    lines = [*sheet(3).lines, Line(9, *_payee(sheet(3).lines[2]))]
    batch = (await desk.bulk.draft(desk.who(OWNER), Sheet("x", lines, OWNER, 9))).batch
    assert batch
    assert (batch.checks["twice"], batch.checks["lately"]) == ([9], [paid.number])
    await desk.bulk.leave_out_repeats(desk.who(OWNER), batch.id)
    await desk.bulk.confirm(desk.who(OWNER), batch.id)
    assert [line.line for line in desk.lines(batch) if line.state is S.QUEUED] == [3, 4]


def _payee(line: Line) -> tuple[Money, Phone]:
    return line.amount, line.phone


async def test_a_row_that_no_system_takes_is_left_out_with_its_reason(desk: Desk) -> None:
    lines = [*sheet(1).lines, Line(5, Money(500, "KES"), Phone("254700000001", "KE", "MPESA"))]
    drafted = await desk.bulk.draft(
        desk.who(OWNER), Sheet("x", lines, OWNER, 9, wrong=[(2, UserError("a")), (9, UserError("b"))])
    )
    assert drafted.batch
    assert len(desk.lines(drafted.batch)) == 1
    assert [(one.line.number, one.error.key) for one in drafted.unpayable] == [(5, "route.none")]
    assert drafted.batch.checks["left_out"] == 3
    assert [number for number, _ in drafted.batch.checks["wrong"]] == [2, 5, 9]


def again(batch: Batch, number: int, message_id: int, desk: Desk, *more: Line) -> Sheet:
    """The row with this number, sent back with its reference."""
    [was] = [line for line in desk.lines(batch) if line.line == number]
    line = Line(2, Money(was.amount, "XAF"), Phone(was.msisdn, "CM", "MTN"), again=was.id)
    return Sheet("again.csv", [line, *more], OWNER, message_id)


async def half_paid(desk: Desk) -> Batch:
    """Rows 2 and 3 are alike; the first was paid, the second not."""
    twin = sheet(1).lines[0]
    lines = [twin, Line(3, twin.amount, twin.phone)]
    batch = (await desk.bulk.draft(desk.who(OWNER), Sheet("x", lines, OWNER, 9))).batch
    await desk.bulk.confirm(desk.who(OWNER), batch.id)
    desk.many.turns = [[Report(Outcome.SUCCEEDED, "R1"), Report(Outcome.FAILED, reason=Reason.BALANCE_TOO_LOW)]]
    await desk.group()
    return batch


async def test_a_failed_row_that_comes_back_is_no_repeat_of_its_own_sheet_and_is_paid_once(desk: Desk) -> None:
    batch = await half_paid(desk)
    back = again(batch, 3, 10, desk)
    drafted = await desk.bulk.draft(desk.who(OWNER), back)
    assert (drafted.batch.checks["twice"], drafted.batch.checks["lately"], drafted.unpayable) == ([], [], [])
    twin = await desk.bulk.draft(desk.who(OWNER), again(batch, 3, 11, desk))
    assert [one.error.key for one in twin.unpayable] == ["sheet.again.open"]
    await desk.bulk.confirm(desk.who(OWNER), drafted.batch.id)
    desk.many.turns = [Report(Outcome.FAILED, reason=Reason.BALANCE_TOO_LOW), Report(Outcome.SUCCEEDED, "R2")]
    await desk.group()
    third = await desk.bulk.draft(desk.who(OWNER), again(drafted.batch, 2, 12, desk))
    await desk.bulk.confirm(desk.who(OWNER), third.batch.id)
    await desk.group()
    assert desk.states(third.batch) == {S.SUCCEEDED: 1}
    for old, number in ((batch, 3), (drafted.batch, 2), (third.batch, 2), (batch, 2)):
        late = await desk.bulk.draft(desk.who(OWNER), again(old, number, 20 + number + ord(old.id[-1]), desk))
        assert [one.error.key for one in late.unpayable] == ["sheet.again.paid"]
        assert desk.lines(late.batch) == []


async def test_a_row_that_is_heard_of_after_its_file_was_read_is_not_let_go_again(desk: Desk) -> None:
    batch = await half_paid(desk)
    drafted = await desk.bulk.draft(desk.who(OWNER), again(batch, 3, 10, desk))
    [failed] = [line for line in desk.lines(batch) if line.state is S.FAILED]
    move(desk.storage, failed, S.REVIEW)
    with pytest.raises(UserError, match=r"sheet\.again\.now"):
        await desk.bulk.confirm(desk.who(OWNER), drafted.batch.id)
    assert desk.states(drafted.batch) == {S.DRAFT: 1}


async def test_one_reference_twice_is_one_payment_and_a_strange_one_is_no_reference(desk: Desk) -> None:
    batch = await half_paid(desk)
    twin = again(batch, 3, 10, desk).lines[0]
    strange = Line(9, Money(7, "XAF"), Phone("237670000009", "CM", "MTN"), again="INV-12")
    back = again(batch, 3, 10, desk, replace(twin, number=5), strange)
    drafted = await desk.bulk.draft(desk.who(OWNER), back)
    assert [(one.line.number, one.error.key) for one in drafted.unpayable] == [(5, "sheet.again.twice")]
    assert [line.line for line in desk.lines(drafted.batch)] == [2, 9]


async def test_rows_beyond_a_limit_are_wrong_rows_and_the_others_are_drafted(desk: Desk) -> None:
    phone = Phone("237670000001", "CM", "MTN")
    amounts = (400_000, 600_000, 400_000, 300_000)
    lines = [Line(number, Money(amount, "XAF"), phone) for number, amount in enumerate(amounts, 2)]
    drafted = await desk.bulk.draft(desk.who(OWNER), Sheet("x", lines, OWNER, 9))
    assert [(one.line.number, one.error.key) for one in drafted.unpayable] == [
        (3, "sheet.per_payout"),
        (5, "sheet.per_payee"),
    ]
    assert drafted.batch.checks["needs"] == ["amount"]


async def test_a_sheet_without_a_row_to_pay_keeps_what_is_wrong_and_has_no_board(desk: Desk) -> None:
    lines = [Line(5, Money(500, "KES"), Phone("254700000001", "KE", "MPESA"))]
    drafted = await desk.bulk.draft(desk.who(OWNER), Sheet("x", lines, OWNER, 9))
    assert not drafted.payable
    assert [number for number, _ in drafted.batch.checks["wrong"]] == [5]
    assert desk.storage.transact(notices.of, drafted.batch.id) == []


async def test_a_thousand_rows_are_checked_in_less_than_three_seconds(desk: Desk) -> None:
    """Of the processor's time: the machine may have other work to do."""
    table = [["Montant", "Téléphone", "Nom"], *([str(100 + n), str(670000000 + n), f"P{n}"] for n in range(1000))]
    content = sheets.workbook(table)
    begun = process_time()
    found = rows.from_table(sheets.read(content), "CM")
    drafted = await desk.bulk.draft(desk.who(OWNER), Sheet("june.xlsx", found.good, OWNER, 9))
    assert process_time() - begun < 3
    assert len(desk.lines(drafted.batch)) == 1000


async def test_a_system_that_the_shop_does_not_have_is_said_once_not_for_each_row(desk: Desk) -> None:
    with pytest.raises(UserError, match=r"route\.not_connected"):
        await desk.drafted(3, via="kpay")
