"""What went wrong when somebody tried: each a story that must not come back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.models import Merchant
from storage.people import HOUSE
from tests.shop import PAYER, Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def test_a_refused_command_does_not_leave_an_older_form_open(counter: Shop) -> None:
    """Otherwise the answers to a request would fill in a payout."""
    await counter.ask("/payout")
    assert "more than zero" in (await counter.ask("/request 0 677777777")).text
    assert "What should I do" in (await counter.ask("5000")).text
    assert await counter.payments() == []


@pytest.mark.parametrize("line", ["/request 5 237 677 77 77 77", "/payout 5 237 677 77 77 77 shoes"])
async def test_a_line_that_can_be_read_in_two_ways_is_not_read_at_all(counter: Shop, line: str) -> None:
    assert "two ways" in (await counter.ask(line)).text
    assert await counter.payments() == []


async def test_a_long_line_of_groups_is_read_whole_or_not_at_all(counter: Shop) -> None:
    card = await counter.card("/request 6 242 000 677 77 77 77 2 pairs")
    assert "6,242,000" in card.text
    assert "2 pairs" in card.text


async def test_a_payment_confirmed_long_ago_is_not_sent_after_all(counter: Shop) -> None:
    away = counter.box.faults.order("drop_request", "*")
    card = await counter.card("/payout 20 677777777")
    await counter.close()
    counter.box.faults.clear(away.id)
    await counter.open()
    counter.box.faults.order("status", "/withdraw/", status=429)
    await counter.confirm(card)
    await counter.shows(card, "can’t be reached")
    await counter.close()
    counter.watch.skip(hours=9)
    counter.box.faults.clear()
    await counter.open()
    await counter.shows(card, "too long ago")
    assert counter.box.ledger.entries() == []


async def test_cancel_answers_and_never_stops_another_payment_than_the_newest(counter: Shop) -> None:
    old = await counter.card("/request 19 677777777")
    new = await counter.confirmed("/request 20 677777777")
    await counter.shows(new, "Waiting")
    assert "already been sent" in (await counter.ask("/cancel")).text
    assert "Check, then tap" in old.text
    await counter.decline()
    await counter.shows(new, "Not paid")
    assert "Stopped: 19" in (await counter.ask("/cancel")).text
    await counter.shows(old, "Cancelled")


@pytest.mark.parametrize("saved_as", ["677777777", "237677777777", "+237 677 77 77 77"])
async def test_a_contact_is_read_however_the_phone_book_has_it(counter: Shop, saved_as: str) -> None:
    await counter.ask("/request 20")
    said = counter.telegram.share_contact(counter.owner, counter.chat, saved_as)
    await counter.telegram.wait_for(counter.chat, "What for", after=said)


async def test_status_shows_what_a_person_must_decide_behind_many_newer_ones(counter: Shop) -> None:
    counter.box.faults.order("drop_request", "/collect/", times=1)
    doubtful = await counter.confirmed("/request 20 677777777")
    await counter.shows(doubtful, "Not known yet")
    [payment] = await counter.payments()
    for _ in range(12):
        last = await counter.card("/request 20 677777777")
        await counter.telegram.tap(counter.owner, last, "Cancel")
    counter.watch.skip(minutes=31)
    await counter.shows(doubtful, "A person must decide")
    assert payment.id in (await counter.ask("/status")).text


async def test_status_of_very_many_open_payments_still_fits_a_message(counter: Shop) -> None:
    for _ in range(25):
        await counter.card("/request 500000 677777777")
    answer = await counter.ask("/status")
    assert "and more" in answer.text


async def test_a_bot_told_to_stop_shows_what_it_knows_before_it_goes(counter: Shop) -> None:
    counter.box.faults.order("delay", "/withdraw/", seconds=1, times=1)
    card = await counter.card("/payout 20 677777777")
    await counter.confirm(card)
    await asyncio.sleep(0.3)
    await counter.close()
    assert "On its way" in card.text or "Sent" in card.text
    before = card.text
    await counter.open()
    await counter.shows(card, "Sent")
    assert before


async def test_many_payouts_at_once_leave_nobody_uninformed(counter: Shop) -> None:
    before = counter.box.phones.wallet(PAYER)
    cards = [await counter.confirmed(f"/payout {20 + number} 677777777") for number in range(8)]
    for card in cards:
        await counter.shows(card, "Sent", 15)
    assert counter.box.phones.wallet(PAYER) == before + sum(range(20, 28))
    assert len(counter.telegram.messages(counter.group, counter.telegram.bot)) == 8


async def test_a_made_up_tap_does_not_make_a_private_chat_the_admin_group(counter: Shop) -> None:
    card = await counter.card("/request 20 677777777")
    tap = counter.telegram.world.tap(counter.owner, card, "group:here")
    await counter.telegram.answered(tap)
    house = await counter.app.storage.run(lambda session: session.get_one(Merchant, HOUSE))
    assert house.admin_chat_id == counter.group.id
    assert "Check, then tap" in card.text


async def test_a_made_up_page_of_the_history_is_the_first(counter: Shop) -> None:
    await counter.card("/request 20 677777777")
    shown = await counter.ask("/history")
    for data in ("history:9223372036854775808", "history:" + "9" * 50, "history:-1", "history:²"):
        assert (await counter.telegram.answered(counter.telegram.world.tap(counter.owner, shown, data))).text == ""
    assert "20" in shown.text
