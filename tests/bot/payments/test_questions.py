import pytest

from bot.payments.accounts import Accounts
from bot.payments.questions import Answer, Questions
from providers.base import Provider
from providers.errors import MaybeSent, Misconfigured, NotSent
from providers.messages import Balance, Outcome, Report, Verb
from providers.money import Money
from tests.bot.payments.counter import Counter


async def balances(counter: Counter, merchant_id: int = 1) -> list[Answer[list[Balance]]]:
    questions = Questions(Accounts({1: [counter.system]}))
    return await questions.ask_all(merchant_id, Verb.BALANCE, lambda system: system.balance())


async def test_each_account_of_the_merchant_is_asked_and_no_other(counter: Counter) -> None:
    counter.system.looks = [Report(Outcome.PENDING)]
    [answer] = await balances(counter)
    assert answer.value
    assert (answer.title, answer.value[0].amount, answer.error) == ("Scripted", Money(70, "XAF"), None)
    assert await balances(counter, merchant_id=2) == []


@pytest.mark.parametrize("fault", [MaybeSent("timeout"), NotSent(), Misconfigured("Invalid token")], ids=repr)
async def test_an_answer_that_does_not_come_is_told_with_its_error(counter: Counter, fault: Exception) -> None:
    counter.system.looks = [fault]
    [answer] = await balances(counter)
    assert (answer.value, answer.error) == (None, fault)


async def test_a_system_without_the_call_is_not_asked(counter: Counter) -> None:
    async def never(system: Provider) -> str:
        raise AssertionError(system)

    [answer] = await Questions(Accounts({1: [counter.system]})).ask_all(1, Verb.IDENTIFY, never)
    assert answer == Answer("Scripted")
