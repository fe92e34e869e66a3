"""Pay many: a sheet of payouts, drafted, confirmed and stopped together. Each line is a payment of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, batch_decisions, limits, lookalikes, resends
from bot.payments.accounts import Accounts
from bot.payments.approvals import Right
from bot.payments.decisions import PLAIN, Word
from bot.payments.lookalikes import Line
from bot.payments.purses import purse
from bot.payments.resends import Resend
from bot.payments.routing import Route
from bot.payments.service import OPERATOR, Ask, Payments, WhichOperator
from providers.base import Clock
from providers.messages import Channel, Kind, Verb
from providers.money import Money
from storage import batches
from storage.batches import Sum
from storage.engine import Storage
from storage.models import Batch, Payment, Role
from storage.people import Member
from storage.states import State

DRAFT_LIVES = timedelta(hours=1)
"""Longer than a single card's: a thousand rows want reading."""

LATELY = timedelta(days=3)
_BREATH = 25
_OF_THE_SHOP = {"route.no_accounts", "route.not_connected"}
"""These say nothing of one row."""


@dataclass(frozen=True, slots=True)
class Unpayable:
    """A row that no system takes, and why."""

    line: Line
    error: UserError


@dataclass(frozen=True, slots=True)
class Sheet:
    """`wrong` are the rows that were wrong before any system was asked, `explain` how the asker is told of any."""

    title: str
    lines: Sequence[Line]
    chat_id: int
    message_id: int
    via: str = ""
    wrong: Sequence[tuple[int, UserError]] = ()
    explain: Callable[[UserError], str] = str


@dataclass(frozen=True, slots=True)
class Drafted:
    """`payable` is False where no row can be paid: then the batch only keeps what is wrong with each. `again`: this
    very message was read before.
    """

    batch: Batch
    payable: bool = True
    unpayable: list[Unpayable] = field(default_factory=list)
    again: bool = False


