"""Four systems behind one counter: which one takes a payment, and what each asks of the payer."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.accounts import variables
from providers import sandbox
from tests.shop import PATIENCE, Shop, shop

LIFE = 60


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, box=sandbox.Settings.instant(test_numbers="ask"), accounts=False) as place:
        await place.close()
        place.env |= variables(place.box.url, "http://127.0.0.1:9")
        await place.open()
        yield place


async def test_a_cameroonian_number_goes_through_the_first_system_and_another_where_asked(counter: Shop) -> None:
    assert "Via CamPay" in (await counter.card("/request 20 677777777 shoes")).text
    assert "Via KPay" in (await counter.card("/request 200 677777777 shoes via kpay")).text
    assert "For: shoes via foot" in (await counter.card("/request 20 677777777 shoes via foot")).text


async def test_one_that_does_not_serve_is_named_with_its_reason_and_so_is_each_other(counter: Shop) -> None:
    answer = await counter.ask("/request 20 +12025550123")
    for title in ("CamPay", "KPay", "Nkapsmart", "SauriPay"):
        assert title in answer.text


async def test_a_nexttel_number_is_not_sent_to_a_bank_instead(counter: Shop) -> None:
    answer = await counter.ask("/request 20 661234567")
    assert "CamPay serves only MTN, ORANGE" in answer.text
    assert not answer.buttons


async def test_a_system_that_refuses_the_order_is_replaced_by_the_next(counter: Shop) -> None:
    """CamPay's demo takes at most 25 F."""
    card = await counter.confirmed("/request 500 677777777 shoes")
    await counter.shows(card, "CamPay did not take it")
    assert "Via KPay" in card.text
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)
    assert [entry.system for entry in counter.box.ledger.entries()] == ["kpay"]


async def test_kpay_pays_reaches_a_limit_and_stays_open_by_its_test_numbers(counter: Shop) -> None:
    counter.box.settings.test_numbers = "auto"
    paid = await counter.confirmed("/request 500 653456789 via kpay")
    await counter.shows(paid, "Paid", LIFE)
    limit = await counter.confirmed("/request 500 653456019 via kpay")
    await counter.shows(limit, "limit of the operator", LIFE)
    still = await counter.confirmed("/request 500 653456129 via kpay")
    await counter.shows(still, "Waiting for the customer")


async def test_a_hosted_page_is_handed_over_and_paid(counter: Shop) -> None:
    card = await counter.confirmed("/request 500 677777777 via page")
    await counter.shows(card, "pays on this page")
    assert "http" in card.text


async def test_a_kenyan_number_is_asked_in_shillings(counter: Shop) -> None:
    card = await counter.card("/request 100 +254700000001 shoes")
    assert "KES" in card.text
    await counter.confirm(card)
    await counter.approve("254700000001")
    await counter.shows(card, "Paid", LIFE)


async def test_a_code_that_the_payer_dials_for_is_asked_before_the_order(counter: Shop) -> None:
    question = await counter.ask("/request 500 +22674000003 shoes")
    assert "*144*4*6*500#" in question.text
    card = await counter.card("5647")
    await counter.confirm(card)
    await counter.shows(card, "Paid", LIFE)


async def test_a_code_that_comes_after_the_order_is_taken_by_the_cards_button(counter: Shop) -> None:
    card = await counter.confirmed("/request 500 +2250700000002 shoes via sauripay")
    await counter.shows(card, "gets a code")
    await counter.telegram.tap(counter.owner, card, "Enter the code")
    assert "on its way" in (await counter.ask("5647")).text
    await counter.shows(card, "Paid", LIFE)


async def test_a_ugandan_page_comes_later_and_its_name_and_address_are_asked(counter: Shop) -> None:
    assert "full name" in (await counter.ask("/request 5000 +256770000004 via sauripay")).text
    assert "e-mail" in (await counter.ask("Ada Obi")).text
    card = await counter.card("ada@example.test")
    await counter.confirm(card)
    await counter.shows(card, "pays on this page", LIFE)


async def test_nigerian_bank_details_are_ready_to_be_forwarded(counter: Shop) -> None:
    card = await counter.confirmed("/request 5000 +2348030000005 shoes")
    await counter.shows(card, "pays into this account", LIFE)


async def test_balances_stand_side_by_side_with_what_each_cannot_tell(counter: Shop) -> None:
    answer = await counter.ask("/balance")
    assert "Nkapsmart has no balance call" in answer.text
    assert "KPay" in answer.text
    short = answer.text
    assert len(short.splitlines()) < 25
    assert "FCFA (XAF)" in short
    assert re.search(r"CFA \(XOF\)", short)
    await counter.telegram.tap(counter.owner, answer, "Details", timeout=PATIENCE)
    await counter.shows(answer, "Held back")
    assert len(answer.text) > len(short)


async def test_questions_are_put_to_every_system(counter: Shop) -> None:
    assert "MTN by its prefix" in (await counter.ask("/who 653456789")).text
    assert "XOF" in (await counter.ask("/rates XAF XOF 5000")).text
    assert "works" in (await counter.ask("/operators")).text
    assert "two currencies" in (await counter.ask("/taux")).text


async def test_airtime_is_sent_like_money(counter: Shop) -> None:
    card = await counter.confirmed("/airtime 100 677777777")
    await counter.shows(card, "Topped up", LIFE)


async def test_a_paid_request_is_refunded_once_to_its_payer(counter: Shop) -> None:
    card = await counter.confirmed("/request 500 677777777 shoes via kpay")
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)
    [paid] = await counter.payments()
    before = counter.box.phones.wallet(paid.msisdn)
    choice = await counter.card("/refund")
    assert [button.data for button in choice.buttons] == [f"refund:{paid.id}"]
    for _ in range(2):  # a thumb that trembles makes one refund
        await counter.telegram.tap(counter.owner, card, f"refund:{paid.id}", timeout=LIFE)
    refund = await counter.telegram.wait_for(counter.chat, "Refund", LIFE, card)
    await counter.telegram.tap(counter.owner, card, "Receipt", timeout=LIFE)
    receipt = await counter.telegram.wait_for(counter.chat, "to be forwarded", LIFE, card)
    assert counter.box.phones.wallet(paid.msisdn) == before  # nothing before it is confirmed
    await counter.confirm(refund)
    await counter.shows(refund, "Refunded", LIFE)
    await counter.shows(card, "Given back", LIFE)
    assert [button.text for button in card.buttons] == ["🧾 Receipt", "🔁 Once more", "⭐ Save this number"]
    assert counter.box.phones.wallet(paid.msisdn) == before + 500
    assert "already" in (await counter.ask(f"/rembourser {paid.id}")).text
    assert sum(payment.kind == "refund" for payment in await counter.payments()) == 1
    code = receipt.text.split("/receipt ")[1].split()[0]
    assert "This receipt no longer holds." in (await counter.ask(f"/receipt {code}")).text
    assert "Received, then given back" in (await counter.ask(f"/check {paid.id}")).text


async def test_what_was_not_paid_or_can_not_be_refunded_is_said(counter: Shop) -> None:
    await counter.card("/request 20 677777777")
    [draft] = await counter.payments()
    assert "Only a request that was paid" in (await counter.ask(f"/refund {draft.id}")).text
    card = await counter.confirmed("/request 20 677777777")
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)
    paid = next(payment for payment in await counter.payments() if payment.state == "succeeded")
    assert "CamPay can’t refund" in (await counter.ask(f"/refund {paid.id}")).text
    assert "No such payment" in (await counter.ask("/refund NOSUCH")).text
