"""One intent is one payment, however often Telegram or a thumb says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shop import PAYER, Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def _settle(counter: Shop) -> None:
    """All updates are worked and every queued payment was sent."""
    await counter.telegram.settled(quiet=0.3)
    await asyncio.sleep(1.2)  # a full round of the ticks: a second payment would have gone by now


async def test_the_same_update_delivered_twice_is_one_payment(counter: Shop) -> None:
    said = counter.say("/request 20 677777777 shoes")
    card = await counter.telegram.wait_for(counter.chat, lambda m: bool(m.buttons), after=said)
    counter.telegram.deliver_anew(said)
    await _settle(counter)
    assert len(await counter.payments()) == 1
    assert len(counter.cards()) == 1
    tap = counter.telegram.press(counter.owner, card, card.buttons[0].data)
    await counter.telegram.answered(tap)
    counter.telegram.deliver_anew(tap)
    await _settle(counter)
    assert len(counter.box.ledger.entries()) == 1


async def test_two_taps_on_confirm_are_one_payment(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    before = counter.box.phones.wallet(PAYER)
    first, second = counter.telegram.tap_twice(counter.owner, card, card.buttons[0].data)
    answers = [await counter.telegram.answered(tap) for tap in (first, second)]
    assert sorted(answer.text for answer in answers) == ["", "Already done or decided. The card says how."]
    await counter.shows(card, "Sent")
    await _settle(counter)
    assert len(counter.box.ledger.entries()) == 1
    assert counter.box.phones.wallet(PAYER) == before + 20


async def test_two_updates_for_one_tap_are_one_payment(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    await counter.telegram.answered(counter.telegram.tap_doubled(counter.owner, card, card.buttons[0].data))
    await counter.shows(card, "Sent")
    await _settle(counter)
    assert len(counter.box.ledger.entries()) == 1


async def test_an_edited_payout_message_does_not_pay_again(counter: Shop) -> None:
    said = counter.say("/payout 20 677777777")
    card = await counter.telegram.wait_for(counter.chat, lambda m: bool(m.buttons), after=said)
    await counter.confirm(card)
    await counter.shows(card, "Sent")
    counter.telegram.edit(counter.owner, said, "/payout 25 677777777")
    await _settle(counter)
    assert len(await counter.payments()) == 1
    assert len(counter.box.ledger.entries()) == 1


async def test_confirm_and_cancel_at_once_have_one_winner(counter: Shop) -> None:
    card = await counter.card("/payout 20 677777777")
    confirm = counter.telegram.press(counter.owner, card, card.buttons[0].data)
    cancel = counter.telegram.press(counter.owner, card, card.buttons[1].data)
    for tap in (confirm, cancel):
        await counter.telegram.answered(tap)
    await _settle(counter)
    [payment] = await counter.payments()
    assert (payment.state == "cancelled") == (counter.box.ledger.entries() == [])


async def test_a_reply_of_telegram_that_is_lost_makes_no_second_payment(counter: Shop) -> None:
    counter.telegram.faults.lose_reply("sendMessage")
    await counter.card("/request 20 677777777")
    await _settle(counter)
    assert len(await counter.payments()) == 1
