"""Did it really arrive? Asked in the chat, answered from the systems' own records over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from storage.models import Merchant, Payment, Role
from tests.books import NOON, OTHER_MERCHANT
from tests.shop import PATIENCE, PAYER, Shop, shop
from tests.staff import ask_as, hire

CASHIER = 710_031


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def paid(counter: Shop, line: str = "/request 20 677777777 shoes") -> None:
    card = await counter.confirmed(line)
    await counter.approve()
    await counter.shows(card, "Paid")


async def paid_past_the_counter(counter: Shop) -> str:
    """Money that somebody paid to the account without us. Its reference at CamPay."""
    async with httpx.AsyncClient(base_url=counter.env["CAMPAY_BASE_URL"], timeout=30) as client:
        body = {"amount": "20", "from": PAYER, "description": "direct", "external_reference": ""}
        token = {"Authorization": f"Token {counter.env['CAMPAY_TOKEN']}"}
        answer = await client.post("/api/collect/", json=body, headers=token)
    reference = str(answer.json()["reference"])
    await counter.approve()
    async with asyncio.timeout(PATIENCE):
        while not next(entry for entry in counter.box.ledger.entries() if entry.id == reference).final:
            await asyncio.sleep(0.01)
    return reference


async def test_what_arrived_is_found_by_amount_phone_and_every_reference(counter: Shop) -> None:
    await paid(counter)
    [payment] = await counter.payments()
    known = ["20", "677 77 77 77", "20 677777777", payment.id.lower(), payment.reference, payment.operator_reference]
    for words in filter(None, known):
        answer = await counter.ask(f"/check {words}")
        assert "✅ Received, " in answer.text, words
        assert payment.id in answer.text
        assert "<code>" not in answer.text
        assert "CamPay was asked at" in answer.text
        assert "Statement read too: CamPay, since" in answer.text
    await counter.telegram.tap(counter.owner, answer, f"card:{payment.id}", timeout=PATIENCE)
    await counter.telegram.wait_for(counter.chat, "For: shoes", PATIENCE, answer)
    answer = await counter.ask(f"/check 25 {payment.id}")
    assert "Received" in answer.text
    assert "not what you typed" in answer.text
    assert "The amount is not the one you typed" in answer.text
    answer = await counter.ask("/check 25 677777777")
    assert "❌ Not received." in answer.text
    assert "Not the same, but close" in answer.text
    assert payment.id in answer.text


async def test_an_sms_that_was_passed_on_is_checked_by_answering_it(counter: Shop) -> None:
    await paid(counter)
    shown = counter.telegram.forward(
        counter.owner, counter.chat, "You have received 20 FCFA from 677777777. ID 123456789"
    )
    told = await counter.telegram.wait_for(counter.chat, "was forwarded", PATIENCE, shown)
    assert "/check" in told.text
    said = counter.telegram.say(counter.owner, counter.chat, "/check", reply_to=shown)
    answer = await counter.telegram.wait_for(counter.chat, lambda _: True, PATIENCE, said)
    assert "+237 6 77 77 77 77" in answer.text
    assert "Received" in answer.text


async def test_what_is_open_is_asked_about_at_once(counter: Shop) -> None:
    await counter.confirmed("/request 20 677777777")
    await counter.prompted()
    counter.watch.skip(minutes=-5)  # no look of the clock's comes between
    answer = await counter.ask("/check 20 677777777")
    assert "⏳ Not yet." in answer.text
    counter.box.phones.approve(PAYER, "1234")
    async with asyncio.timeout(PATIENCE):
        while not counter.box.ledger.entries()[0].final:
            await asyncio.sleep(0.01)
    await counter.telegram.tap(counter.owner, answer, "Ask again", timeout=PATIENCE)
    await counter.shows(answer, "✅ Received, ")
    assert (await counter.payments())[0].state == "succeeded"


async def test_what_did_not_arrive_says_how_far_back_it_looked(tmp_path: Path) -> None:
    async with shop(tmp_path, language="fr") as counter:
        answer = await counter.ask("/verifier 5000 677123456")
        assert "❌ Pas reçu." in answer.text
        assert "Cherché dans tout ce qui a été demandé ici depuis le " in answer.text
        assert "Relevé lu aussi : CamPay, depuis le " in answer.text
        since = answer.text
        await counter.telegram.tap(counter.owner, answer, "31 jours", timeout=PATIENCE)
        await counter.telegram.wait_for(counter.chat, lambda m: m is answer and m.text != since, PATIENCE)
        assert "❌ Pas reçu." in answer.text


async def test_money_that_came_without_the_counter_is_found_on_the_statement(counter: Shop) -> None:
    reference = await paid_past_the_counter(counter)
    for words in ("20 677777777", reference):
        answer = await counter.ask(f"/check {words}")
        assert "✅ Received, " in answer.text
        assert "Received without this counter" in answer.text
    assert await counter.payments() == []


async def test_where_a_system_is_silent_nothing_is_concluded(counter: Shop) -> None:
    counter.box.faults.order("drop_request", "/history/")
    answer = await counter.ask("/check 5000 677123456")
    assert "❔ Not known." in answer.text
    assert "CamPay does not answer" in answer.text
    assert "Not received" not in answer.text


async def test_a_cashier_learns_that_it_arrived_and_no_more_of_it(counter: Shop) -> None:
    await paid(counter)
    [payment] = await counter.payments()
    cashier = await hire(counter, CASHIER, Role.CASHIER)
    answer = await ask_as(counter, cashier, "/check 20 677777777")
    assert "✅ Received, " in answer.text
    assert "Asked for by a colleague." in answer.text
    assert "shoes" not in answer.text
    assert payment.reference not in answer.text
    assert answer.buttons == []


async def test_another_merchant_s_payment_and_a_stranger_s_question_find_nothing(counter: Shop) -> None:
    await paid(counter)
    [payment] = await counter.payments()

    await counter.app.storage.run(given_away, payment.id)
    counter.box.faults.order("drop_request", "/history/")
    answer = await counter.ask(f"/check {payment.id}")
    assert "Received" not in answer.text
    theirs = counter.telegram.private(counter.stranger)
    counter.say(f"/check {payment.id}", counter.stranger, theirs)
    await counter.telegram.settled(quiet=0.3)
    assert counter.telegram.messages(theirs, counter.telegram.bot) == []


def given_away(session: Session, payment_id: str) -> None:
    session.add(
        Merchant(id=OTHER_MERCHANT, name="O", country="CM", timezone="Africa/Douala", language="en", created_at=NOON)
    )
    session.flush()
    session.get_one(Payment, payment_id).merchant_id = OTHER_MERCHANT
