from uuid import UUID

import pytest
from sqlmodel import select

from providers.errors import BadCallback, MaybeSent, NotSent, Reason
from providers.messages import CallbackRequest, Outcome, Report
from storage import payments
from storage.models import Inbound, Payment
from storage.people import HOUSE
from storage.states import IN_FLIGHT, MAY_BE_CONTRADICTED, State
from tests.books import NOON, OTHER_MERCHANT
from tests.bot.payments.counter import Counter

KEY = UUID(int=900, version=4)


def request(**query: str) -> CallbackRequest:
    return CallbackRequest("GET", {}, {"signature": "good", **query}, b"")


def kept(counter: Counter) -> list[Inbound]:
    return counter.storage.transact(lambda session: list(session.exec(select(Inbound)).all()))


def count(counter: Counter) -> int:
    return counter.storage.transact(lambda session: len(session.exec(select(Payment)).all()))


async def receive(counter: Counter, **query: str) -> bool:
    return await counter.callbacks.receive(HOUSE, "scripted", request(**query))


async def test_a_callback_is_only_a_reason_to_ask_now(counter: Counter) -> None:
    payment = await counter.sent()
    assert await receive(counter, reference="R1", status="SUCCESSFUL")
    woken = counter.now(payment)
    assert (woken.state, woken.due_at, woken.version) == (State.PENDING, NOON, payment.version)
    assert counter.woken == 1
    counter.system.looks = [Report(Outcome.FAILED)]
    await counter.look()
    assert counter.now(payment).state is State.FAILED


async def test_a_payment_is_found_by_our_own_key_too(counter: Counter) -> None:
    payment = await counter.sent()
    key = str(counter.system.orders[0].key)
    assert await receive(counter, reference="unheard-of", key=key)
    assert counter.woken == 1
    assert kept(counter)[0].payment_id == payment.id


async def test_the_same_callback_again_does_nothing(counter: Counter) -> None:
    payment = await counter.sent()
    for _ in range(3):
        counter.clock.skip(seconds=1)
        assert await receive(counter, reference="R1", status="SUCCESSFUL")
    assert counter.woken == 1
    assert len(kept(counter)) == 1
    assert counter.now(payment).due_at == kept(counter)[0].received_at


async def test_another_word_about_the_same_payment_is_another_callback(counter: Counter) -> None:
    await counter.sent()
    await receive(counter, reference="R1", status="PENDING")
    await receive(counter, reference="R1", status="SUCCESSFUL")
    assert counter.woken == 2


async def test_a_callback_for_an_unknown_reference_is_kept_and_makes_no_payment(counter: Counter) -> None:
    assert await receive(counter, reference="R404", key="k404", status="SUCCESSFUL")
    [callback] = kept(counter)
    assert (callback.reference, callback.key, callback.word, callback.payment_id) == (
        "R404",
        "k404",
        "SUCCESSFUL",
        None,
    )
    assert (counter.woken, count(counter)) == (0, 0)


async def test_a_callback_that_names_nothing_touches_nothing(counter: Counter) -> None:
    payment = counter.enter(state=State.PENDING)
    assert await receive(counter)
    assert counter.now(payment).due_at is None
    assert counter.woken == 0


async def test_a_callback_cannot_reach_another_merchants_payment(counter: Counter) -> None:
    theirs = counter.enter(state=State.PENDING, merchant_id=OTHER_MERCHANT, reference="R1")
    assert await receive(counter, reference="R1")
    assert counter.now(theirs).due_at is None


@pytest.mark.parametrize("state", sorted(set(State) - IN_FLIGHT - MAY_BE_CONTRADICTED - {State.REVIEW}))
async def test_a_callback_wakes_nothing_that_was_never_sent_or_is_for_a_person(counter: Counter, state: State) -> None:
    payment = counter.enter(state=state, reference="R1")
    await receive(counter, reference="R1", status="SUCCESSFUL")
    assert counter.now(payment).model_dump() == payment.model_dump()


async def test_an_order_that_was_to_be_sent_again_is_only_asked_about_once_the_system_speaks_of_it(
    counter: Counter,
) -> None:
    counter.system.answers = [NotSent(Reason.LIMIT_REACHED, retry_after=60)]
    payment = counter.queued()
    await counter.send()
    assert await receive(counter, reference="R1", key=str(counter.system.orders[0].key), status="FAILED")
    assert counter.now(payment).state is State.UNKNOWN
    counter.clock.skip(seconds=61)
    await counter.send()
    assert len(counter.system.orders) == 1
    counter.system.looks = [Report(Outcome.FAILED, reference="R1")]
    await counter.look()
    assert counter.now(payment).state is State.FAILED


