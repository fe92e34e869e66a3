"""F1 to F9: one intent, one payment, whoever asks again."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import col, select

from bot.errors import UserError
from bot.payments.brake import Brake
from providers.errors import MaybeSent, NotSent
from providers.messages import Outcome, Report
from storage.models import Attempt, Payment
from storage.states import State
from tests.books import CASHIER, OWNER, member
from tests.bot.payments.counter import Counter, ask
from tests.databases import ON_POSTGRES, address_of
from tests.shop import PAYER, Shop, shop

in_the_street = pytest.mark.asyncio(loop_scope="module")


async def test_f01_a_payout_in_doubt_is_asked_about_for_two_days_and_never_sent_again(counter: Counter) -> None:
    counter.system.answers = counter.system.looks = [MaybeSent("no reply")]
    payment = counter.queued(kind="payout")
    for _ in range(120):
        await counter.send()
        await counter.look()
        counter.clock.skip(minutes=25)
    assert len(counter.system.orders) == 1
    walk = counter.walk(payment)
    assert State.QUEUED not in walk[walk.index(State.SENDING) :]
    assert counter.now(payment).state is State.REVIEW


async def test_f02_a_person_and_two_programs_send_one_payout_once(counter: Counter) -> None:
    payment = counter.queued(kind="payout")
    twin = Counter(counter.storage, counter.clock, counter.system)
    counter.system.awake.clear()
    await asyncio.gather(counter.dispatch.tick(), twin.dispatch.tick())
    with pytest.raises(UserError, match=r"payment\.already"):
        await counter.payments.confirm(member(counter.storage, OWNER), payment.id)
    with pytest.raises(UserError, match=r"payment\.too_late"):
        await counter.payments.cancel(member(counter.storage, OWNER), payment.id)
    await counter.end()
    await twin.end()
    assert len(counter.system.orders) == 1


async def test_f03_a_retry_bears_the_key_that_was_stored_before_the_first_try(counter: Counter) -> None:
    counter.system.answers = [NotSent(), NotSent(), Report(Outcome.PENDING, reference="R1")]
    payment = counter.queued(kind="payout")
    for _ in range(3):
        await counter.send()
        counter.clock.skip(seconds=10)
    assert len(counter.system.orders) == 3
    [(key, tries)] = counter.attempts(payment)
    assert ({str(order.key) for order in counter.system.orders}, tries) == ({key}, 3)


async def test_f04_intent_and_key_are_in_the_books_and_the_books_are_free_while_the_order_travels(
    counter: Counter,
) -> None:
    payment = counter.queued(kind="payout")
    await counter.begin()
    beside = create_engine(address_of(counter.storage), connect_args={} if ON_POSTGRES else {"timeout": 0})
    with beside.connect() as connection:
        # Refused while any transaction is open there.
        lock = "LOCK TABLE payment IN ACCESS EXCLUSIVE MODE NOWAIT" if ON_POSTGRES else "BEGIN IMMEDIATE"
        connection.exec_driver_sql(lock)
        [(state,)] = connection.execute(select(col(Payment.state)).where(Payment.id == payment.id)).all()
        [(key,)] = connection.execute(select(col(Attempt.id)).where(Attempt.payment_id == payment.id)).all()
    beside.dispose()
    assert (state, key) == (State.SENDING, str(counter.system.orders[0].key))
    await counter.drop()
    counter.system.awake.set()
    counter.clock.skip(minutes=1)
    await Counter(counter.storage, counter.clock, counter.system).send()
    assert len(counter.system.orders) == 1


@in_the_street
async def test_f05_neither_a_balance_nor_a_message_that_fails_afterwards_makes_a_payout_fail(place: Shop) -> None:
    card = await place.card("/payout 21 677777777")
    place.box.faults.order("status", "/balance/", status=500)
    place.telegram.faults.bad_gateway(method="editMessageText", times=2)
    await place.confirm(card)
    await place.shows(card, "Sent")
    payment = (await place.payments())[0]
    assert "failed" not in [event.after for event in await place.events(payment)]
    assert [entry.state for entry in place.box.ledger.entries() if entry.amount == 21] == ["succeeded"]


async def test_f06_orders_that_run_away_end_at_the_limit_and_the_stop_button_holds_what_is_left(
    counter: Counter,
) -> None:
    """2,000,000 francs a day for a person; the loop asks for 5,400,000."""
    owner = member(counter.storage, OWNER)
    let_go, refused = [], set()
    for number in range(60):
        payee = f"2376770{number:05}"
        payment = counter.enter(kind="payout", amount=90_000, msisdn=payee, payee=payee)
        try:
            let_go.append(await counter.payments.confirm(owner, payment.id))
        except UserError as error:
            refused.add(error.key)
    assert sum(payment.amount for payment in let_go) == 22 * 90_000
    assert refused == {"limit.per_person"}
    await counter.send()
    left = len(counter.system.orders)
    assert 0 < left < len(let_go)
    await Brake(counter.storage, counter.clock, lambda: None).pause(member(counter.storage, CASHIER))
    for _ in range(5):
        counter.clock.skip(seconds=10)
        await counter.send()
    assert len(counter.system.orders) == left


@in_the_street
async def test_f07_one_tap_that_comes_as_two_updates_and_two_more_taps_pay_once(place: Shop) -> None:
    card = await place.card("/payout 22 677777777")
    before, send = place.box.phones.wallet(PAYER), card.buttons[0].data
    doubled = place.telegram.tap_doubled(place.owner, card, send)
    taps = place.telegram.tap_twice(place.owner, card, send)
    for tap in (doubled, *taps):
        await place.telegram.answered(tap)
    await place.shows(card, "Sent")
    assert place.box.phones.wallet(PAYER) == before + 22
    assert len([entry for entry in place.box.ledger.entries() if entry.amount == 22]) == 1


async def test_f08_a_whole_batch_that_is_delivered_again_after_a_crash_pays_nothing_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as place:
        card = await place.confirmed("/payout 20 677777777")
        await place.shows(card, "Sent")
        await place.close()
        for update in list(place.telegram.updates):
            place.telegram.deliver_anew(update)
        await place.open()
        await place.telegram.settled()
        await asyncio.sleep(1.2)  # a full round of the ticks: a second payment would have gone by now
        assert len(await place.payments()) == 1
        assert len(place.box.ledger.entries()) == 1


async def test_f09_of_eight_confirmations_at_the_same_moment_one_counts(counter: Counter) -> None:
    owner = member(counter.storage, OWNER)
    drafts = await asyncio.gather(*(counter.payments.draft(owner, ask()) for _ in range(8)))
    [payment_id] = {draft.id for draft in drafts}
    confirmed = await asyncio.gather(
        *(counter.payments.confirm(owner, payment_id) for _ in range(8)), return_exceptions=True
    )
    assert len([one for one in confirmed if isinstance(one, Payment)]) == 1
    assert [one.key for one in confirmed if isinstance(one, UserError)] == ["payment.already"] * 7
    for _ in range(3):
        await counter.send()
    assert len(counter.system.orders) == 1
