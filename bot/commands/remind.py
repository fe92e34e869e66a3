"""The button under a request that nobody paid: the same request once more."""

from bot.commands.base import Tap
from bot.payments.approvals import Right
from bot.ui.visit import Visit


async def _remind(visit: Visit, payment_id: str) -> None:
    await visit.counter.reminders.remind(visit.member, payment_id)


REMIND_TAP = Tap("remind", _remind, Right.ASK)