async def test_a_word_that_came_too_early_is_heard_again_once_it_contradicts_the_end(counter: Counter) -> None:
    payment = await counter.sent()
    early = {"reference": "R1", "status": "SUCCESSFUL", "outcome": str(Outcome.SUCCEEDED)}
    await receive(counter, **early)
    counter.system.looks = [Report(Outcome.FAILED, reference="R1")]
    await counter.look()
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R1")]
    await receive(counter, **early)
    await counter.look()
    assert (counter.now(payment).state, counter.now(payment).reason) == (State.REVIEW, Reason.CONTRADICTION)


async def test_that_it_ended_otherwise_is_asked_until_there_is_an_answer(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [
        Report(Outcome.FAILED, reference="R1"),
        MaybeSent(Reason.UNREACHABLE),
        NotSent(Reason.LIMIT_REACHED, retry_after=60),
        Report(Outcome.SUCCEEDED, reference="R1"),
    ]
    counter.clock.skip(minutes=1)
    await counter.look()
    await receive(counter, reference="R1", status="SUCCESSFUL", outcome=Outcome.SUCCEEDED)
    for _ in range(3):
        await counter.look()
        counter.clock.skip(minutes=2)
    assert (counter.now(payment).state, counter.now(payment).reason) == (State.REVIEW, Reason.CONTRADICTION)


async def test_that_it_ended_otherwise_is_asked_again_by_the_next_program(counter: Counter) -> None:
    payment = counter.enter(state=State.FAILED, reference="R1", sent_at=NOON)
    counter.storage.transact(lambda session: payments.add_attempt(session, payment, str(KEY), at=NOON))
    await receive(counter, reference="R1", status="SUCCESSFUL", outcome=Outcome.SUCCEEDED)
    await counter.polling.tick()
    await counter.drop()
    counter.clock.skip(minutes=2)
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R1")]
    await counter.look()
    assert counter.now(payment).state is State.REVIEW


async def test_an_ended_payment_that_never_can_be_asked_about_rests_in_the_end(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [Report(Outcome.FAILED, reference="R1"), MaybeSent(Reason.UNREACHABLE)]
    counter.clock.skip(minutes=1)
    await counter.look()
    await receive(counter, reference="R1", status="SUCCESSFUL", outcome=Outcome.SUCCEEDED)
    for _ in range(60):
        await counter.look()
        counter.clock.skip(hours=1)
    assert (counter.now(payment).state, counter.now(payment).due_at) == (State.FAILED, None)
    assert len(counter.system.lookups) > 40


async def test_what_is_said_while_the_answer_is_on_its_way_is_asked_about_too(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [Report(Outcome.FAILED, reference="R1")]
    counter.clock.skip(minutes=1)
    await counter.look()
    stands = counter.now(payment)
    await receive(counter, reference="R1", status="SUCCESSFUL", outcome=Outcome.SUCCEEDED)
    counter.system.looking.clear()
    await counter.polling.tick()
    counter.clock.skip(seconds=1)
    await receive(counter, reference="R1", status="SUCCESSFUL", outcome=Outcome.SUCCEEDED, amount="5000")
    counter.system.looking.set()
    await counter.lookers.drain(5)
    assert counter.now(stands).due_at == counter.clock.now


@pytest.mark.parametrize(
    ("outcome", "after"),
    [(Outcome.PENDING, State.REVIEW), (Outcome.SUCCEEDED, State.REVIEW), (Outcome.FAILED, State.CANCELLED)],
)
async def test_an_order_that_was_turned_back_and_cancelled_is_for_a_person_once_its_system_has_it(
    counter: Counter, outcome: Outcome, after: State
) -> None:
    counter.system.answers = [NotSent(Reason.LIMIT_REACHED, retry_after=60)]
    payment = await counter.sent()
    counter.storage.transact(lambda session: payments.move(session, payment, State.CANCELLED, at=NOON, by="person:1"))
    await receive(counter, reference="R1", key=str(counter.system.orders[0].key), status="1", outcome=outcome)
    counter.system.looks = [Report(outcome, reference="R1")]
    await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.due_at) == (after, None)
    assert stands.reason == (Reason.CONTRADICTION if after is State.REVIEW else Reason.LIMIT_REACHED)


async def test_a_forged_callback_leaves_no_trace(counter: Counter) -> None:
    payment = await counter.sent()
    with pytest.raises(BadCallback):
        await receive(counter, reference="R1", signature="forged")
    assert kept(counter) == []
    assert counter.now(payment).due_at == payment.due_at


async def test_a_system_that_is_not_connected_is_told_so(counter: Counter) -> None:
    assert not await counter.callbacks.receive(HOUSE, "another", request(reference="R1"))
    assert not await counter.callbacks.receive(OTHER_MERCHANT, "scripted", request(reference="R1"))
    assert kept(counter) == []


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize(
    ("told", "quarrel"),
    [
        ({"amount": "500.5"}, "amount 500.5"),
        ({"amount": "5001"}, "amount 5001"),
        ({"amount": "5000", "currency": "XOF"}, "currency XOF"),
        ({"kind": "payout"}, "kind payout"),
    ],
)
async def test_a_callback_about_other_money_is_for_a_person(
    counter: Counter, told: dict[str, str], quarrel: str, outcome: Outcome
) -> None:
    payment = await counter.sent()
    await receive(counter, reference="R1", status="2", outcome=outcome, **told)
    stands = counter.now(payment)
    assert (stands.state, stands.reason, stands.detail) == (State.REVIEW, Reason.MISMATCH, quarrel)
    assert counter.woken == 0


@pytest.mark.parametrize("state", sorted((IN_FLIGHT | MAY_BE_CONTRADICTED) - {State.REVIEW}))
async def test_it_is_for_a_person_however_far_its_payment_is(counter: Counter, state: State) -> None:
    payment = counter.enter(state=state, reference="R1")
    await receive(counter, reference="R1", status="2", amount="1")
    assert counter.now(payment).state is State.REVIEW


async def test_a_callback_about_the_same_money_is_a_reason_to_ask(counter: Counter) -> None:
    payment = await counter.sent()
    await receive(counter, reference="R1", amount="5000.00", currency="XAF", kind="collection")
    assert (counter.now(payment).state, counter.woken) == (State.PENDING, 1)


async def test_a_second_callback_of_the_same_word_and_another_amount_is_another_one(counter: Counter) -> None:
    payment = await counter.sent()
    await receive(counter, reference="R1", status="2", amount="5000")
    await receive(counter, reference="R1", status="2", amount="50")
    assert counter.now(payment).state is State.REVIEW
    assert len(kept(counter)) == 2


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.SUCCEEDED])
async def test_a_callback_that_came_before_our_own_reply_has_it_looked_up_at_once(
    counter: Counter, outcome: Outcome
) -> None:
    counter.system.answers = [Report(outcome, reference="R1")]
    payment = counter.queued()
    await counter.begin()
    await receive(counter, reference="R1", status="FAILED", outcome=Outcome.FAILED)
    assert counter.now(payment).due_at != NOON
    await counter.end()
    assert counter.now(payment).due_at == NOON
    assert kept(counter)[0].payment_id == payment.id
    counter.system.looks = [Report(Outcome.FAILED, reference="R1")]
    await counter.look()
    assert counter.now(payment).state is (State.FAILED if outcome is Outcome.PENDING else State.REVIEW)


async def test_one_that_came_early_about_other_money_is_for_a_person(counter: Counter) -> None:
    payment = counter.queued()
    await counter.begin()
    await receive(counter, reference="R1", status="2", amount="1", currency="XAF", kind="collection")
    await counter.end()
    stands = counter.now(payment)
    assert (stands.state, stands.reason, stands.detail) == (State.REVIEW, Reason.MISMATCH, "amount 1")


async def test_one_that_came_early_is_found_by_a_reference_that_a_look_brings(counter: Counter) -> None:
    counter.system.answers = [Report(Outcome.UNKNOWN)]
    payment = await counter.sent()
    await receive(counter, reference="R1", status="SUCCESSFUL")
    counter.clock.skip(minutes=1)
    counter.system.looks = [Report(Outcome.PENDING, reference="R1")]
    await counter.look()
    assert counter.now(payment).due_at == counter.clock.now


async def test_one_about_another_reference_goes_on_waiting(counter: Counter) -> None:
    payment = counter.queued()
    await counter.begin()
    await receive(counter, reference="R2", status="SUCCESSFUL")
    await counter.end()
    assert counter.now(payment).due_at != NOON
    assert kept(counter)[0].payment_id is None
