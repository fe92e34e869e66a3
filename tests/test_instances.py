"""Two instances of the counter on one PostgreSQL: what one leaves lying, the other takes at once."""

import time
from pathlib import Path

from bot.rooms.world import World
from storage import payments
from storage.engine import Storage
from storage.states import State
from tests.books import draft
from tests.postgres import Postgres
from tests.shop import OWNER, PAYER, Stopped, shop, until

_ROUNDS = 5


async def test_what_one_instance_queued_another_sends_at_once_without_its_clock(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with shop(tmp_path) as counter:
        await counter.close()
        counter.env["DATABASE_URL"] = postgres.new_database()
        await counter.open(World(now=counter.watch, scheduler=Stopped))
        busy = Storage(counter.env["DATABASE_URL"])
        bell = busy.bell()
        assert bell
        took = []
        for number in range(_ROUNDS):
            now = counter.watch()
            row = draft(
                amount=11 + number, msisdn=PAYER, provider="campay", state=State.QUEUED, created_at=now,
                confirmed_at=now, due_at=now, intent=f"{OWNER}:bell{number}",
            )  # fmt: skip
            busy.transact(payments.create_once, row, by="person:1")
            began = time.monotonic()
            busy.transact(bell.ring)
            await until(lambda number=number: len(counter.box.phones.prompts(PAYER)) > number)  # type: ignore[misc]
            took.append(time.monotonic() - began)
        busy.engine.dispose()
        print(f"from one instance's bell to the phone: {[round(1000 * one) for one in took]} ms")
