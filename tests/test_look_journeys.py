"""Looking rather than reading: reports over HTTP, with their numbers beside the rows."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.demo.files import picture_size
from bot.demo.messages import Message
from storage import people
from storage.models import Person, Role
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop, shop, until

CASHIER = 710_004


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def sent(counter: Shop, line: str) -> None:
    card = await counter.confirmed(line)
    await counter.shows(card, "Sent")


async def received(counter: Shop, line: str) -> None:
    card = await counter.confirmed(line)
    await counter.approve()
    await counter.shows(card, "Paid")


def photo(counter: Shop, message: Message) -> bytes:
    file = counter.telegram.world.files.get(message.media["photo"][-1]["file_id"])
    assert file
    return file.content


async def test_a_day_is_a_picture_with_its_numbers_and_leads_to_others(counter: Shop) -> None:
    await received(counter, "/request 20 677777777 shoes")
    await sent(counter, "/payout 100 677777777 stock")
    answer = await counter.ask("/report")
    size = picture_size(photo(counter, answer))
    assert size
    assert size[0] == 1080
    fees = sum(payment.fee or 0 for payment in await counter.payments())
    assert "Received: 20 FCFA (1)" in answer.text.replace("\u00a0", " ")
    assert "Sent: 100 FCFA (1)" in answer.text.replace("\u00a0", " ")
    assert f"Net: {20 - 100 - fees} FCFA" in answer.text.replace("\u00a0", " ")
    assert "CamPay: received 20" in answer.text
    yesterday = next(button for button in answer.buttons if button.text == "Yesterday")
    await counter.telegram.tap(counter.owner, answer, yesterday.data, timeout=PATIENCE)
    told = await counter.telegram.wait_for(counter.chat, "Nothing was paid or sent", PATIENCE)
    assert not told.has_media
    for label in ("Today", "Month"):
        last = counter.telegram.messages(counter.chat)[-1]
        button = told.button(label)
        assert button
        before = str(told.media)
        await counter.telegram.tap(counter.owner, told, button.data, timeout=PATIENCE)
        await until(lambda: str(told.media) != before)  # noqa: B023 - it ends before the next one
        assert "Net: " in told.text
        assert counter.telegram.messages(counter.chat)[-1] is last


async def test_a_cashier_s_report_is_of_their_own_payments(counter: Shop) -> None:
    cashier = counter.telegram.add_user("Ben", "fr", CASHIER)
    await counter.app.storage.run(
        lambda session: session.add(Person(id=CASHIER, name="Ben", created_at=counter.watch()))
    )
    await counter.app.storage.run(people.enrol, HOUSE, CASHIER, Role.CASHIER, now=counter.watch())
    theirs = counter.telegram.private(cashier)
    said = counter.telegram.start(cashier)
    await counter.telegram.wait_for(theirs, lambda _: True, PATIENCE, said)
    await sent(counter, "/payout 100 677777777 stock")
    said = counter.say("/rapport mois", cashier, theirs)
    told = await counter.telegram.wait_for(theirs, lambda _: True, PATIENCE, said)
    assert "Votre rapport" in told.text
    assert "Rien n’a été payé" in told.text


async def test_what_is_no_period_is_answered_with_what_is_one(counter: Shop) -> None:
    assert "today, yesterday, week" in (await counter.ask("/report soonish")).text
    assert "still to come" in (await counter.ask("/report 2099-01")).text


def document(counter: Shop, message: Message) -> bytes:
    file = counter.telegram.world.files.get(message.media["document"]["file_id"])
    assert file
    return file.content


async def test_an_export_goes_to_the_private_chat_even_from_the_group(counter: Shop) -> None:
    await sent(counter, "/payout 100 677777777 =1+1")
    said = counter.say("/export", chat=counter.group)
    told = await counter.telegram.wait_for(counter.group, "private chat", PATIENCE, said)
    assert not told.has_media
    files = [message for message in counter.telegram.messages(counter.chat) if "document" in message.media]
    names = [message.media["document"]["file_name"] for message in files]
    assert [name.rpartition(".")[2] for name in names] == ["xlsx", "csv"]
    book = load_workbook(io.BytesIO(document(counter, files[0])))
    [payment] = await counter.payments()
    header, row = ([cell.value for cell in line] for line in book.worksheets[0].iter_rows())
    shown = dict(zip(header, row, strict=True))
    assert (shown["Our reference"], shown["Amount"], shown["Description"]) == (payment.id, 100, "=1+1")
    assert shown["Fees"] == payment.fee
    assert shown["Reconciled"] == "yes"
    assert book.worksheets[2].cell(2, 1).value == "CamPay"
    table = document(counter, files[1]).decode("utf-8-sig")
    assert payment.id in table
    assert "'=1+1" in table


async def test_a_month_without_payments_makes_no_file(counter: Shop) -> None:
    assert "No payment in January 2026" in (await counter.ask("/export 2026-01")).text
