import asyncio
from datetime import timedelta

import pytest

from bot.payments.lately import Lately
from providers.errors import MaybeSent, NotSent, Reason, Refused
from tests.books import Clock


class Oracle:
    """Answers in the order of its script; the last word is repeated."""

    def __init__(self, *script: str | Exception) -> None:
        self.script = list(script)
        self.asked = 0
        self.awake = asyncio.Event()
        self.awake.set()

    async def __call__(self) -> str:
        self.asked += 1
        await self.awake.wait()
        turn = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(turn, Exception):
            raise turn
        return turn


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lately(clock: Clock, patience: float = 30.0) -> Lately[str]:
    return Lately(clock, timedelta(seconds=60), patience)


async def test_an_answer_is_good_for_a_while_and_then_asked_again(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle("one", "two")
    assert [await answers.ask("it", "q", oracle) for _ in range(3)] == ["one"] * 3
    clock.skip(seconds=59)
    assert (await answers.ask("it", "q", oracle), answers.known("it", "q")) == ("one", "one")
    clock.skip(seconds=1)
    assert answers.known("it", "q") is None
    assert await answers.ask("it", "q", oracle) == "two"
    assert oracle.asked == 2


async def test_many_who_want_to_know_at_once_ask_once(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle("one")
    assert await asyncio.gather(*(answers.ask("it", "q", oracle) for _ in range(50))) == ["one"] * 50
    assert oracle.asked == 1


@pytest.mark.parametrize("error", [NotSent(), MaybeSent("timeout"), ValueError("a gateway's own fault")], ids=repr)
async def test_a_question_that_failed_is_asked_again_soon_but_not_by_everybody(clock: Clock, error: Exception) -> None:
    answers, oracle = lately(clock), Oracle(error, "one")
    assert await asyncio.gather(*(answers.ask("it", "q", oracle) for _ in range(5))) == [None] * 5
    assert oracle.asked == 1
    clock.skip(seconds=10)
    assert await answers.ask("it", "q", oracle) == "one"


async def test_a_refusal_is_a_word_that_holds(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle(Refused(Reason.OTHER), "one")
    for _ in range(2):
        assert await answers.ask("it", "q", oracle) is None
        clock.skip(seconds=30)
    assert oracle.asked == 1


async def test_an_answer_that_takes_too_long_is_not_waited_for(clock: Clock) -> None:
    answers, oracle = lately(clock, patience=0.02), Oracle("one")
    oracle.awake.clear()
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(answers.ask("it", "q", oracle) for _ in range(20))) == [None] * 20


async def test_what_is_forgotten_while_it_is_asked_is_asked_again(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle("old", "new")
    oracle.awake.clear()
    asking = asyncio.create_task(answers.ask("it", "q", oracle))
    await asyncio.sleep(0)
    answers.forget("it", "q")
    oracle.awake.set()
    assert await asking == "old"
    assert await answers.ask("it", "q", oracle) == "new"


async def test_it_does_not_grow_without_end(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle("one")
    for number in range(2100):
        await answers.ask("it", number, oracle)
    assert answers.known("it", 0) is None
    assert answers.known("it", 2099) == "one"


async def test_one_that_did_not_answer_is_spared_other_questions_too_and_nobody_else_is(clock: Clock) -> None:
    answers, oracle = lately(clock), Oracle(NotSent(), "one")
    assert await answers.ask("it", "q", oracle) is None
    assert await answers.ask("it", "another", oracle) is None
    assert oracle.asked == 1
    assert await answers.ask("them", "q", oracle) == "one"
