"""Pay many, as a merchant does: a sheet in the chat, one board, and what the payment system's own ledger says."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.accounts import variables
from bot.demo.messages import Message
from providers import sandbox
from tests.shop import Shop, shop

LIFE = 60
BAD = "237677777770"
"""A handset of the sandbox that no payout of Nkapsmart reaches."""


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, box=sandbox.Settings.instant(test_numbers="ask"), accounts=False) as place:
        await place.close()
        place.env |= variables(place.box.url, "http://127.0.0.1:9")
        await place.open()
        yield place


def sheet(lines: int, every: int = 10) -> bytes:
    """Every tenth goes to a handset that can't be reached."""
    rows = [
        f"{100 + number};{BAD if number % every == 0 else 237670000000 + number};Person {number};June"
        for number in range(1, lines + 1)
    ]
    return "\r\n".join(["Montant;Téléphone;Nom;Motif", *rows]).encode("utf-8-sig")


async def board_of(
    counter: Shop, content: bytes, caption: str = "/bulk via nkapsmart", name: str = "june.csv"
) -> Message:
    sent = counter.telegram.send_document(counter.owner, counter.chat, name, content, caption)
    return await counter.telegram.wait_for(counter.chat, lambda message: bool(message.buttons), LIFE, after=sent)


async def paid(counter: Shop, content: bytes, caption: str = "/bulk via nkapsmart") -> Message:
    board = await board_of(counter, content, caption)
    await counter.confirm(board)
    return board


def ends(counter: Shop) -> Counter[str]:
    return Counter(str(entry.state) for entry in counter.box.ledger.entries("nkapsmart"))


async def handed(counter: Shop, board: Message, button: str) -> list[list[str]]:
    before = counter.telegram.last(counter.chat)
    await counter.telegram.tap(counter.owner, board, button)
    told = await counter.telegram.wait_for(counter.chat, lambda message: "document" in message.media, after=before)
    file = counter.telegram.world.files.get(told.media["document"]["file_id"])
    assert file
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))


async def test_250_lines_with_failures_end_on_one_board_as_in_the_systems_own_ledger(counter: Shop) -> None:
    board = await board_of(counter, sheet(250))
    assert "lines: 250" in board.text
    assert "Via Nkapsmart" in board.text
    await counter.confirm(board)
    await counter.shows(board, "Done.", LIFE)
    assert ends(counter) == {"succeeded": 225, "failed": 25}
    assert "Sent: 225" in board.text
    assert "Not sent: 25" in board.text
    assert "100%" in board.text
    assert len({entry.external_reference for entry in counter.box.ledger.entries("nkapsmart")}) == 3
    line = await counter.group_says("Sent: 225", LIFE)
    ours = [m for m in counter.telegram.messages(counter.group, counter.telegram.bot) if "Payments" in m.text]
    assert ours == [line]
    boards = [m for m in counter.telegram.messages(counter.chat, counter.telegram.bot) if "Payments" in m.text]
    assert boards == [board]
    whole = await handed(counter, board, "Result")
    assert len(whole) == 251
    again = await handed(counter, board, "send again")
    assert len(again) == 26
    assert again[1][1] == f"'+{BAD}"
