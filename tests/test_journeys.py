"""Payments from a chat line to a receipt, over HTTP on every side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.pace import Pace
from bot.rooms.world import World
from storage import payments
from storage.engine import Storage
from storage.states import State
from tests.books import draft
from tests.shop import OWNER, PAYER, Shop, Stopped, shop, until

LIFE = 60
"""Seconds a card may take to show what the ledger already knows."""


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def test_a_request_goes_from_a_chat_line_to_a_receipt(counter: Shop) -> None:
    card = await counter.card("/request 20 677777777 shoes")
    assert "20" in card.text
    assert "shoes" in card.text
    await counter.confirm(card)
    await counter.approve()
    await counter.shows(card, "Paid")
    [payment] = await counter.payments()
    assert payment.state is State.SUCCEEDED
    assert payment.reference in card.text
    assert [button.data.partition(":")[0] for button in card.buttons] == ["receipt", "redo", "keep"]
    line = await counter.group_says("paid")
    assert PAYER not in line.text.replace(" ", "")
    assert line.silent
    [entry] = counter.box.ledger.entries()
    assert entry.state == "succeeded"
    assert entry.amount == 20


async def test_a_payout_arrives_and_the_group_knows_before_it_leaves(counter: Shop) -> None:
    before = counter.box.phones.wallet(PAYER)
    card = await counter.confirmed("/payout 2 000 677 77 77 77 salary")
    await counter.shows(card, "Sent")
    await counter.group_says("sent")
    assert counter.box.phones.wallet(PAYER) == before + 2000
    [payment] = await counter.payments()
    assert [event.after for event in await counter.events(payment)].count("queued") == 1
    calls = [
        call
        for call in counter.telegram.called("sendMessage")
        if str(call.arguments["chat_id"]) == str(counter.group.id)
    ]
    assert len(calls) == 1


async def test_a_declined_request_says_so(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777")
    await counter.decline()
    await counter.shows(card, "Not paid")
    await counter.group_says("not paid")


async def test_a_balance_too_low_is_said_in_words(counter: Shop) -> None:
    card = await counter.confirmed("/payout 60000 677777777 too much")
    await counter.shows(card, "balance with this operator is too low")
    assert counter.box.ledger.entries() == []


async def test_an_amount_that_the_system_refuses_is_told_in_its_words(counter: Shop) -> None:
    card = await counter.confirmed("/request 5000 677777777")
    await counter.shows(card, "Maximum amount is 25.00 XAF")


async def test_a_lost_reply_is_honest_and_settles_without_a_second_request(counter: Shop) -> None:
    counter.box.faults.order("drop_reply", "/collect/", times=1)
    card = await counter.confirmed("/request 20 677777777")
    await counter.shows(card, "Not known yet")
    await counter.group_says("not known yet")
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)
    assert len(counter.box.ledger.entries()) == 1


@pytest.mark.parametrize("fault", ["html", "malformed", "truncated", "empty", "status"])
async def test_a_broken_reply_to_a_payout_is_doubt_and_never_a_second_payout(counter: Shop, fault: str) -> None:
    counter.box.faults.order(fault, "/withdraw/", times=1, after_work=True)
    card = await counter.confirmed("/payout 100 677777777")
    await counter.shows(card, "Sent", LIFE)
    [payment] = await counter.payments()
    assert "unknown" in [event.after for event in await counter.events(payment)]
    assert len(counter.box.ledger.entries()) == 1


async def test_a_request_that_never_arrived_goes_to_a_person_in_the_end(counter: Shop) -> None:
    counter.box.faults.order("drop_request", "/collect/", times=1)
    card = await counter.confirmed("/request 20 677777777")
    await counter.shows(card, "Not known yet")
    counter.watch.skip(minutes=31)
    await counter.shows(card, "A person must decide")
    assert "no trace" in card.text
    assert counter.box.ledger.entries() == []


async def test_a_system_that_is_away_while_the_customer_pays_is_admitted_and_caught_up_with(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777")
    await counter.shows(card, "Waiting for the customer")
    away = counter.box.faults.order("drop_request", "*")
    counter.watch.skip(seconds=60)
    await counter.shows(card, "Not known yet", LIFE)
    await counter.approve()
    counter.box.faults.clear(away.id)
    await counter.shows(card, "Paid", LIFE)


async def test_a_callback_brings_the_receipt_at_once(tmp_path: Path) -> None:
    async with shop(tmp_path, callbacks=True) as counter:
        await counter.close()
        await counter.open(World(now=counter.watch, scheduler=Stopped))
        card = await counter.confirmed("/request 20 677777777")
        await counter.shows(card, "Waiting")
        await counter.approve()
        await counter.shows(card, "Paid")


async def test_who_waits_for_a_card_gets_it_as_soon_as_a_hand_is_free(counter: Shop) -> None:
    """Three times as many as there are hands, and nothing but their own ends to wake who tells."""
    await counter.close()
    mine = {"asker_id": OWNER, "chat_id": OWNER, "provider": "campay", "created_at": counter.watch()}
    owed = [draft(amount=100 + number, intent=f"{OWNER}:{number}", **mine) for number in range(96)]
    books = Storage(counter.env["DATABASE_URL"])
    for one in owed:
        books.transact(payments.create_once, one, by=f"person:{OWNER}")
    books.engine.dispose()
    await counter.open(World(now=counter.watch, pace=lambda: Pace(overall=0), scheduler=Stopped))
    await counter.card("/request 20 677777777")
    told = counter.telegram.messages
    await until(lambda: all(any(f" {one.amount}" in said.text for said in told(counter.chat)) for one in owed))


async def test_a_forged_callback_changes_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path, callbacks=True) as counter:
        counter.box.faults.order("callbacks_forged", "*")
        card = await counter.confirmed("/request 20 677777777")
        await counter.shows(card, "Waiting")
        [payment] = await counter.payments()
        assert payment.state is State.PENDING


async def test_nobody_confirmed_so_the_card_expires(counter: Shop) -> None:
    card = await counter.card("/request 20 677777777")
    button = card.buttons[0].data
    counter.watch.skip(minutes=16)
    await counter.shows(card, "Expired")
    assert [button.data.partition(":")[0] for button in card.buttons] == ["remind"]
    answer = await counter.telegram.tap(counter.owner, card, button, stale=True)
    assert "expired" in answer.text
    assert counter.box.ledger.entries() == []


async def test_a_cancelled_card_moves_nothing(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    await counter.telegram.tap(counter.owner, card, "Cancel")
    await counter.shows(card, "Cancelled")
    assert counter.box.ledger.entries() == []


async def test_the_form_asks_for_what_is_missing_and_survives_a_restart(counter: Shop) -> None:
    assert "How much" in (await counter.ask("/request")).text
    assert "From which phone" in (await counter.ask("5 000")).text
    await counter.close()
    await counter.open()
    assert "What for" in (await counter.ask("677 77 77 77")).text
    card = await counter.card("two <b>shoes</b> & socks 👟")
    assert "two <b>shoes</b> & socks 👟" in card.text
    assert card.entities[0]["type"] == "bold"  # the title's own
    [payment] = await counter.payments()
    assert (payment.amount, payment.description) == (5000, "two <b>shoes</b> & socks 👟")


async def test_a_shared_contact_answers_the_question_for_the_phone(counter: Shop) -> None:
    await counter.ask("/payout 20")
    said = counter.telegram.share_contact(counter.owner, counter.chat, "237677777777")
    await counter.telegram.wait_for(counter.chat, "What for", after=said)
    card = await counter.card("-")
    assert "+237 6 77 77 77 77" in card.text


async def test_cancel_drops_the_open_question(counter: Shop) -> None:
    await counter.ask("/request 20")
    assert "Dropped" in (await counter.ask("/annuler")).text
    assert "What should I do" in (await counter.ask("677777777")).text


async def test_the_balance_is_shown_by_operator(counter: Shop) -> None:
    answer = await counter.ask("/solde")
    assert "MTN: 50,000 FCFA" in answer.text.replace("\u00a0", " ")
    assert "ORANGE: 50,000 FCFA" in answer.text.replace("\u00a0", " ")


async def test_status_finds_a_payment_by_reference_and_by_phone(counter: Shop) -> None:
    await counter.card("/request 20 677777777 shoes")
    [payment] = await counter.payments()
    assert payment.id in (await counter.ask(f"/status {payment.id.lower()}")).text + payment.id
    assert "shoes" in (await counter.ask("/status 677 77 77 77")).text
    assert payment.id in (await counter.ask("/statut")).text
    assert "Nothing found" in (await counter.ask("/status nonsense")).text


async def test_history_turns_its_pages(counter: Shop) -> None:
    assert "No payment yet" in (await counter.ask("/history")).text
    for number in range(10):
        await counter.card(f"/request {20 + number} 677777777")
    page = await counter.ask("/historique")
    assert "29 FCFA" in page.text.replace("\u00a0", " ")
    await counter.telegram.tap(counter.owner, page, "Older")
    await counter.shows(page, "20")
    assert "29 FCFA" not in page.text.replace("\u00a0", " ")


async def test_language_changes_the_answers_the_card_and_the_menu(counter: Shop) -> None:
    ask = await counter.ask("/language")
    await counter.telegram.tap(counter.owner, ask, "Français")
    await counter.shows(ask, "français")
    card = await counter.card("/demander 20 677777777")
    assert "Demande" in card.text
    menu = [entry["command"] for entry in counter.telegram.commands(counter.owner, counter.chat)]
    assert "demander" in menu
    assert "request" not in menu


async def test_help_names_every_command(counter: Shop) -> None:
    answer = await counter.ask("/help")
    for name in ("request", "payout", "balance", "status", "history", "language", "cancel"):
        assert f"/{name}" in answer.text


async def test_an_old_money_command_that_comes_late_is_not_obeyed(counter: Shop) -> None:
    with counter.telegram.updates_held():
        said = counter.say("/payout 20 677777777")
        counter.watch.skip(minutes=11)
    answer = await counter.telegram.wait_for(counter.chat, "came late", after=said)
    assert "Nothing was sent" in answer.text
    assert await counter.payments() == []


async def test_a_group_that_became_a_supergroup_still_gets_its_news(counter: Shop) -> None:
    upgraded = counter.telegram.upgrade(counter.group)
    card = await counter.confirmed("/payout 20 677777777")
    await counter.shows(card, "Sent")
    await counter.telegram.wait_for(upgraded, "sent")


async def test_an_owner_who_adds_the_bot_to_a_group_can_choose_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        other = counter.telegram.add_group("New place", [counter.owner])
        offer = await counter.telegram.wait_for(other, "Send the counter")
        await counter.telegram.tap(counter.owner, offer, "Use this group")
        card = await counter.confirmed("/payout 20 677777777")
        await counter.shows(card, "Sent")
        await counter.telegram.wait_for(other, "sent")


async def test_without_any_account_the_owner_is_told_what_to_set(tmp_path: Path) -> None:
    async with shop(tmp_path, accounts=False) as counter:
        assert "/connect" in (await counter.ask("/request 20 677777777")).text


async def test_telegrams_flood_limit_delays_the_card_and_loses_nothing(counter: Shop) -> None:
    counter.telegram.faults.flood(1, "editMessageText", times=2)
    card = await counter.confirmed("/payout 20 677777777")
    await counter.shows(card, "Sent")
    counter.telegram.faults.flood(1, "sendMessage")
    assert "Balances" in (await counter.ask("/balance")).text
