"""The four payment systems: one sandbox with one ledger, moved by simulated time from one due thing to the next."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from providers.sandbox import Settings
from providers.sandbox.app import build
from providers.sandbox.entries import Draft, Due, Entry, Kind, State, opened
from providers.sandbox.store import moment, stamp
from providers.sandbox.world import World
from tests.storms.weather import SYSTEMS
from tests.storms.wire import Wire

_IDLE = 86_400.0
_NEXT = (
    "SELECT MIN(due_at) AS at FROM (SELECT due_at FROM entries WHERE state = 'pending' AND held = 0 "
    "UNION ALL SELECT due_at FROM callbacks WHERE state = 'owed') WHERE due_at > ?"
)


class Systems:
    def __init__(self, chance: Random, clock: Callable[[], datetime], wire: Wire) -> None:
        self.settings = _settings(chance)
        self.world = World(
            self.settings,
            clock=clock,
            ids=lambda: UUID(int=chance.getrandbits(128), version=4),
            chance=chance,
            transport=wire.of(None),
        )
        app = build(self.world)
        wire.apps.update(dict.fromkeys(SYSTEMS, app))
        self._sending: set[asyncio.Task[None]] = set()

    def entries(self) -> list[Entry]:
        return self.world.ledger.entries()

    def transfers(self) -> list[Entry]:
        """Money between the merchant's own wallets is in no ledger: here it is as if it were."""
        return [self._transferred(row["body"]) for row in self.world.store.rows("SELECT body FROM kpay_transfers")]

    def _transferred(self, body: str) -> Entry:
        told = json.loads(body)
        went, done = told["sourceTransaction"], Due(0.0, State.SUCCEEDED)
        draft = Draft(
            "kpay", "transfer", Kind.PAYOUT, int(went["amount"]), went["currency"], msisdn="", operator="", account="",
            due=done, moves=int(went["amount"]), external_reference=told["externalId"],
        )  # fmt: skip
        return replace(opened(draft, told["id"], self.world.clock()), state=State.SUCCEEDED)

    async def run(self) -> None:
        """For ever. What a tick of the sandbox does, at the moments when there is something to do."""
        while True:
            self.world.ledger.settle_due()
            task = asyncio.create_task(self.world.callbacks.send_due())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            await self.world.events.news(self._idle_for())

    def _idle_for(self) -> float:
        now = self.world.clock()
        row = self.world.store.row(_NEXT, stamp(now))
        at = moment(row["at"]) if row and row["at"] else None
        return (at - now).total_seconds() + 1e-6 if at else _IDLE


def _settings(chance: Random) -> Settings:
    """What the documentations leave open differs from seed to seed."""
    hear = "http://guichet/callbacks"
    return Settings.model_validate(
        {
            "test_numbers": "ask",
            "payout_delay": chance.choice([0.0, 1.0, 15.0, 90.0]),
            "callback_retries": chance.choice([0, 2, 5]),
            "opening_wallet": 10_000_000,
            "campay": {
                "demo_limit": 0,
                "local_redirects": True,
                "airtime_maximum": 0,
                "opening_mtn": 10_000_000,
                "opening_orange": 10_000_000,
                "opening_airtime": 10_000_000,
                "duplicates": chance.choice(["replay", "reject"]),
                "callback_url": f"{hear}/campay",
                "callback_method": chance.choice(["GET", "POST"]),
            },
            "kpay": {
                "opening": 10_000_000,
                "open_word": chance.choice(["PENDING", "PROCESSING"]),
                "declined_word": chance.choice(["FAILED", "CANCELLED"]),
                "withdrawal_replay": chance.choice(["conflict", "first"]),
                "expired_word": chance.choice(["FAILED", "FAILED", "CANCELLED", "EXPIRED"]),
                "refund_replay": chance.choice(["first", "conflict", "refuse"]),
                "failure_code_key": chance.choice([True, False]),
                "callback_url": f"{hear}/kpay",
            },
            "nkapsmart": {
                "opening": 10_000_000,
                "reply": chance.choice(["record", "wrapped", "reference"]),
                "verify_hash": chance.choice(["optional", "required"]),
                "unknown_status": chance.choice([400, 404]),
                "callback_failures": chance.choice([True, False]),
                "callback_url": f"{hear}/nkapsmart?token=heard-by-nobody-else",
            },
            "sauripay": {
                "opening": 10_000_000,
                "declined_status": chance.choice([3, 4]),
                "callback_other_transaction": chance.choice([True, False]),
                "callback_currency": chance.choice([True, False]),
            },
        }
    )
