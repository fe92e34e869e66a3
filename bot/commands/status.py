"""/status: how one payment stands, or all that are open."""

from markupsafe import Markup

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.phone import parse_phone
from bot.ui import board, cards, keyboards
from bot.ui.visit import Visit
from storage import arrivals
from storage.models import Payment
from storage.states import State

_SHOWN = 20


async def _status(visit: Visit, text: str) -> None:
    if text:
        await _one(visit, text)
        return
    found = await visit.counter.payments.still_open(visit.member, limit=_SHOWN + 1)
    if not found:
        raise UserError("status.none_open")
    lines = [cards.list_line(visit.voice, payment) for payment in found[:_SHOWN]]
    more = [visit.voice.say("status.more")] if len(found) > _SHOWN else []
    await visit.say(Markup("\n").join([visit.voice.say("status.open"), *lines, *more]))


async def _one(visit: Visit, text: str) -> None:
    """The card again, with buttons only once it is paid: until then there is one card to act on. A sheet's board keeps
    those that only show.
    """
    if batch := await visit.counter.bulk.named(visit.member, text.strip()):
        sums = await visit.counter.bulk.sums(batch.id)
        shown = board.board(visit.voice, batch, sums, visit.counter.payments.title_of)
        await visit.say(shown, board.reading(visit.voice, batch, sums))
        return
    found = await visit.counter.payments.find(visit.member, _searched(visit, text))
    if not found:
        raise UserError("status.not_found", text=text)
    if len(found) > 1:
        await visit.say(Markup("\n").join(cards.list_line(visit.voice, payment) for payment in found))
        return
    await _show(visit, found[0])


async def _tapped(visit: Visit, payment_id: str) -> None:
    found = await visit.counter.payments.find(visit.member, payment_id)
    if not found:
        raise UserError("payment.not_found")
    await _show(visit, found[0])


async def _show(visit: Visit, one: Payment) -> None:
    payments = visit.counter.payments
    refund = await visit.counter.storage.run(arrivals.refund_of, one) if one.state is State.SUCCEEDED else None
    shown = cards.card(
        visit.voice,
        one,
        payments.title(one),
        slow=payments.slow(one),
        payee_bears=payments.payee_bears(one),
        refund=refund,
    )
    paid = one.state is State.SUCCEEDED
    refundable = refund is None and payments.refundable(one)
    await visit.say(shown, keyboards.of_paid(visit.voice, one, refundable) if paid else None)


def _searched(visit: Visit, text: str) -> str:
    """A phone as people write it is looked for as we store it."""
    try:
        return parse_phone(text, visit.member.merchant.country).msisdn
    except UserError:
        return text.strip()


STATUS = Command("status", "statut", _status, Right.SEE_OWN)
CARD_TAP = Tap("card", _tapped, Right.SEE_OWN)
