"""/refund: give a confirmed payment back, whole, and only to whoever paid it."""

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right
from bot.ui import finished
from bot.ui.visit import Visit


async def _refund(visit: Visit, text: str) -> None:
    payment_id = text.strip().upper()
    if not payment_id:
        await finished.offer(visit, "refund", "refund.which", "refund.usage", visit.counter.payments.refundable)
        return
    await _draft(visit, payment_id)


async def _draft(visit: Visit, payment_id: str) -> None:
    """A card of its own, which is confirmed like every payment: one tap more, under every rule for money out."""
    why = visit.voice.say("refund.of", id=payment_id)
    await visit.counter.refunds.draft(visit.member, payment_id, str(why), visit.chat_id)


REFUND = Command("refund", "rembourser", _refund, Right.PAY_OUT, moves_money=True)
REFUND_TAP = Tap("refund", _draft, Right.PAY_OUT)
