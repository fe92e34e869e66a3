"""Looking rather than reading: reports over HTTP, with their numbers beside the rows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.files import picture_size
from bot.demo.messages import Message
from storage import people
from storage.models import Person, Role
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop, shop

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
