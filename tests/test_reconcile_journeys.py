"""Our books beside CamPay's statement over HTTP, by command and in the night; and callbacks that stay away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.demo.messages import Message
from bot.payments.silence import Callers
from bot.payments.statements import Statements
from bot.ui.rounds import Rounds
from bot.ui.topics import Topics
from storage import people
from storage.models import Person, Role
from storage.people import HOUSE
from storage.states import State
from tests.shop import PATIENCE, Shop, shop

ACCOUNTANT = 710_003
DOUALA = ZoneInfo("Africa/Douala")


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def paid_out(counter: Shop, line: str = "/payout 100 677777777 stock") -> Message:
    card = await counter.confirmed(line)
    await counter.shows(card, "Sent")
    return card


async def past_the_counter(counter: Shop) -> None:
    """Somebody uses the account's keys without us."""
    async with httpx.AsyncClient(base_url=counter.env["CAMPAY_BASE_URL"], timeout=30) as client:
        body = {"amount": "300", "to": "237677777777", "description": "mine", "external_reference": ""}
        token = {"Authorization": f"Token {counter.env['CAMPAY_TOKEN']}"}
        answer = await client.post("/api/withdraw/", json=body, headers=token)
    assert answer.status_code == 200
    reference = answer.json()["reference"]
    async with asyncio.timeout(PATIENCE):
        while not next(entry for entry in counter.box.ledger.entries() if entry.id == reference).final:
            await asyncio.sleep(0.01)


def called_failed(counter: Shop, reference: str) -> None:
    """The system changes its mind about a payment that it had called succeeded."""
    store = counter.box.world.store
    with store.change():
        store.run("UPDATE entries SET state = 'failed', reason = 'unknown_payee' WHERE id = ?", (reference,))


def until_night(counter: Shop) -> None:
    """Three o'clock of the next morning. The statement is in the zone that it is read in, or what was paid in the day's
    last hour would be the next night's.
    """
    counter.box.settings.campay.history_zone = "UTC"
    here = counter.watch().astimezone(DOUALA)
    then = datetime.combine(here.date() + timedelta(days=1), time(3), DOUALA)
    counter.watch.skip(seconds=(then - here).total_seconds())


def another_instance(counter: Shop) -> Rounds:
    app, now = counter.app, counter.watch
    statements, callers = Statements(app.storage, app.accounts, now), Callers(app.storage, app.accounts, now)
    return Rounds(app.chat.bot, app.storage, statements, callers, Topics(app.chat.bot, app.storage), now)


async def test_books_that_agree_are_counted_and_summed(counter: Shop) -> None:
    await paid_out(counter)
    answer = await counter.ask("/reconcile")
    assert "The same on both sides: 1" in answer.text
    assert "Went out: 100" in answer.text
    assert "Balance now, not compared" in answer.text
    assert "⚠️" not in answer.text


async def test_what_moved_past_the_counter_is_told_and_makes_no_payment(counter: Shop) -> None:
    await past_the_counter(counter)
    answer = await counter.ask("/rapprocher")
    assert "300" in answer.text
    assert "is there, and not here" in answer.text
    assert counter.box.ledger.entries()[0].id in answer.text
    assert await counter.payments() == []


async def test_what_they_call_failed_is_asked_about_and_given_to_people(counter: Shop) -> None:
    card = await paid_out(counter)
    [payment] = await counter.payments()
    called_failed(counter, payment.reference)
    answer = await counter.ask("/reconcile")
    assert "there: failed" in answer.text
    assert f"/status {payment.id}" in answer.text
    await counter.shows(card, "A person must decide")
    assert (await counter.payments())[0].state is State.REVIEW
    assert payment.id in (await counter.ask("/review")).text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/reconcile soon", "Type a day or two"),
        ("/reconcile 31/02/2026", "Type a day or two"),
        ("/reconcile 2099-01-01", "still to come"),
        ("/reconcile 2026-01-01 2026-03-01", "31 days at most"),
        ("/reconcile yesterday", "No payment, here or there"),
    ],
)
async def test_a_day_or_two_may_be_named(counter: Shop, line: str, words: str) -> None:
    assert words in (await counter.ask(line)).text


