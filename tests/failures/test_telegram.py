"""F32 to F39: Telegram's limits, moods and rules."""

import ast
import asyncio
from pathlib import Path

import pytest

from bot.demo.limits import Limits
from storage import notices
from storage.models import Merchant, Payment
from storage.people import HOUSE
from tests.shop import Shop, shop, until
from tests.tree import ROOT

in_the_street = pytest.mark.asyncio(loop_scope="module")


async def test_f32_more_news_than_a_group_may_be_told_at_once_is_all_told(tmp_path: Path) -> None:
    async with shop(tmp_path, limits=Limits((0, 0.0), (0, 0.0), (1, 1.0))) as place:
        cards = [await place.card(f"/payout {20 + number} 677777777") for number in range(3)]
        for card in cards:
            await place.confirm(card)
        for card in cards:
            await place.shows(card, "Sent")

        def told() -> bool:
            lines = [message.text for message in place.telegram.messages(place.group, place.telegram.bot)]
            return len([line for line in lines if "sent" in line]) == 3

        await until(told)
        assert [call for call in place.telegram.calls if "Too Many Requests" in call.error]


async def test_f33_a_group_that_must_wait_for_hours_holds_up_nobodys_card_and_is_told_later(tmp_path: Path) -> None:
    async with shop(tmp_path) as place:
        card = await place.card("/payout 20 677777777")
        place.telegram.faults.flood(9_871, "sendMessage")
        await place.confirm(card)
        await place.shows(card, "Sent")
        assert place.telegram.messages(place.group, place.telegram.bot) == []
        assert "Check, then tap" in (await place.card("/request 21 677777777")).text
        place.watch.skip(seconds=9_900)
        await place.group_says("sent")


async def test_f34_a_group_that_became_a_supergroup_is_followed(tmp_path: Path) -> None:
    async with shop(tmp_path) as place:
        successor = place.telegram.upgrade(place.group)
        card = await place.confirmed("/payout 20 677777777")
        await place.shows(card, "Sent")
        await place.telegram.wait_for(successor, "sent", 30)
        house = await place.app.storage.run(lambda session: session.get_one(Merchant, HOUSE))
        assert house.admin_chat_id == successor.id


async def newest(place: Shop) -> Payment:
    return (await place.payments())[0]


@in_the_street
async def test_f35_an_edit_whose_answer_was_lost_is_made_again_on_the_same_message(place: Shop) -> None:
    card = await place.card("/payout 21 677777777")
    cards = len(place.cards())
    place.telegram.faults.lose_reply("editMessageText", times=3)
    await place.confirm(card)
    await place.shows(card, "Sent")
    payment = await newest(place)
    async with asyncio.timeout(30):
        while any(notice.due_at for notice in await place.notices(payment)):
            await asyncio.sleep(0.05)
    assert len(place.cards()) == cards


@in_the_street
async def test_f36_what_is_shown_already_counts_as_shown(place: Shop) -> None:
    """Two thumbs on one button, and a card whose picture is not out of date: no error, no alert."""
    asked = place.say("/language")
    choice = await place.telegram.wait_for(place.chat, lambda message: bool(message.buttons), after=asked)
    taps = place.telegram.tap_twice(place.owner, choice, "language:en")
    assert [(await place.telegram.answered(tap)).text for tap in taps] == ["", ""]
    card = await place.card("/payout 22 677777777")
    payment = await newest(place)
    [notice] = [one for one in await place.notices(payment) if one.chat_id == place.chat.id]
    now = place.watch()
    await place.app.storage.run(notices.postpone, notice, "", now)
    async with asyncio.timeout(30):
        while any(one.due_at for one in await place.notices(payment)):
            await asyncio.sleep(0.05)
    assert any("not modified" in call.error for call in place.telegram.calls)
    assert [one.error for one in await place.notices(payment)] == [""]
    assert "Check, then tap" in card.text


async def test_f37_a_command_and_a_tap_that_come_hours_late_move_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as place:
        card = await place.card("/payout 20 677777777")
        with place.telegram.updates_held():
            late = place.say("/payout 21 677777777")
            tap = place.telegram.press(place.owner, card, card.buttons[0].data)
            place.watch.skip(hours=9)
        assert (
            "came late and was not carried out"
            in (await place.telegram.wait_for(place.chat, "came late", 30, after=late)).text
        )
        assert "expired" in (await place.telegram.answered(tap, 30)).text
        assert [payment.state for payment in await place.payments()] == ["expired"]
        assert place.box.ledger.entries() == []


@in_the_street
async def test_f38_where_telegram_is_out_of_reach_payments_go_on_and_are_told_when_it_is_back(place: Shop) -> None:
    card = await place.card("/payout 23 677777777")
    await place.confirm(card)
    place.telegram.faults.bad_gateway(503, times=100_000)
    async with asyncio.timeout(30):
        while (await newest(place)).state != "succeeded":
            await asyncio.sleep(0.05)
    place.telegram.faults.clear()
    await place.shows(card, "Sent")
    await place.group_says((await newest(place)).id)


def test_f39_there_is_no_mini_app_and_no_payment_of_telegrams_own() -> None:
    """Crypto is a line in a plain chat; what Telegram's rules for Mini Apps are about is not used at all."""
    used = {
        name
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in [getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "arg", "")]
        if isinstance(name, str)
    }
    assert used & {"WebAppInfo", "web_app", "send_invoice", "LabeledPrice", "MenuButtonWebApp"} == set()
