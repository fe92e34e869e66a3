"""Two people for one payment, limits, and the stop button, played in the chat."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.demo.messages import Message
from bot.demo.people import User
from providers import sandbox
from storage import deeds, people
from storage.models import Merchant, Person, Role
from storage.states import State
from tests.shop import PAYER, Shop, shop, until

LIFE = 60
CASHIER, APPROVER = 710_003, 710_002


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    box = sandbox.Settings.instant(test_numbers="ask", campay={"demo_limit": 0})
    async with shop(tmp_path, box=box) as place:
        yield place


async def joins(counter: Shop, name: str, person_id: int, role: Role) -> User:
    user = counter.telegram.add_user(name, "en", person_id)
    counter.telegram.start(user)
    counter.group.members[user.id] = "member"
    await counter.telegram.settled()
    await counter.app.storage.run(_enrol, person_id, name, role, counter.watch())
    return user


def _enrol(session: Session, person_id: int, name: str, role: Role, now: datetime) -> None:
    if session.get(Person, person_id) is None:
        session.add(Person(id=person_id, name=name, locale="en", created_at=now))
        session.flush()
    people.enrol(session, people.HOUSE, person_id, role, now=now)


async def card_of(counter: Shop, user: User, text: str) -> Message:
    chat = counter.telegram.private(user)
    said = counter.telegram.say(user, chat, text)
    return await counter.telegram.wait_for(chat, lambda message: bool(message.buttons), after=said)


async def alert(counter: Shop, user: User, message: Message, button: str) -> str:
    answer = await counter.telegram.tap(user, message, button)
    return answer.text or ""


async def asked_in_group(counter: Shop) -> Message:
    return await counter.telegram.wait_for(counter.group, lambda message: bool(message.button("Approve")))


async def test_a_cashiers_payout_is_approved_by_another_and_the_stop_button_stops_the_next(counter: Shop) -> None:
    cashier = await joins(counter, "Paul", CASHIER, Role.CASHIER)
    card = await card_of(counter, cashier, "/payout 2000 677777777 salary")
    assert "second person" in card.text
    await counter.telegram.tap(cashier, card, "Send")
    await counter.shows(card, "Waiting for a second person")
    question = await asked_in_group(counter)
    assert "6 77 77 77 77" in question.text
    assert "Asked by Paul" in question.text
    assert "cashier" in question.text
    assert not question.silent
    assert counter.box.ledger.entries() == []

    assert "role does not allow" in await alert(counter, cashier, question, "Approve")
    await asyncio.gather(*(counter.telegram.tap(counter.owner, question, "Approve", stale=True) for _ in range(2)))
    await counter.shows(card, "Sent", LIFE)
    await counter.shows(question, "Approved by Awa", LIFE)
    assert PAYER not in question.text.replace(" ", "")
    assert [entry.amount for entry in counter.box.ledger.entries()] == [2000]
    [payment] = await counter.payments()
    assert payment.approver_id == counter.owner.id

    await counter.telegram.tap(cashier, question, "Stop payouts")
    await counter.group_says("Payouts stopped")
    other = counter.say("/payout 1000 677777777 bonus")
    told = await counter.telegram.wait_for(counter.chat, "Payouts are stopped", after=other)
    assert "/resume" in told.text
    assert len(counter.box.ledger.entries()) == 1


async def test_the_makers_own_tap_on_approve_is_refused_whatever_their_role(counter: Shop) -> None:
    approver = await joins(counter, "Ruth", APPROVER, Role.APPROVER)
    card = await card_of(counter, approver, "/payout 150000 677777777 rent")
    await counter.telegram.tap(approver, card, "Send")
    question = await asked_in_group(counter)
    assert "can’t approve" in await alert(counter, approver, question, "Approve")
    assert await alert(counter, counter.stranger, question, "Approve") == ""
    assert counter.box.ledger.entries() == []
    await counter.telegram.tap(counter.owner, question, "Refuse")
    await counter.shows(card, "Refused by an approver")
    await counter.shows(question, "Refused by Awa")
    assert counter.box.ledger.entries() == []


async def test_an_approval_that_nobody_gives_expires(counter: Shop) -> None:
    approver = await joins(counter, "Ruth", APPROVER, Role.APPROVER)
    card = await card_of(counter, approver, "/payout 150000 677777777 rent")
    await counter.telegram.tap(approver, card, "Send")
    question = await asked_in_group(counter)
    counter.watch.skip(hours=2)
    await counter.shows(card, "Expired", LIFE)
    told = await counter.telegram.tap(counter.owner, question, "Approve", stale=True)
    assert "expired" in (told.text or "")
    assert counter.box.ledger.entries() == []


async def test_without_a_group_approvers_are_asked_in_private(counter: Shop) -> None:
    await counter.app.storage.run(_without_group)
    cashier = await joins(counter, "Paul", CASHIER, Role.CASHIER)
    card = await card_of(counter, cashier, "/payout 2000 677777777 salary")
    await counter.telegram.tap(cashier, card, "Send")
    question = await counter.telegram.wait_for(counter.chat, lambda message: bool(message.button("Approve")))
    await counter.telegram.tap(counter.owner, question, "Approve")
    await counter.shows(card, "Sent", LIFE)
    await counter.shows(question, "Approved by Awa", LIFE)


def _without_group(session: Session) -> None:
    session.get_one(Merchant, people.HOUSE).admin_chat_id = None


async def test_one_owner_alone_waits_for_nobody_and_has_limits_all_the_same(counter: Shop) -> None:
    assert "500,000" in (await counter.ask("/payout 500001 677777777 rent")).text.replace("\u00a0", " ")
    card = await counter.confirmed("/payout 50000 677777777 rent")
    await counter.shows(card, "Sent", LIFE)


async def test_the_same_payment_again_is_asked_about(counter: Shop) -> None:
    first = await counter.confirmed("/payout 2000 677777777 salary")
    await counter.shows(first, "Sent", LIFE)
    second = await counter.card("/payout 2000 677777777 salary")
    assert "You sent the same" in second.text
    await counter.telegram.tap(counter.owner, second, "Yes, send it again")
    await counter.shows(second, "Sent", LIFE)
    assert len(counter.box.ledger.entries()) == 2


async def test_of_two_cards_for_the_same_only_one_is_sent_by_two_taps(counter: Shop) -> None:
    one = await counter.card("/payout 2000 677777777 salary")
    other = await counter.card("/payout 2000 677777777 salary")
    await counter.telegram.tap(counter.owner, one, "Send")
    told = await counter.telegram.tap(counter.owner, other, "Send")
    assert "just sent the same" in (told.text or "")
    await counter.shows(other, "You sent the same")
    await counter.shows(one, "Sent", LIFE)
    assert len(counter.box.ledger.entries()) == 1


async def test_what_is_confirmed_waits_while_payouts_are_stopped_and_goes_on_after(counter: Shop) -> None:
    counter.box.faults.order("status", "/withdraw/", times=1, status=429)
    card = await counter.confirmed("/payout 2000 677777777 salary")
    await counter.shows(card, "can’t be reached")
    await counter.ask("/pause")
    counter.watch.skip(seconds=61)
    await asyncio.sleep(2)
    assert counter.box.ledger.entries() == []
    assert "not stopped" not in (await counter.ask("/pause")).text
    await counter.ask("/resume")
    await counter.shows(card, "Sent", LIFE)
    assert len(counter.box.ledger.entries()) == 1


async def test_rules_are_shown_and_changed_by_the_owner_alone(counter: Shop) -> None:
    approver = await joins(counter, "Ruth", APPROVER, Role.APPROVER)
    shown = await counter.ask("/limits")
    assert "500,000" in shown.text
    assert "payout 300000" in (await counter.ask("/limits payout 300000")).text
    assert "300,000" in (await counter.ask("/payout 300001 677777777")).text
    assert "20:00-06:00" in (await counter.ask("/limites heures 20:00-06:00")).text
    assert "Changed" in (await counter.ask("/limits new wait")).text
    assert "waits 10" in (await counter.ask("/limits")).text
    assert "Type the hours" in (await counter.ask("/limits hours soon")).text
    assert "two different times" in (await counter.ask("/limits hours 20:00-20:00")).text
    assert "Type a rule" in (await counter.ask("/limits nonsense 5")).text
    chat = counter.telegram.private(approver)
    said = counter.telegram.say(approver, chat, "/limits payout off")
    assert "role" in (await counter.telegram.wait_for(chat, lambda _: True, after=said)).text
    said = counter.telegram.say(approver, chat, "/limits")
    assert "To change one" not in (await counter.telegram.wait_for(chat, lambda _: True, after=said)).text


async def test_owners_get_a_letter_of_what_another_stopped_or_let_go(counter: Shop) -> None:
    approver = await joins(counter, "Ruth", APPROVER, Role.APPROVER)
    chat = counter.telegram.private(approver)
    counter.telegram.say(approver, chat, "/pause")
    letter = await counter.telegram.wait_for(counter.chat, "stopped all payouts")
    assert "Ruth" in letter.text
    counter.telegram.say(approver, chat, "/reprendre")
    await counter.telegram.wait_for(counter.chat, "let payouts go on")
    await counter.ask("/limits payout 300000")
    recorded = await counter.app.storage.run(deeds.recent, people.HOUSE)
    assert next((deed.what, deed.about, deed.before, deed.after) for deed in recorded) == (
        ("rule", "per_payout", "500000 XAF", "300000 XAF")
    )


async def test_a_first_payment_lies_still_where_the_owner_wants_that(counter: Shop) -> None:
    await counter.ask("/limits new wait")
    card = await counter.confirmed("/payout 2000 677777777 salary")
    await counter.shows(card, "it leaves at")
    await asyncio.sleep(1.5)
    assert counter.box.ledger.entries() == []
    counter.watch.skip(minutes=11)
    await counter.shows(card, "Sent", LIFE)


async def test_limits_hold_when_many_confirm_at_once(counter: Shop) -> None:
    await counter.ask("/limits person 5000")
    await counter.ask("/limits repeat off")
    cards = [await counter.card(f"/payout 2000 67777777{number} salary") for number in range(4)]
    await asyncio.gather(*(counter.telegram.tap(counter.owner, card, "Send") for card in cards))
    await until(lambda: len(counter.box.ledger.entries()) == 2)
    await asyncio.sleep(1)
    assert len(counter.box.ledger.entries()) == 2
    drafts = [payment for payment in await counter.payments() if payment.state is State.DRAFT]
    assert len(drafts) == 2


async def test_a_sheet_is_approved_as_one(counter: Shop) -> None:
    cashier = await joins(counter, "Paul", CASHIER, Role.CASHIER)
    chat = counter.telegram.private(cashier)
    rows = "\n".join(f"{1000 + number} 67777777{number} salary" for number in (1, 2, 3))
    said = counter.telegram.say(cashier, chat, f"/bulk\n{rows}")
    board = await counter.telegram.wait_for(chat, lambda message: bool(message.buttons), after=said)
    await counter.telegram.tap(cashier, board, board.buttons[0].data)
    question = await asked_in_group(counter)
    assert "3,006" in question.text
    assert "role does not allow" in await alert(counter, cashier, question, "Approve")
    await counter.telegram.tap(counter.owner, question, "Approve")
    await until(lambda: len(counter.box.ledger.entries()) == 3)
    await counter.shows(board, "Sent: 3", LIFE)


async def test_a_sheet_with_a_line_over_the_limit_is_not_let_go(counter: Shop) -> None:
    rows = "\n".join(f"{1000 + number} 67777777{number} salary" for number in range(3))
    said = counter.say(f"/bulk\n{rows}")
    board = await counter.telegram.wait_for(counter.chat, lambda message: bool(message.buttons), after=said)
    await counter.ask("/limits payout 1001")
    told = await counter.telegram.tap(counter.owner, board, board.buttons[0].data)
    assert "Row 3" in (told.text or "")
    assert counter.box.ledger.entries() == []
