"""A whole run's log is read: whatever is logged about a payment, or about a sheet, bears its id."""

import json
import re
from pathlib import Path

import pytest

from tests import tree

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_MONEY = re.compile(r"/api/(collect/|withdraw/|transaction/|v1/payments/(init|withdraw|[^/]*[0-9]))")
_ABOUT_NO_PAYMENT = {
    "the counter is open",
    "the bot's messages are read here",
    "Telegram brings the bot's messages here",
    "Telegram did not take a message",  # an answer to a person
}

RUN = """
import asyncio, json, pathlib, sys
from bot import logs
from bot.demo.accounts import variables
from providers.redaction import Redactor
from tests.shop import shop

logs.set_up("info", Redactor())

folder, mode, system, collects, francs = *sys.argv[1:5], int(sys.argv[5])

async def main():
    async with shop(pathlib.Path(folder), callbacks=True, mode=mode) as counter:
        if system != "campay":
            await counter.close()
            of_all = {**counter.env, **variables(counter.box.url, counter.env["PUBLIC_URL"])}
            others = tuple({"CAMPAY_", "KPAY_", "NKAPSMART_", "SAURIPAY_"} - {f"{system.upper()}_"})
            counter.env = {name: value for name, value in of_all.items() if not name.startswith(others)}
            getattr(counter.box.settings, system).callback_url = f"{counter.env['PUBLIC_URL']}/callbacks/{system}"
            await counter.open()
        paid = await counter.confirmed(f"/request {francs} 677777777")
        await counter.approve()
        await counter.shows(paid, "Paid")
        counter.box.faults.order("drop_reply", collects, times=1)
        await counter.confirmed(f"/request {francs + 1} 677777777")
        await counter.confirmed(f"/payout {francs + 2} 677777777")
        await counter.group_says(str(francs + 2))
        said = counter.say(f"/bulk\\n677777777 {francs - 5} Awa\\n677777777 {francs - 4} Awa")
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


@pytest.mark.parametrize(
    ("mode", "system", "collects", "francs"),
    [("polling", "campay", "/collect/", 20), ("webhook", "kpay", "/payments/init", 200)],
)
def test_every_line_that_concerns_a_payment_says_which(
    mode: str, system: str, collects: str, francs: int, tmp_path: Path
) -> None:
    said, logged = tree.both(tree.ROOT, "-c", RUN, str(tmp_path), mode, system, collects, str(francs))
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
