"""Pay many, as a merchant does: a sheet in the chat, one board, and what the payment system's own ledger says."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.accounts import variables
from bot.demo.messages import Message
from bot.errors import UserError
from bot.ui import rows, sheets
from providers import sandbox
from storage import payments
from storage.models import Payment
from tests.shop import PATIENCE, Shop, shop, until

LIFE = 240
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
    return await opened(counter, told)


async def test_a_sheet_of_more_than_a_thousand_rows_comes_back_in_files_that_are_paid_by_an_answer(
    counter: Shop,
) -> None:
    telegram = counter.telegram
    sent = telegram.send_document(counter.owner, counter.chat, "june.csv", sheet(1003), "/bulk via nkapsmart")
    second = await telegram.wait_for(counter.chat, "Rows 1002 to 1004", PATIENCE, sent)
    files = [one for one in telegram.messages(counter.chat, telegram.bot) if "document" in one.media]
    assert [one.media["document"]["file_name"] for one in files] == ["june-1.csv", "june-2.csv"]
    assert [len(await opened(counter, one)) for one in files] == [1001, 4]
    said = telegram.say(counter.owner, counter.chat, "/bulk via nkapsmart", reply_to=second)
    board = await telegram.wait_for(counter.chat, lambda message: bool(message.buttons), LIFE, said)
    assert "rows: 3" in board.text


async def test_250_lines_with_failures_end_on_one_board_as_in_the_systems_own_ledger(counter: Shop) -> None:
    board = await board_of(counter, sheet(250))
    assert "rows: 250" in board.text
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


async def test_a_lost_reply_puts_one_batch_in_doubt_then_before_a_person_and_is_never_sent_again(counter: Shop) -> None:
    single = await counter.confirmed("/payout 100 677777777 via nkapsmart")  # signs in
    await counter.shows(single, "Sent", LIFE)
    counter.box.faults.order("drop_reply", "/withdraw/bulk", times=1)
    board = await paid(counter, sheet(150, every=1000))
    await counter.shows(board, "In doubt: 100", LIFE)
    counter.watch.skip(seconds=95)
    await counter.shows(board, "Sent: 50", LIFE)
    await counter.shows(board, "do not send them again", LIFE)
    assert "In doubt: 100" in board.text
    states = Counter(str(payment.state) for payment in await lines_of(counter))
    assert states == {"review": 100, "succeeded": 50}
    entries = [entry for entry in counter.box.ledger.entries("nkapsmart") if entry.endpoint == "bulk"]
    assert len(entries) == len({entry.description for entry in entries}) == 150


async def lines_of(counter: Shop) -> list[Payment]:
    found = await counter.app.storage.run(payments.recent, 1, limit=2000)
    return [payment for payment in found if payment.batch_id]


async def test_a_counter_that_stops_in_the_middle_goes_on_where_it_was_and_sends_nothing_twice(counter: Shop) -> None:
    counter.box.faults.order("delay", "/withdraw/bulk", seconds=0.5, after_work=True)
    board = await paid(counter, sheet(250))
    await until(lambda: bool(ends(counter)), LIFE)
    await counter.close()
    sent = len(counter.box.ledger.entries("nkapsmart"))
    assert 0 < sent < 250
    counter.box.faults.clear()
    await counter.open()
    await counter.shows(board, "Done.", LIFE)
    assert ends(counter) == {"succeeded": 225, "failed": 25}
    assert "Sent: 225" in board.text


async def test_a_sheet_that_telegram_delivers_again_and_two_taps_are_one_batch(counter: Shop) -> None:
    board = await board_of(counter, sheet(5))
    counter.telegram.deliver_anew()
    await counter.telegram.settled(0.3)
    assert len(await lines_of(counter)) == 5
    first, second = counter.telegram.tap_twice(counter.owner, board, board.buttons[0].data)
    answers = [await counter.telegram.answered(tap) for tap in (first, second)]
    assert sorted(answer.text for answer in answers) == ["", "Already done or decided. The card says how."]
    await counter.shows(board, "Done.", LIFE)
    assert len(counter.box.ledger.entries("nkapsmart")) == 5


async def test_failed_rows_are_mended_sent_back_and_paid_once_however_often_the_file_comes(counter: Shop) -> None:
    content = sheets.workbook(list(csv.reader(io.StringIO(sheet(12, every=4).decode("utf-8-sig")), delimiter=";")))
    board = await board_of(counter, content, name="june.xlsx")
    await counter.confirm(board)
    await counter.shows(board, "Not sent: 3", LIFE)
    await counter.shows(board, "Done.", LIFE)
    before = counter.telegram.last(counter.chat)
    await counter.telegram.tap(counter.owner, board, "send again")
    file = await counter.telegram.wait_for(counter.chat, lambda message: "document" in message.media, after=before)
    table = [line.cells[:7] for line in sheets.read(content_of(counter, file))]
    mended = sheets.workbook([[cell.replace(BAD, f"23767100000{row}") for cell in table[row]] for row in range(4)])
    second = await board_of(counter, mended, name="again.xlsx")
    assert "rows: 3" in second.text
    assert "⚠️" not in second.text
    await counter.confirm(second)
    await counter.shows(second, "Sent: 3", LIFE)
    sent = counter.telegram.send_document(counter.owner, counter.chat, "again.xlsx", mended, "/bulk via nkapsmart")
    told = await counter.telegram.wait_for(counter.chat, "Rows to mend: 3", after=sent)
    assert "has been paid meanwhile" in told.text
    assert ends(counter) == {"succeeded": 12, "failed": 3}


async def test_every_row_can_be_looked_through_and_the_board_is_found_again_by_its_reference(counter: Shop) -> None:
    board = await board_of(counter, sheet(30, every=99) + b"\r\nabc;677777777;Odd;June")
    before = counter.telegram.last(counter.chat)
    await counter.telegram.tap(counter.owner, board, "All rows")
    listed = await counter.telegram.wait_for(counter.chat, "Rows of the sheet: 31", after=before)
    assert "2. 101\u00a0FCFA" in listed.text
    for _ in range(2):
        await counter.telegram.tap(counter.owner, listed, "Later")
    await counter.shows(listed, "Row 32: “abc” is not an amount")
    batch_id = str(board.buttons[0].data).partition(":")[2]
    again = await counter.ask(f"/status {batch_id.lower()}")
    assert "rows: 30" in again.text
    assert [button.text for button in again.buttons] == ["☰ All rows"]


async def test_wrong_rows_come_back_in_a_file_that_can_be_mended_and_sent_again(counter: Shop) -> None:
    content = "Montant;Téléphone;Nom\n5000;12;=Awa\n200;677123456;Bih\n;677123457;Cho\n".encode()
    board = await board_of(counter, content)
    assert "rows: 1" in board.text
    assert "left out: 2" in board.text
    listed = await counter.telegram.wait_for(counter.chat, "Rows to mend: 2")
    assert "Row 2: 12 is not a valid number" in listed.text
    assert "Row 4: The amount is missing" in listed.text
    file = await counter.telegram.wait_for(counter.chat, lambda message: "document" in message.media)
    table = await opened(counter, file)
    assert table[1][:3] == ["5000", "12", "'=Awa"]
    assert "not a valid number" in table[1][4]


def content_of(counter: Shop, message: Message) -> bytes:
    file = counter.telegram.world.files.get(message.media["document"]["file_id"])
    assert file
    return file.content


async def opened(counter: Shop, message: Message) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(counter, message).decode("utf-8-sig"))))


async def test_a_sheet_is_asked_for_and_lines_may_be_written_instead(counter: Shop) -> None:
    question = await counter.ask("/bulk")
    assert "one row for each person" in question.text
    plain = await counter.telegram.wait_for(counter.chat, "as CSV")
    for template in (question, plain):
        with pytest.raises(UserError, match=r"sheet\.empty"):
            rows.from_table(sheets.read(content_of(counter, template)), "CM")
    told = await opened(counter, plain)
    assert told[0] == ["Amount", "Phone", "Name", "Description"]
    assert told[1][0] == "# required, without spaces or currency"
    board = await counter.card("100 677777777 June\n200 677777778")
    assert "rows: 2" in board.text
    assert "Payments · 300\u00a0FCFA" in board.text
    sent = counter.telegram.send_document(counter.owner, counter.chat, "june.csv", sheet(3))
    assert "reply to it" in (await counter.telegram.wait_for(counter.chat, "/bulk", after=sent)).text
    replied = counter.telegram.say(counter.owner, counter.chat, "/bulk", sent)
    await counter.telegram.wait_for(counter.chat, "rows: 3", after=replied)


async def test_lines_go_one_by_one_where_no_system_takes_many_and_the_rest_can_be_stopped(counter: Shop) -> None:
    board = await counter.card("/bulk via campay\n10 677777777 one\n10 677777778 two\n10 677777777 one")
    assert "Twice in the sheet, rows: 3" in board.text
    await counter.telegram.tap(counter.owner, board, "Without the repeats (1)")
    await counter.shows(board, "rows: 2")
    await counter.telegram.tap(counter.owner, board, "Pay")
    await counter.shows(board, "Done.", LIFE)
    assert len(counter.box.ledger.entries("campay")) == 2
    later = await counter.card("/bulk via campay\n10 677777777 one")
    assert "last three days, rows: 1" in later.text
    assert "Stopped. Rows not sent: 1" in (await counter.ask("/cancel")).text
    await counter.shows(later, "Nothing was sent")


async def test_a_sheet_that_comes_late_or_from_a_stranger_is_not_read(counter: Shop) -> None:
    with counter.telegram.updates_held():
        counter.telegram.send_document(counter.owner, counter.chat, "june.csv", sheet(3), "/bulk")
        counter.watch.skip(minutes=11)
    await counter.telegram.wait_for(counter.chat, "came late")
    private = counter.telegram.private(counter.stranger)
    counter.telegram.send_document(counter.stranger, private, "june.csv", sheet(3), "/bulk")
    await counter.telegram.settled(0.3)
    assert counter.telegram.messages(private, counter.telegram.bot) == []
    assert await lines_of(counter) == []
