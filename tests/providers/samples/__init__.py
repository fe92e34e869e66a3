"""What the contract needs to know of a gateway: one module for each, named like it, with SAMPLES."""

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from providers.messages import CallbackRequest, Verb
from providers.money import Money
from tests.providers.wire import Answer, Asked

KEY = UUID("3f0f6a3e-6a52-4b0e-8d57-9f0c2a5b1e77")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

MONEY_MOVES = {Verb.COLLECT, Verb.PAYOUT, Verb.BULK_PAYOUT, Verb.AIRTIME, Verb.TRANSFER, Verb.REFUND}


@dataclass(frozen=True)
class Call:
    """One verb, called once. `answers`: what the wire says, by "METHOD /path", so that the call goes well.

    `carries_amount` is False for money that moves whole, so that no amount is on the wire: a refund of all of it.
    """

    make: Callable[[Any], Awaitable[object]]
    answers: Mapping[str, Answer]
    carries_amount: bool = True


@dataclass(frozen=True)
class Samples:
    """`env` holds the account's variables without their prefix and without BASE_URL.

    `record` is the body of a status reply for a status word, told as the system tells it, and `on_status` where
    `calls[Verb.STATUS]` asks for it. `sent_amount` reads the amount out of a recorded order,
    which must be `amount`. `callbacks` are genuine
    ones at NOW that say a status word, one for each way in which the system tells it; `stale` moves the clock far
    enough for them to be refused, or is None where the system does not date its callbacks; `forged` are variations
    that must be refused.
    """

    env: Mapping[str, str]
    calls: Mapping[Verb, Call]
    record: Callable[[str], dict[str, object]]
    on_status: str
    sent_amount: Callable[[Asked], object]
    amount: Money
    msisdn: str
    callbacks: Callable[[str], Sequence[CallbackRequest]] | None = None
    forged: Sequence[CallbackRequest] = field(default_factory=tuple)
    stale: datetime | None = None


def samples(name: str) -> Samples:
    loaded: Samples = importlib.import_module(f"{__name__}.{name}").SAMPLES
    return loaded
