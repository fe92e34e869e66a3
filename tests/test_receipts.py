"""Receipts over the wire: made for forwarding, true for anyone who has the code, and loud once they no longer hold."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlmodel import Session, col, select

from bot.demo.messages import Message
from bot.ui.slip import grouped
from storage import payments
from storage.models import Heard, Payment, Receipt, Role
from storage.states import State
from tests.shop import PATIENCE, Shop, shop, until
from tests.staff import ask_as, hire

CASHIER = 710_041
NOT_OURS = "This receipt is not ours."


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def paid(counter: Shop) -> tuple[Message, Payment]:
    card = await counter.confirmed("/request 20 677777777 shoes")
    await counter.approve()
    await counter.shows(card, "Paid")
    return card, (await counter.payments())[0]


async def code_of(counter: Shop, card: Message) -> str:
    await counter.telegram.tap(counter.owner, card, "Receipt", timeout=PATIENCE)
    picture = await counter.telegram.wait_for(counter.chat, "to be forwarded", PATIENCE, card)
    return picture.text.split("/receipt ")[1].split()[0]


async def decide(counter: Shop, payment: Payment, *states: State) -> None:
    """What a contradiction and then a person's word make of it."""
    for state in states:
        now = (await counter.payments())[0]
        await counter.app.storage.run(moved, now, state, counter)


def moved(session: Session, payment: Payment, after: State, counter: Shop) -> None:
    payments.move(session, payment, after, at=counter.watch(), by="test")


def unworked(session: Session) -> int | None:
    return session.exec(select(Heard.update_id).where(col(Heard.due_at).is_not(None))).first()


async def asks(counter: Shop, line: str) -> str:
    """A stranger's line in private, and what it brings."""
    theirs = counter.telegram.private(counter.stranger)
    said = counter.say(line, counter.stranger, theirs)
    return (await counter.telegram.wait_for(theirs, lambda _: True, PATIENCE, said)).text


async def test_a_paid_card_gives_a_picture_and_a_document_whose_code_anyone_can_check(counter: Shop) -> None:
    card, _ = await paid(counter)
    code = await code_of(counter, card)
    document = await counter.telegram.wait_for(counter.chat, "to print", PATIENCE, card)
    files = {name: counter.telegram.world.files.get(file_id) for name, file_id in file_ids(counter).items()}
    picture, pdf = files["photo"], files["document"]
    assert picture
    assert pdf
    width, height = Image.open(io.BytesIO(picture.content)).size
    assert (width, width < height < 3 * width) == (1080, True)
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.name == f"receipt-{code.replace('-', '')}.pdf"
    assert document.text == "The same, to print."

    for line in (
        f"/receipt {code}",
        f"/recu {code.lower().replace('-', ' ')}",
        f"/start receipt_{code.replace('-', '')}",
    ):
        told = await asks(counter, line)
        assert "This receipt is true." in told
        assert "677•••777" in told
        assert "shoes" in told
        assert "Guichet" in told
        assert "677777777" not in told.replace(" ", "")
    assert "This receipt is true." in (await counter.ask(f"/receipt {code}")).text
    await counter.telegram.tap(counter.owner, card, "Receipt", timeout=PATIENCE)
    again = await counter.telegram.wait_for(counter.chat, lambda m: m.text.count(code) == 1, PATIENCE, document)
    assert again is not document


def file_ids(counter: Shop) -> dict[str, str]:
    """The newest file of each kind in the owner's chat."""
    found = {}
    for message in counter.telegram.messages(counter.chat, counter.telegram.bot):
        body = message.as_json()
        if "photo" in body:
            found["photo"] = body["photo"][-1]["file_id"]
        if "document" in body:
            found["document"] = body["document"]["file_id"]
    return found


async def test_a_receipt_that_no_longer_holds_says_so_loudly(counter: Shop) -> None:
    card, payment = await paid(counter)
    code = await code_of(counter, card)
    await decide(counter, payment, State.REVIEW)
    assert "Do not rely on this receipt." in await asks(counter, f"/receipt {code}")
    await decide(counter, payment, State.REVERSED)
    told = await asks(counter, f"/receipt {code}")
    assert "This receipt no longer holds." in told
    assert "true" not in told


