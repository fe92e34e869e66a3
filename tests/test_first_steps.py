"""From /start to a first paid request without typing anything but what only a person can know."""

from pathlib import Path

import pytest

from bot.demo.messages import Message
from bot.demo.taps import Answer
from tests.shop import PATIENCE, PAYER, Shop, shop


async def tap(counter: Shop, message: Message, verb: str) -> Answer:
    button = next(one for one in message.buttons if one.data.startswith(verb))
    return await counter.telegram.tap(counter.owner, message, button.data, timeout=PATIENCE)


@pytest.mark.parametrize(("language", "paid"), [("en", "Paid"), ("fr", "Payé")])
async def test_an_owner_is_led_to_a_first_payment_by_three_taps(tmp_path: Path, language: str, paid: str) -> None:
    async with shop(tmp_path, language=language) as counter:
        hello = await counter.card("/start")
        assert "✅" in hello.text
        assert "CamPay" in hello.text
        assert "⬜" in hello.text
        await tap(counter, hello, "trial:")
        card = await counter.telegram.wait_for(counter.chat, lambda one: bool(one.buttons), PATIENCE, hello)
        assert "20" in card.text
        await counter.confirm(card)
        await counter.approve(PAYER)
        await counter.shows(card, paid)
        again = await counter.card("/start")
        assert "⬜" not in again.text
        assert not any(one.data.startswith("trial:") for one in again.buttons)


async def test_a_button_under_start_asks_for_one_payment_after_another(tmp_path: Path) -> None:
    """Each tap is an intent of its own, though the message with the button stays the same."""
    async with shop(tmp_path) as counter:
        hello = await counter.card("/start")
        for amount in ("500", "700"):
            await tap(counter, hello, "do:request")
            await counter.telegram.wait_for(counter.chat, "How much", PATIENCE)
            await counter.ask(amount)
            await counter.ask("677 77 77 77")
            card = await counter.card("-")
            assert amount in card.text
        assert {one.amount for one in await counter.payments()} == {500, 700}


async def test_two_taps_on_one_button_leave_one_question(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        hello = await counter.card("/start")
        await tap(counter, hello, "do:request")
        await tap(counter, hello, "do:request")
        await counter.ask("500")
        await counter.ask("677 77 77 77")
        await counter.card("-")
        assert len(await counter.payments()) == 1


async def test_without_an_account_the_list_says_what_to_do_and_offers_no_trial(tmp_path: Path) -> None:
    async with shop(tmp_path, accounts=False) as counter:
        hello = await counter.card("/start")
        assert "⬜" in hello.text
        assert not any(one.data.startswith("trial:") for one in hello.buttons)


async def test_a_trial_on_a_live_account_is_refused(tmp_path: Path) -> None:
    """A button from the days of the testing base, tapped after the live keys came in."""
    async with shop(tmp_path) as counter:
        hello = await counter.card("/start")
        await counter.close()
        counter.env = {name: value for name, value in counter.env.items() if not name.startswith("CAMPAY_")}
        await counter.open()
        answer = await tap(counter, hello, "trial:")
        assert "real money" in answer.text
        assert await counter.payments() == []
