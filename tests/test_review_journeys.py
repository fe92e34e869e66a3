"""Payments that only people can close, over HTTP on every side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.demo.messages import Message
from bot.demo.people import User
from storage import people
from storage.models import Merchant, Person, Role
from storage.people import HOUSE
from storage.states import State
from tests.shop import PATIENCE, Shop, shop

APPROVER = 710_002


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def second(counter: Shop) -> User:
    """Somebody else who may decide, and who has opened a chat with the bot."""
    user = counter.telegram.add_user("Bih", "en", APPROVER)

    def enrol(session: Session) -> None:
        session.add(Person(id=APPROVER, name="Bih", created_at=counter.watch()))
        session.flush()
        people.enrol(session, HOUSE, APPROVER, Role.APPROVER, now=counter.watch())
        session.get_one(Merchant, HOUSE).first_payee = "free"

    await counter.app.storage.run(enrol)
    said = counter.telegram.start(user)
    await counter.telegram.wait_for(counter.telegram.private(user), lambda _: True, PATIENCE, said)
    return user


async def in_review(counter: Shop, line: str = "/payout 100 677777777 stock") -> Message:
    counter.box.faults.order("drop_request", "/withdraw/", times=1)
    card = await counter.confirmed(line)
    await counter.shows(card, "Not known yet")
    counter.watch.skip(minutes=31)
    await counter.shows(card, "A person must decide")
    return card


async def opened(counter: Shop) -> Message:
    """The card behind the first line of the queue."""
    queue = await counter.ask("/review")
    assert "To decide" in queue.text
    return await tapped(counter, queue, queue.buttons[0].data)


async def tapped(counter: Shop, message: Message, data: str) -> Message:
    """What the bot says to a tap."""
    await counter.telegram.tap(counter.owner, message, data, timeout=PATIENCE)
    return await counter.telegram.wait_for(message.chat, lambda _: True, PATIENCE, message)


async def test_two_people_close_a_payment_that_nobody_knows_the_end_of(counter: Shop) -> None:
    bih = await second(counter)
    card = await in_review(counter)
    [payment] = await counter.payments()
    dispute = await opened(counter)
    assert payment.id in dispute.text
    question = await tapped(counter, dispute, f"end:{payment.id}:failed")
    assert "never left" in question.text
    assert "3 to 200" in (await counter.ask("no")).text
    assert "Bih can agree" in (await counter.ask("their support says it never came in")).text
    assert (await counter.payments())[0].state is State.REVIEW

    theirs = await counter.telegram.wait_for(
        counter.telegram.private(bih), lambda message: "proposes" in message.text, PATIENCE
    )
    assert "their support says it never came in" in theirs.text
    agree = next(button.data for button in theirs.buttons if button.data.startswith("agree:"))
    await counter.telegram.tap(bih, theirs, agree, timeout=PATIENCE)
    await counter.shows(card, "People decided it. “their support says it never came in”")
    await counter.group_says("People decided it")
    assert "Decided" in theirs.text
    [payment] = await counter.payments()
    assert payment.state is State.FAILED
    assert counter.box.ledger.entries() == []
    last = (await counter.events(payment))[-1]
    assert (last.by, last.after) == (f"person:{APPROVER}", "failed")
    assert (await counter.ask("/review")).text == "Nothing to decide."


async def test_whoever_proposed_can_not_press_the_others_button(counter: Shop) -> None:
    await second(counter)
    await in_review(counter)
    [payment] = await counter.payments()
    dispute = await opened(counter)
    await tapped(counter, dispute, f"end:{payment.id}:succeeded")
    await counter.ask("seen there")
    mine = await counter.ask(f"/review {payment.id}")
    assert "Awa proposes" in mine.text
    assert not any(button.data.startswith("agree:") for button in mine.buttons)
    withdraw = next(button.data for button in mine.buttons if button.data.startswith("object:"))
    await counter.telegram.tap(counter.owner, mine, withdraw, timeout=PATIENCE)
    assert "proposal is off" in mine.text


async def test_one_alone_decides_after_typing_the_reference(counter: Shop) -> None:
    card = await in_review(counter)
    [payment] = await counter.payments()
    dispute = await opened(counter)
    await tapped(counter, dispute, f"end:{payment.id}:succeeded")
    assert "you decide alone" in (await counter.ask("seen on the CamPay page")).text
    assert "not our reference" in (await counter.ask("ABCDEFGHIJ")).text
    assert (await counter.payments())[0].state is State.REVIEW
    assert "the money arrived" in (await counter.ask(payment.id)).text
    await counter.shows(card, "People decided it. “seen on the CamPay page”")
    last = (await counter.events(payment))[-1]
    assert (last.after, last.note) == ("succeeded", "decided, alone: seen on the CamPay page")
    assert counter.box.ledger.entries() == []


async def test_a_look_and_a_pack_for_support_change_nothing(counter: Shop) -> None:
    await in_review(counter)
    [payment] = await counter.payments()
    dispute = await opened(counter)
    advice = await tapped(counter, dispute, f"look:{payment.id}")
    assert "CamPay can’t tell" in advice.text
    pack = await tapped(counter, dispute, f"pack:{payment.id}")
    assert "To the support of CamPay" in pack.text
    assert all(part in pack.text for part in ("100 XAF", "+237677777777", payment.id, "+01:00", "Our key"))
    assert counter.env["CAMPAY_TOKEN"] not in pack.text
    french = await tapped(counter, pack, f"pack:{payment.id}:fr")
    assert "Au support de CamPay" in french.text
    assert (await counter.payments())[0].state is State.REVIEW


async def test_a_whole_number_is_not_shown_in_the_group(counter: Shop) -> None:
    await in_review(counter)
    [payment] = await counter.payments()
    said = counter.say("/review", chat=counter.group)
    queue = await counter.telegram.wait_for(counter.group, "To decide", PATIENCE, said)
    assert "677777777" not in queue.text.replace(" ", "")
    answer = await counter.telegram.answered(
        counter.telegram.world.tap(counter.owner, queue, f"pack:{payment.id}", 1), PATIENCE
    )
    assert "private" in answer.text
