"""F20 to F27: a stranger moves nothing, and a member who is not themselves any more can be stopped."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from bot.demo.people import User
from bot.errors import UserError
from bot.payments import batch_decisions
from bot.payments.decisions import Unproven, Word
from bot.payments.policy import GUARDED
from bot.settings import BadSettings, Settings
from storage import batches, people, policies
from storage.engine import Storage
from storage.models import Batch, Membership, Merchant, Payment, Person, Policy, Role
from storage.people import HOUSE
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OWNER, PHONE, draft, member
from tests.bot.payments.counter import Counter
from tests.shop import STRANGER, Shop

in_the_street = pytest.mark.asyncio(loop_scope="module")
BOLA, CHI = 710_021, 710_022
MONEY = ["/payout 20 677777777", "/request 20 677777777", "/refund X", "/balance", "/history", "/status", "677777777"]


async def quiet(place: Shop) -> None:
    await place.telegram.settled(quiet=0.2)


@pytest.mark.parametrize("owners", ["", "  ", ",", "-1002003004005", "0"])
def test_f20_without_an_owner_it_does_not_start(owners: str) -> None:
    with pytest.raises(BadSettings, match="OWNER_IDS"):
        Settings.read({"TELEGRAM_BOT_TOKEN": "123456789:" + "Ab-_" * 9, "OWNER_IDS": owners})


@in_the_street
async def test_f20_whoever_is_not_named_moves_nothing_and_sees_nothing(place: Shop) -> None:
    theirs = place.telegram.private(place.stranger)
    before = await place.payments()
    for line in MONEY:
        place.say(line, place.stranger, theirs)
    await quiet(place)
    assert place.telegram.messages(theirs, place.telegram.bot) == []
    assert await place.payments() == before


@in_the_street
async def test_f21_nobody_becomes_a_member_by_saying_start(place: Shop) -> None:
    for line in ("/start", "/start approver", "/start owner", "/demarrer"):
        place.say(line, place.stranger, place.telegram.private(place.stranger))
    await quiet(place)

    def known(session: Any) -> tuple[Person | None, list[Membership]]:
        belonging = select(Membership).where(Membership.person_id == STRANGER)
        return session.get(Person, STRANGER), list(session.exec(belonging))

    assert await place.app.storage.run(known) == (None, [])


@in_the_street
async def test_f21_an_invitation_makes_one_member_once_and_no_approver_of_a_cashier(place: Shop) -> None:
    bola, chi = (place.telegram.add_user(name, "en", number) for name, number in (("Bola", BOLA), ("Chi", CHI)))
    said = place.say("/team")
    board = await place.telegram.wait_for(place.chat, lambda message: bool(message.buttons), after=said)
    await place.telegram.tap(place.owner, board, "Invite")
    await place.telegram.tap(place.owner, board, "invite:cashier")
    sent = await place.telegram.wait_for(place.chat, "?start=", after=board)
    token = sent.text.split("?start=")[1].split()[0]
    for user in (bola, chi):
        said = place.say(f"/start {token}", user, place.telegram.private(user))
        await place.telegram.wait_for(place.telegram.private(user), lambda _: True, after=said)
    roll = await place.app.storage.run(people.roll, HOUSE)
    assert {number: roll[number].role for number in (BOLA, CHI) if number in roll} == {BOLA: Role.CASHIER}
    assert await place.app.storage.run(people.person, CHI) is None


async def accountant(place: Shop) -> User:
    def enrol(session: Any) -> None:
        if not session.get(Person, ACCOUNTANT):
            session.add(Person(id=ACCOUNTANT, name="Ben", created_at=NOON))
            session.flush()
        people.enrol(session, HOUSE, ACCOUNTANT, Role.ACCOUNTANT, now=NOON)

    await place.app.storage.run(enrol)
    ben = place.telegram.add_user("Ben", "en", ACCOUNTANT)
    place.group.members[ACCOUNTANT] = "administrator"
    return ben


@in_the_street
async def test_f22_being_in_the_group_and_even_its_administrator_gives_no_right(place: Shop) -> None:
    ben = await accountant(place)
    said = place.say("/payout 25 677777777", chat=place.group)
    card = await place.telegram.wait_for(place.group, lambda message: bool(message.buttons), after=said)
    for button in card.buttons:
        assert (await place.telegram.tap(place.stranger, card, button.data)).text == ""
        assert "Only the person who asked" in (await place.telegram.tap(ben, card, button.data)).text
    place.say("/payout 25 677777777", place.stranger, place.group)
    refused = place.say("/payout 25 677777777", ben, place.group)
    await place.telegram.wait_for(place.group, "Your role does not allow", after=refused)
    await asyncio.sleep(1.2)  # a full round of the ticks
    payments = [payment for payment in await place.payments() if payment.amount == 25]
    assert [payment.state for payment in payments] == ["draft"]


@in_the_street
async def test_f23_the_stop_button_hangs_at_the_notice_of_the_first_payout_that_nobody_meant(place: Shop) -> None:
    said = place.say("/payout 24 677777777")
    card = await place.telegram.wait_for(place.chat, lambda message: bool(message.buttons), after=said)
    await place.confirm(card)
    notice = await place.telegram.wait_for(
        place.group, lambda message: "24" in message.text and bool(message.button("Stop payouts"))
    )
    await place.shows(card, "Sent")
    again = await place.card("/payout 23 677777777")
    await place.telegram.tap(place.owner, notice, "Stop payouts")
    await place.group_says("Payouts stopped")
    assert "stopped" in ((await place.telegram.tap(place.owner, again, again.buttons[0].data)).text or "")
    assert "stopped" in (await place.ask("/payout 22 677777777")).text
    assert [entry for entry in place.box.ledger.entries() if entry.amount in {22, 23}] == []
    await place.ask("/resume")


@in_the_street
@pytest.mark.parametrize("path", ["/telegram", "/bot", "/webhook"])
async def test_f24_an_update_that_anybody_posts_is_no_update(place: Shop, path: str) -> None:
    """The counter fetches its updates itself; no address takes any."""
    sent = {"update_id": 1, "message": {"text": "/payout 20 677777777", "from": {"id": place.owner.id}}}
    before = await place.payments()
    async with httpx.AsyncClient(base_url=place.env["PUBLIC_URL"], trust_env=False, timeout=30) as http:
        answer = await http.post(path, json=sent, headers={"X-Telegram-Bot-Api-Secret-Token": ""})
    assert answer.status_code == 404
    assert await place.payments() == before


def unsafe_hours(session: Session) -> None:
    house = session.get_one(Merchant, HOUSE)
    house.guarded_from, house.guarded_until = "20:00", "06:00"


async def test_f25_at_night_no_payout_leaves_on_one_persons_word_however_small(counter: Counter) -> None:
    """The shop's own clock counts: Douala is an hour ahead of UTC."""
    counter.storage.transact(unsafe_hours)
    states = {}
    for hour, minute in ((18, 59), (19, 0), (23, 0), (4, 59), (5, 0)):
        counter.clock.now = NOON.replace(hour=hour, minute=minute) + timedelta(days=hour < 12)
        payment = counter.enter(kind="payout", amount=1, created_at=counter.clock.now)
        word = Word(again=True)
        states[hour, minute] = (await counter.payments.confirm(member(counter.storage, OWNER), payment.id, word)).state
    queued, waits = State.QUEUED, State.AWAITING_APPROVAL
    assert states == {(18, 59): queued, (19, 0): waits, (23, 0): waits, (4, 59): waits, (5, 0): queued}