async def test_strangers_learn_nothing_but_of_a_code_and_not_often(counter: Shop) -> None:
    card, payment = await paid(counter)
    code = await code_of(counter, card)
    theirs = counter.telegram.private(counter.stranger)
    forged = ("A" if code[0] != "A" else "B") + code[1:]
    assert NOT_OURS in await asks(counter, f"/receipt {forged}")
    for wrong in (payment.id, "'; DROP TABLE receipt", payment.reference):  # a true receipt bears references too
        assert "not a receipt’s code" in await asks(counter, f"/receipt {wrong}")
    before = len(counter.telegram.messages(theirs, counter.telegram.bot))
    for line in ("/receipt", f"/recu{code}", code, f"/status {payment.id}", "/start", f"/check {payment.id}"):
        counter.say(line, counter.stranger, theirs)
    counter.say(f"/receipt {code}", counter.stranger, counter.group)
    await counter.telegram.settled(quiet=0.3)
    assert len(counter.telegram.messages(theirs, counter.telegram.bot)) == before
    assert not any("true" in m.text for m in counter.telegram.messages(counter.group, counter.telegram.bot))

    for _ in range(20):
        counter.say(f"/receipt {forged}", counter.stranger, theirs)
    await until(lambda: len(counter.telegram.messages(theirs, counter.telegram.bot)) >= before + 7)
    await counter.telegram.settled(quiet=0.3, timeout=PATIENCE)
    while await counter.app.storage.run(unworked):  # the later ones bring no answer that could be waited for
        await asyncio.sleep(0.05)
    answers = [m.text for m in counter.telegram.messages(theirs, counter.telegram.bot)]
    assert sum(NOT_OURS in text or "not a receipt’s code" in text for text in answers) == 10
    assert sum("too often" in text for text in answers) == 1
    counter.watch.skip(minutes=11)
    assert "This receipt is true." in await asks(counter, f"/receipt {code}")


async def test_a_receipt_can_be_had_by_tapping_alone(counter: Shop) -> None:
    await paid(counter)
    choice = await counter.card("/receipt")
    assert "Which one?" in choice.text
    [button] = choice.buttons
    assert button.text.endswith("677•••777")
    await counter.telegram.tap(counter.owner, choice, button.text, timeout=PATIENCE)
    await counter.telegram.wait_for(counter.chat, "to print", PATIENCE, choice)
    assert "Type the reference" in (await counter.ask("/refund")).text  # CamPay gives nothing back
    cashier = await hire(counter, CASHIER, Role.CASHIER)
    assert not (await ask_as(counter, cashier, "/receipt")).buttons


async def test_nobody_gets_a_receipt_of_what_was_not_paid_or_is_not_theirs(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777 shoes")
    await counter.prompted()
    [payment] = await counter.payments()
    assert "the money has not gone through" in (await counter.ask(f"/receipt {payment.id}")).text
    cashier = await hire(counter, CASHIER, Role.CASHIER)
    await counter.decline()
    await counter.shows(card, "Not paid")
    assert not any(button.data.startswith("receipt") for button in card.buttons)
    assert "the money has not gone through" in (await counter.ask(f"/receipt {payment.id}")).text
    assert "No such payment" in (await ask_as(counter, cashier, f"/receipt {payment.id}")).text
    assert "Which one?" in (await counter.ask("/receipt")).text
    assert await counter.app.storage.run(lambda session: session.exec(select(Receipt)).all()) == []


async def test_the_page_of_a_code_shows_the_present_and_nothing_is_kept(tmp_path: Path) -> None:
    async with shop(tmp_path, callbacks=True) as counter:
        card, payment = await paid(counter)
        code = (await code_of(counter, card)).replace("-", "")
        async with httpx.AsyncClient(
            base_url=counter.env["PUBLIC_URL"], headers={"Accept-Language": "en"}, timeout=30
        ) as http:
            page = await http.get(f"/receipt/{code}", headers={"Accept-Language": "fr-CM,fr;q=0.9"})
            assert page.status_code == 200
            assert "Ce reçu est vrai." in page.text
            assert "677•••777" in page.text
            assert page.headers["cache-control"] == "no-store"
            assert "This receipt is true." in (await http.get(f"/receipt/{grouped(code)}")).text
            await decide(counter, payment, State.REVIEW, State.REVERSED)
            assert "no longer holds" in (await http.get(f"/receipt/{code}")).text
            forged = await http.get(f"/receipt/{code[:-1] + ('2' if code[-1] != '2' else '3')}")
            assert forged.status_code == 404
            assert NOT_OURS in forged.text
            assert "677" not in forged.text
