"""The handset, seen from its owner."""

import pytest

from providers.sandbox import Settings, State
from providers.sandbox.phones import NoPrompt, WrongPin
from tests.providers.sandbox.desk import MTN, ORANGE, desk


async def test_three_wrong_pins_end_the_payment_and_two_do_not() -> None:
    async with desk() as at:
        reply = await at.collect("20")
        for left in (2, 1):
            with pytest.raises(WrongPin) as wrong:
                at.box.phones.approve(MTN, "0000")
            assert wrong.value.tries_left == left
        assert at.box.phones.prompts(MTN)[0].wrong_pins == 2
        assert at.box.phones.approve(MTN, "0000").state is State.FAILED
        assert (await at.record(reply))["status"] == "FAILED"


async def test_the_pin_is_a_setting() -> None:
    async with desk(Settings(pin="98765")) as at:
        await at.collect("20")
        assert at.box.phones.approve(MTN, "98765").state is State.SUCCEEDED


async def test_two_prompts_are_answered_oldest_first_or_by_reference() -> None:
    async with desk() as at:
        first, second, third = [(await at.collect(str(20 + n))).json()["reference"] for n in range(3)]
        assert at.box.phones.decline(MTN, second).id == second
        assert at.box.phones.approve(MTN, "1234").id == first
        assert [prompt.reference for prompt in at.box.phones.prompts(MTN)] == [third]


async def test_a_prompt_is_answered_once() -> None:
    async with desk() as at:
        await at.collect("20")
        at.box.phones.approve(MTN, "1234")
        with pytest.raises(NoPrompt):
            at.box.phones.approve(MTN, "1234")
        with pytest.raises(NoPrompt):
            at.box.phones.decline(MTN)
        assert at.box.phones.wallet(MTN) == 99_980


async def test_a_prompt_whose_time_is_over_cannot_be_answered_between_two_ticks() -> None:
    async with desk() as at:
        reply = await at.collect("20")
        at.clock.skip(120)
        with pytest.raises(NoPrompt):
            at.box.phones.approve(MTN, "1234")
        assert (await at.record(reply))["reason"] == "timeout"


async def test_another_phone_does_not_see_the_prompt() -> None:
    async with desk() as at:
        reference = (await at.collect("20")).json()["reference"]
        with pytest.raises(NoPrompt):
            at.box.phones.approve(ORANGE, "1234", reference)