async def test_f26_slices_below_every_threshold_for_four_days_stay_under_a_days_sums(counter: Counter) -> None:
    """99,999 francs is below what needs approval; 1,000,000 go to a payee in any 24 hours, whoever sends them."""
    let_go: list[Payment] = []
    for number in range(4 * 24 * 2):
        person = (OWNER, APPROVER)[number % 2]
        payment = counter.enter(
            kind="payout",
            amount=99_999 - number % 7,
            asker_id=person,
            chat_id=person,
            payee=PHONE,
            created_at=counter.clock.now,
        )
        with suppress(UserError):
            word = Word(again=True)
            let_go.append(await counter.payments.confirm(member(counter.storage, person), payment.id, word))
        counter.clock.skip(minutes=30)
    assert {payment.state for payment in let_go} == {State.QUEUED}
    for last in let_go:
        day = [one.amount for one in let_go if timedelta() <= _confirmed(last) - _confirmed(one) < timedelta(hours=24)]
        assert sum(day) <= 1_000_000
    assert len(let_go) == 40


def _confirmed(payment: Payment) -> datetime:
    assert payment.confirmed_at
    return payment.confirmed_at


def factor_from(storage: Storage, amount: int) -> None:
    storage.transact(policies.save, Policy(merchant_id=HOUSE, currency="XAF", factor_from=amount))


@pytest.mark.parametrize("person", [OWNER, APPROVER, CASHIER])
@pytest.mark.parametrize("kind", sorted(GUARDED))
async def test_f27_no_role_and_no_kind_of_payment_goes_without_the_factor(
    counter: Counter, kind: str, person: int
) -> None:
    factor_from(counter.storage, 5_000)
    payment = counter.enter(kind=kind, asker_id=person, chat_id=person)
    for word in (Word(), Word(again=True), Word(last_four="aj6t")):
        with pytest.raises(Unproven):
            await counter.payments.confirm(member(counter.storage, person), payment.id, word)
    assert counter.now(payment).state is State.DRAFT
    proven = await counter.payments.confirm(member(counter.storage, person), payment.id, Word(proven=True))
    assert proven.state is State.QUEUED


async def test_f27_the_makers_factor_is_not_the_approvers(counter: Counter) -> None:
    policy = Policy(merchant_id=HOUSE, currency="XAF", approval_from=5_000, factor_from=5_000)
    counter.storage.transact(policies.save, policy)
    payment = counter.enter(kind="payout", asker_id=APPROVER, chat_id=APPROVER)
    owner, maker = member(counter.storage, OWNER), member(counter.storage, APPROVER)
    waiting = await counter.payments.confirm(maker, payment.id, Word(proven=True))
    assert waiting.state is State.AWAITING_APPROVAL
    with pytest.raises(Unproven):
        await counter.payments.approve(owner, payment.id, waiting.version)
    assert counter.now(payment).state is State.AWAITING_APPROVAL


def test_f27_a_sheet_of_small_lines_needs_the_factor_for_its_sum(storage: Storage) -> None:
    factor_from(storage, 5_000)
    now, owner = NOON, member(storage, OWNER)
    batch = Batch(id="B1", merchant_id=HOUSE, intent="1:B1", title="x", asker_id=OWNER, chat_id=OWNER, created_at=now)
    lines = [
        draft(kind="payout", amount=1_250, intent=f"B1:{line}", line=line, due_at=now + timedelta(minutes=15))
        for line in range(4)
    ]
    storage.transact(batches.create_once, batch, lines, by="person:1")
    with pytest.raises(Unproven):
        storage.transact(batch_decisions.confirm, owner, "B1", now, Word())
    assert {line.state for line in storage.transact(batches.lines, "B1")} == {State.DRAFT}
    storage.transact(batch_decisions.confirm, owner, "B1", now, Word(proven=True))
    assert {line.state for line in storage.transact(batches.lines, "B1")} == {State.QUEUED}
