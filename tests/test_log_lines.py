"""A whole run's log is read: whatever is logged about a payment, or about a sheet, bears its id."""

import json
import re
from pathlib import Path

from tests import tree

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_MONEY = re.compile(r"/api/(collect|withdraw|transaction)/")
_ABOUT_NO_PAYMENT = {
    "the counter is open",
    "the bot's messages are read here",
    "Telegram did not take a message",  # an answer to a person
}

RUN = """
import asyncio, json, pathlib, sys
from bot import logs
from providers.redaction import Redactor
from tests.shop import shop

logs.set_up("info", Redactor())

async def main():
    async with shop(pathlib.Path(sys.argv[1]), callbacks=True) as counter:
        paid = await counter.confirmed("/request 20 677777777")
        await counter.approve()
        await counter.shows(paid, "Paid")
        counter.box.faults.order("drop_reply", "/collect/", times=1)
        await counter.confirmed("/request 21 677777777")
        refused = await counter.confirmed("/payout 22 677777777")
        await counter.group_says("22")
        said = counter.say("/bulk\\n677777777 15 Awa\\n677777777 16 Awa")
        board = await counter.telegram.wait_for(counter.chat, lambda message: bool(message.buttons), 30, said)
        await counter.confirm(board)
        await counter.shows(board, "Done")
        counter.telegram.block(counter.owner)
        await counter.approve()
        counter.watch.skip(minutes=1)
        for _ in range(300):
            known = await counter.payments()
            if {one.state.value for one in known} <= {"succeeded", "failed"}:
                break
            await asyncio.sleep(0.1)
        await counter.telegram.settled()
        print(json.dumps([(one.id, one.batch_id, one.state.value) for one in known]))

asyncio.run(main())
"""


def test_every_line_that_concerns_a_payment_says_which(tmp_path: Path) -> None:
    said, logged = tree.both(tree.ROOT, "-c", RUN, str(tmp_path))
    known = json.loads(said)
    lines = [{name: value.strip('"') for name, value in _FIELD.findall(line)} for line in logged.splitlines()]
    ours = [line for line in lines if _concerns_one(line)]
    assert [line for line in ours if "payment" not in line and "batch" not in line] == []

    ids, batches = {one[0] for one in known}, {one[1] for one in known} - {None}
    assert len(ids) == 5
    assert {line["payment"] for line in ours if "payment" in line} == ids
    sent = [line["payment"] for line in ours if line["event"] == "call" and line["method"] == "POST"]
    assert sorted(set(sent)) == sorted(sent)  # each went out once, and under its own name
    assert {line["batch"] for line in ours if "batch" in line} == batches
    for event in ("call", "call_broken", "callback", "payment moved", "nobody can be told there"):
        assert any(line["event"] == event for line in ours), event


def _concerns_one(line: dict[str, str]) -> bool:
    if "path" in line:
        return bool(_MONEY.match(line["path"]))  # not the system's balance, nor its token
    return line.get("event") not in _ABOUT_NO_PAYMENT
