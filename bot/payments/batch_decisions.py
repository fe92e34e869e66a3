"""What people's words do to a sheet: confirm, approve, refuse, leave out, cancel. Each is one transaction."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, limits, resends
from bot.payments.approvals import Right
from bot.payments.decisions import Unproven, Word, demand_still
from bot.payments.limits import Weighed
from bot.payments.policy import APPROVAL_LIVES, FIRST_WAIT
from storage import batches, people
from storage.models import Batch, Payment
from storage.people import Member
from storage.states import State


def repeats(batch: Batch) -> set[int]:
    return {*batch.checks.get("twice", []), *batch.checks.get("lately", [])}


def seen(session: Session, member: Member, batch_id: str) -> tuple[Batch, list[Payment]]:
    batch = batches.get(session, member.merchant.id or 0, batch_id)
    only = approvals.sees_only(member)
    if batch is None or only not in (None, batch.asker_id):
        raise UserError("payment.not_found")
    return batch, batches.lines(session, batch_id)


def named(session: Session, member: Member, text: str) -> Batch | None:
    """The batch of this reference, where there is one that this member may see."""
    batch = batches.get(session, member.merchant.id or 0, text.upper())
    only = approvals.sees_only(member)
    return batch if batch and only in (None, batch.asker_id) else None


def _mine(session: Session, member: Member, batch_id: str) -> Batch:
    batch = batches.get(session, member.merchant.id or 0, batch_id)
    if batch is None:
        raise UserError("payment.not_found")
    if batch.asker_id != member.person.id:
        raise UserError("denied.not_asker")
    return batch


def confirm(session: Session, member: Member, batch_id: str, now: datetime, word: Word) -> None:
    batch = _mine(session, member, batch_id)
    role = demand_still(session, member, Right.PAY_OUT)
    _still_draft(session, batch, now)
    lines = [line for line in batches.lines(session, batch_id) if line.state is State.DRAFT]
    resends.demand_unpaid(session, lines)
    weighed = limits.weigh_sheet(session, lines, role, now)
    if weighed.needs:
        waiting: dict[str, Any] = {"due_at": now + APPROVAL_LIVES, "confirmed_at": now, "checks": weighed.checks}
        drafts, asked = [State.DRAFT], State.AWAITING_APPROVAL
        _all(batches.move_lines(session, batch, drafts, asked, at=now, by=_by(member), **waiting))
        return
    if weighed.factor and not word.proven:
        raise Unproven("factor.needed")
    _let_go(session, batch, State.DRAFT, weighed, now, _by(member))


def _let_go(
    session: Session, batch: Batch, before: State, weighed: Weighed, now: datetime, by: str, **more: Any
) -> None:
    leaves = now + FIRST_WAIT if weighed.waits else now
    changes = {"due_at": leaves, "confirmed_at": now, **more}
    _all(batches.move_lines(session, batch, [before], State.QUEUED, at=now, by=by, **changes))


def _all(moved: int) -> None:
    if not moved:
        raise UserError("payment.already")


def decide(session: Session, member: Member, batch_id: str, now: datetime, word: Word | None) -> None:
    """Another's word for the whole sheet; None refuses it. Its lines can't change between the question and the word."""
    demand_still(session, member, Right.APPROVE)
    batch = batches.get(session, member.merchant.id or 0, batch_id)
    if batch is None:
        raise UserError("payment.not_found")
    if batch.asker_id == member.person.id:
        raise UserError("denied.maker")
    lines = [line for line in batches.lines(session, batch_id) if line.state is State.AWAITING_APPROVAL]
    if not lines or any(line.due_at and line.due_at <= now for line in lines):
        raise UserError("payment.expired" if lines else "payment.already")
    approver: dict[str, Any] = {"approver_id": member.person.id}
    if word is None:
        waits = [State.AWAITING_APPROVAL]
        _all(batches.move_lines(session, batch, waits, State.REJECTED, at=now, by=_by(member), **approver))
        return
    role = people.role(session, batch.merchant_id, batch.asker_id)
    if role is None or not approvals.grants(role, Right.PAY_OUT):
        raise UserError("approval.maker_gone")
    resends.demand_unpaid(session, lines)
    weighed = limits.weigh_sheet(session, lines, role, now)
    if weighed.factor and not word.proven:
        raise Unproven("factor.needed")
    _let_go(session, batch, State.AWAITING_APPROVAL, weighed, now, _by(member), **approver)


def leave_out(session: Session, member: Member, batch_id: str, now: datetime) -> None:
    batch = _mine(session, member, batch_id)
    _still_draft(session, batch, now)
    only = repeats(batch)
    if not batches.move_lines(session, batch, [State.DRAFT], State.CANCELLED, at=now, by=_by(member), only=only):
        raise UserError("payment.already")


def _still_draft(session: Session, batch: Batch, now: datetime) -> None:
    sums = batches.sums(session, batch.id)
    until = [one.due_at for one in sums if one.state is State.DRAFT and one.due_at]
    expired = any(one.state is State.EXPIRED for one in sums)
    if expired or (until and min(until) <= now):
        raise UserError("payment.expired")
    if not until:
        raise UserError("payment.already")


def cancel(session: Session, member: Member, batch_id: str, now: datetime) -> int:
    batch = _mine(session, member, batch_id)
    unsent = [State.DRAFT, State.AWAITING_APPROVAL, State.QUEUED]
    stopped = batches.move_lines(session, batch, unsent, State.CANCELLED, at=now, by=_by(member))
    if not stopped:
        raise UserError("payment.too_late")
    return stopped


def unsent(session: Session, member: Member, chat_id: int, named: str) -> str:
    merchant_id = member.merchant.id or 0
    if named:
        return named if batches.get(session, merchant_id, named) else ""
    newest = batches.newest_open(session, merchant_id, member.person.id, chat_id)
    return (newest.batch_id or "") if newest else ""


def _by(member: Member) -> str:
    return f"person:{member.person.id}"