class Bulk:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        payments: Payments,
        now: Clock,
        new_id: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._accounts = accounts
        self._payments = payments
        self._now = now
        self._new_id = new_id
        self._changed = changed

    async def draft(self, member: Member, sheet: Sheet) -> Drafted:
        """Rows that can be paid become the batch's lines; the others are named, and can be mended and sent again."""
        approvals.demand(member, Right.PAY_OUT)
        merchant_id, intent = member.merchant.id or 0, f"{sheet.chat_id}:{sheet.message_id}"
        if known := await self._storage.run(batches.by_intent, merchant_id, intent):
            return Drafted(known, again=True)
        again, settled = await self._storage.run(resends.sort, merchant_id, _references(sheet.lines))
        open_lines = [line for line in sheet.lines if line.number not in settled]
        routed, unpayable = await self._routed(member, sheet, open_lines)
        unpayable += [Unpayable(line, settled[line.number]) for line in sheet.lines if line.number in settled]
        batch = self._batch(member, sheet, intent)
        rows = [
            self._payment(batch, line, route, again.get(line.number), pinned=bool(sheet.via)) for line, route in routed
        ]
        beyond = await self._storage.run(limits.beyond, rows, self._now())
        unpayable += [Unpayable(line, beyond[line.number]) for line, _ in routed if line.number in beyond]
        rows = [row for row in rows if row.line not in beyond]
        lines = [line for line, _ in routed if line.number not in beyond]
        wrong = sorted([*sheet.wrong, *((one.line.number, one.error) for one in unpayable)], key=lambda one: one[0])
        batch.checks = {
            "left_out": len(wrong),
            "wrong": [[number, sheet.explain(error)] for number, error in wrong],
            **(await self._foresight(member, rows, lines, again) if rows else {}),
        }
        made, new = await self._storage.run(batches.create_once, batch, rows, by=f"person:{member.person.id}")
        self._changed()
        return Drafted(made, bool(rows), unpayable, again=not new)

    async def _foresight(
        self, member: Member, rows: Sequence[Payment], lines: Sequence[Line], again: Mapping[int, Resend]
    ) -> dict[str, object]:
        """What the asker is shown before anything is confirmed. Raises UserError for what no approval can let go."""
        merchant_id = member.merchant.id or 0
        return {
            "twice": lookalikes.twice([line for line in lines if line.number not in again]),
            "lately": await self._lately(merchant_id, lines, again),
            "purses": await self._purses(merchant_id, {row.provider for row in rows}),
            **(await self._storage.run(_advice, rows, member.role, self._now())),
        }

    def _batch(self, member: Member, sheet: Sheet, intent: str) -> Batch:
        return Batch(
            id=self._new_id(),
            merchant_id=member.merchant.id or 0,
            intent=intent,
            title=sheet.title,
            asker_id=member.person.id,
            chat_id=sheet.chat_id,
            created_at=self._now(),
        )

    async def _routed(
        self, member: Member, sheet: Sheet, lines: Sequence[Line]
    ) -> tuple[list[tuple[Line, Route]], list[Unpayable]]:
        """Lines that are alike have one route. Others' updates get their turn in between."""
        known: dict[tuple[str, str, Money], Route | UserError] = {}
        routed, unpayable = [], []
        for line in lines:
            alike = (line.phone.country, line.phone.operator or line.phone.msisdn, line.amount)
            if alike not in known:
                known[alike] = await self._route(member, sheet, line)
                if len(known) % _BREATH == 0:
                    await asyncio.sleep(0)
            found = known[alike]
            if isinstance(found, Route) and not (lacking := set(found.rail.extras) - _extras(line).keys()):
                routed.append((line, found))
            elif isinstance(found, Route):
                unpayable.append(Unpayable(line, UserError("sheet.lacking", names=", ".join(sorted(lacking)))))
            else:
                unpayable.append(Unpayable(line, found))
        return routed, unpayable

    async def _route(self, member: Member, sheet: Sheet, line: Line) -> Route | UserError:
        """By the sheet's word or the prefix: asking about each of a thousand numbers would use up a system's limit."""
        ask = Ask(
            Kind.PAYOUT,
            line.amount,
            line.phone,
            "",
            sheet.chat_id,
            sheet.message_id,
            channel=Channel.MOBILE,
            extras={OPERATOR: line.phone.operator} if line.phone.operator else {},
            via=sheet.via,
        )
        try:
            return await self._payments.route(member, ask)
        except WhichOperator as unknown:
            return UserError("sheet.which_operator", names=unknown.names)
        except UserError as error:
            if error.key in _OF_THE_SHOP:
                raise
            return error

    def _payment(self, batch: Batch, line: Line, route: Route, again: Resend | None, *, pinned: bool) -> Payment:
        return Payment(
            id=self._new_id(),
            merchant_id=batch.merchant_id,
            intent=again.intent if again else f"{batch.intent}:{line.number}",
            kind=Kind.PAYOUT,
            state=State.DRAFT,
            amount=line.amount.minor,
            currency=line.amount.currency,
            msisdn=line.phone.msisdn,
            payee=line.phone.msisdn,
            country=line.phone.country,
            operator=route.operator,
            provider=route.provider,
            description=line.description,
            asker_id=batch.asker_id,
            chat_id=batch.chat_id,
            fee=route.fee.minor if route.fee else None,
            channel=route.rail.channel,
            pinned=pinned,
            extras=_extras(line),
            created_at=batch.created_at,
            due_at=batch.created_at + DRAFT_LIVES,
            line=line.number,
        )

    async def _lately(self, merchant_id: int, lines: Sequence[Line], again: Mapping[int, Resend]) -> list[int]:
        """Lines that were paid, the same amount to the same phone, in the last days. For a row that comes back only
        what came after it counts: what was there before was looked at then, and so was its own sheet.
        """
        since = self._now() - LATELY
        msisdns = [line.phone.msisdn for line in lines]
        paid = await self._storage.run(batches.paid_lately, merchant_id, msisdns, since)
        return lookalikes.lately(lines, paid, again)

    async def _purses(self, merchant_id: int, names: set[str]) -> dict[str, dict[str, int]]:
        """What each system holds now, by currency, where it tells so at once."""
        told = {}
        for name in sorted(names):
            provider = self._accounts.get(merchant_id, name)
            if provider and Verb.BALANCE in provider.verbs and (held := await purse(provider)):
                told[name] = held
        return told

    async def sums(self, batch_id: str) -> list[Sum]:
        return await self._storage.run(batches.sums, batch_id)

    async def lines(self, member: Member, batch_id: str) -> tuple[Batch, list[Payment]]:
        """The batch and its lines as they stand. Raises UserError where this member may not see them."""
        return await self._storage.run(batch_decisions.seen, member, batch_id)

    async def named(self, member: Member, text: str) -> Batch | None:
        """The sheet of this reference, if there is one that this member may see."""
        return await self._storage.run(batch_decisions.named, member, text)

    async def confirm(self, member: Member, batch_id: str, word: Word = PLAIN) -> None:
        """The asker's word that all of it may be sent. A second tap is told so, never obeyed.

        Raises Unproven where more than a tap is wanted.
        """
        await self._storage.run(batch_decisions.confirm, member, batch_id, self._now(), word)
        self._changed()

    async def approve(self, member: Member, batch_id: str, word: Word = PLAIN) -> None:
        """Another's word for the whole sheet."""
        await self._storage.run(batch_decisions.decide, member, batch_id, self._now(), word)
        self._changed()

    async def reject(self, member: Member, batch_id: str) -> None:
        await self._storage.run(batch_decisions.decide, member, batch_id, self._now(), None)
        self._changed()

    async def cancel(self, member: Member, batch_id: str) -> int:
        """Stops what has not been sent; how many lines that were."""
        stopped = await self._storage.run(batch_decisions.cancel, member, batch_id, self._now())
        self._changed()
        return stopped

    async def unsent(self, member: Member, chat_id: int, named: str) -> str:
        """The batch of this name; without one, that of the member's newest open payment in this chat, if it has one."""
        return await self._storage.run(batch_decisions.unsent, member, chat_id, named)

    async def leave_out_repeats(self, member: Member, batch_id: str) -> None:
        """Before it is confirmed: lines that stand twice in the sheet, or were paid in the last days, are dropped."""
        await self._storage.run(batch_decisions.leave_out, member, batch_id, self._now())
        self._changed()


def _references(lines: Sequence[Line]) -> dict[int, str]:
    return {line.number: line.again for line in lines if line.again}


def _advice(session: Session, rows: Sequence[Payment], role: Role, now: datetime) -> dict[str, object]:
    """What the rules say of the sheet before it is confirmed. Raises UserError for what no approval can let go."""
    weighed = limits.weigh_sheet(session, rows, role, now, lock=False)
    return weighed.checks | {"waits": weighed.waits}


def _extras(line: Line) -> dict[str, str]:
    return {"name": line.name, "customer_name": line.name} if line.name else {}
