"""Everybody at once: payouts to one payee that are let go at the same moment, from as many chats."""

from collections.abc import Sequence
from random import Random

from tests.storms.intents import PLAIN_PAYOUT, Intent, Manner
from tests.storms.plan import Wanted
from tests.storms.town import Town

_CARDS_COME = 40.0
_MOST = 4


def rush(chance: Random, plan: Sequence[Wanted], town: Town, moment: float) -> None:
    """The first few of the plan become payouts, whatever they were: two people, and the first of them in two chats."""
    hurried = [wanted for wanted in plan if isinstance(wanted, Intent)][:_MOST]
    phone = chance.choice(PLAIN_PAYOUT.phones)
    seats = ((town.owner, False), (town.approver, False), (town.owner, True), (town.approver, True))
    for number, (intent, (asker, in_group)) in enumerate(zip(hurried, seats, strict=False)):
        intent.way, intent.phone, intent.gives_back = PLAIN_PAYOUT, phone, False
        intent.asker, intent.in_group = asker, in_group
        intent.at, intent.taps_at = moment + number * 0.4, moment + _CARDS_COME
        intent.manner = Manner.CONFIRM
