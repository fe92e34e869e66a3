"""Everybody at once: payouts to one payee that two people let go at the same moment."""

from collections.abc import Sequence

from providers.base import Kind
from tests.storms.intents import Intent, Manner
from tests.storms.plan import Wanted
from tests.storms.town import Town

_CARDS_COME = 40.0


def rush(plan: Sequence[Wanted], town: Town, moment: float) -> None:
    """Those of the plan that can have the same payee."""
    payouts = [wanted for wanted in plan if isinstance(wanted, Intent) and wanted.kind is Kind.PAYOUT]
    ones = [intent for intent in payouts if intent.way.phones == payouts[0].way.phones]
    for number, intent in enumerate(ones):
        intent.asker = [town.owner, town.approver][number % 2]
        intent.phone, intent.in_group = ones[0].phone, False
        intent.at, intent.taps_at = moment + number * 0.4, moment + _CARDS_COME
        intent.manner = Manner.CONFIRM