async def test_a_system_that_is_away_is_said_to_be(counter: Shop) -> None:
    counter.box.faults.order("drop_request", "/history/")
    assert "Gave no statement" in (await counter.ask("/reconcile")).text


async def test_each_night_those_who_reconcile_are_told_once_however_many_instances_run(counter: Shop) -> None:
    accountant = counter.telegram.add_user("Eta", "fr", ACCOUNTANT)
    await counter.app.storage.run(
        lambda session: session.add(Person(id=ACCOUNTANT, name="Eta", created_at=counter.watch()))
    )
    await counter.app.storage.run(people.enrol, HOUSE, ACCOUNTANT, Role.ACCOUNTANT, now=counter.watch())
    said = counter.telegram.start(accountant)
    theirs = counter.telegram.private(accountant)
    await counter.telegram.wait_for(theirs, lambda _: True, PATIENCE, said)
    await paid_out(counter)
    await past_the_counter(counter)
    until_night(counter)
    await asyncio.gather(counter.app.chores.rounds.run(), *(another_instance(counter).tick() for _ in range(3)))
    mine = await counter.telegram.wait_for(counter.chat, "beside the statements", PATIENCE)
    assert "The same on both sides: 1" in mine.text
    assert "is there, and not here" in mine.text
    assert not mine.silent
    await counter.telegram.wait_for(theirs, "Identiques des deux côtés : 1", PATIENCE)
    await another_instance(counter).tick()
    for chat in (counter.chat, theirs):
        assert sum("📒" in message.text for message in counter.telegram.messages(chat)) == 1
    assert not any("📒" in message.text for message in counter.telegram.messages(counter.group))


async def test_a_night_in_which_the_system_is_away_is_made_up_for(counter: Shop) -> None:
    await paid_out(counter)
    fault = counter.box.faults.order("drop_request", "/history/")
    until_night(counter)
    await another_instance(counter).tick()
    assert not any("📒" in message.text for message in counter.telegram.messages(counter.chat))
    counter.box.faults.clear(fault.id)
    counter.watch.skip(minutes=21)
    await another_instance(counter).tick()
    told = await counter.telegram.wait_for(counter.chat, "📒", PATIENCE)
    assert "The same on both sides: 1" in told.text
    assert told.silent


async def test_a_day_without_payments_is_not_told(counter: Shop) -> None:
    until_night(counter)
    await another_instance(counter).tick()
    assert not any("📒" in message.text for message in counter.telegram.messages(counter.chat))


async def test_a_system_that_stops_calling_back_is_told_of_once_a_day(tmp_path: Path) -> None:
    async with shop(tmp_path, callbacks=True) as counter:
        card = await counter.confirmed("/request 20 677777777")
        await counter.approve()
        await counter.shows(card, "Paid")
        await asyncio.sleep(0.5)
        counter.box.settings.campay.callback_url = ""
        for number in range(2):
            await paid_out(counter, f"/payout 10{number} 677777777 stock")
        await another_instance(counter).tick()
        assert not any("🔕" in message.text for message in counter.telegram.messages(counter.group))
        counter.watch.skip(hours=6)
        await asyncio.gather(*(another_instance(counter).tick() for _ in range(3)))
        line = await counter.group_says("🔕")
        assert "CamPay has not called back for 6 h" in line.text
        assert line.silent
        await another_instance(counter).tick()
        assert sum("🔕" in message.text for message in counter.telegram.messages(counter.group)) == 1


async def test_one_lost_callback_and_systems_that_never_called_are_no_news(counter: Shop) -> None:
    for number in range(3):
        await paid_out(counter, f"/payout 10{number} 677777777 stock")
    counter.watch.skip(hours=7)
    await another_instance(counter).tick()
    assert not any("🔕" in message.text for message in counter.telegram.messages(counter.group))
