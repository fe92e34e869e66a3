"""/bulk: pay many, by a sheet; and the buttons of its board."""

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right
from bot.ui import bulk, proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit

_LONGEST_OFFSET = 6


async def _bulk(visit: Visit, text: str) -> None:
    await bulk.begin(visit, text)


async def _confirm(visit: Visit, batch_id: str) -> None:
    await proofs.carry_out(visit, Act("confirm_sheet", batch_id))


async def _approve(visit: Visit, batch_id: str) -> None:
    await proofs.carry_out(visit, Act("approve_sheet", batch_id))


async def _reject(visit: Visit, batch_id: str) -> None:
    await visit.counter.bulk.reject(visit.member, batch_id)


async def _once(visit: Visit, batch_id: str) -> None:
    await visit.counter.bulk.leave_out_repeats(visit.member, batch_id)


async def _stop(visit: Visit, batch_id: str) -> None:
    await visit.counter.bulk.cancel(visit.member, batch_id)


async def _rows(visit: Visit, data: str) -> None:
    """ "ID" opens the list, "ID:a:20" turns it."""
    batch_id, _, page = data.partition(":")
    which, _, offset = page.partition(":")
    if not page:
        await bulk.show_rows(visit, batch_id)
    elif offset.isdecimal() and len(offset) < _LONGEST_OFFSET:
        await bulk.turn_rows(visit, batch_id, which, int(offset))


async def _result(visit: Visit, batch_id: str) -> None:
    await bulk.hand_result(visit, batch_id)


async def _again(visit: Visit, batch_id: str) -> None:
    await bulk.hand_failed(visit, batch_id)


BULK = Command("bulk", "paie", _bulk, Right.PAY_OUT, moves_money=True)
BULK_TAPS = (
    Tap("bulkok", _confirm, Right.PAY_OUT),
    Tap("bulkyes", _approve, Right.APPROVE),
    Tap("bulkno", _reject, Right.APPROVE),
    Tap("bulkonce", _once, Right.PAY_OUT),
    Tap("bulkstop", _stop),
    Tap("bulkrows", _rows, Right.SEE_OWN),
    Tap("bulkfile", _result, Right.SEE_OWN),
    Tap("bulkagain", _again, Right.SEE_OWN),
)
