"""Large amounts leave by a code from the person's own phone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlmodel import Session

from bot.demo.messages import Message
from providers import sandbox
from storage.models import Form, Person, Role
from storage.states import State
from tests.databases import all_of
from tests.shop import OWNER, Shop, shop
from tests.test_approvals import APPROVER, asked_in_group, card_of, joins

LIFE = 60


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    box = sandbox.Settings.instant(test_numbers="ask", campay={"demo_limit": 0})
    async with shop(tmp_path, box=box) as place:
        yield place


async def secret_of(counter: Shop, person_id: int) -> str:
    """As an authenticator scanned it: out of the open question, later out of the person's row; sealed in both."""

    def sealed(session: Session) -> str:
        person, form = session.get_one(Person, person_id), session.get(Form, (person_id, person_id))
        return person.factor or (form.answers["sealed"] if form else "")

    while not (found := await counter.app.storage.run(sealed)):  # the question follows its picture
        await asyncio.sleep(0.02)
    return counter.app.sealer.open(found)


async def code(counter: Shop, person_id: int = OWNER, steps: int = 0) -> str:
    at = counter.watch() + timedelta(seconds=30 * steps)
    return pyotp.TOTP(await secret_of(counter, person_id)).at(at)


async def enrols(counter: Shop) -> Message:
    said = counter.say("/protect")
    picture = await counter.telegram.wait_for(counter.chat, lambda message: message.has_media, after=said)
    assert "Done" in (await counter.ask(await code(counter))).text
    counter.watch.skip(seconds=60)  # that code counts no more
    return picture


async def test_a_large_payout_waits_for_the_code_and_a_small_one_does_not(counter: Shop) -> None:
    picture = await enrols(counter)
    assert picture.deleted
    await counter.ask("/limits code 20000")
    small = await counter.confirmed("/payout 2000 677777777 salary")
    await counter.shows(small, "Sent", LIFE)
    card = await counter.confirmed("/payout 20000 677777777 rent")
    await counter.telegram.wait_for(counter.chat, "needs your code")
    assert "not the code" in (await counter.ask("000000")).text
    assert len(counter.box.ledger.entries()) == 1
    typed = await code(counter)
    counter.say(typed)
    await counter.shows(card, "Sent", LIFE)
    assert len(counter.box.ledger.entries()) == 2
    await counter.confirmed("/payout 20001 677777777 rent")
    await counter.telegram.wait_for(counter.chat, lambda m: "needs your code" in m.text and m.id > card.id)
    assert "already" in (await counter.ask(typed)).text
    assert len(counter.box.ledger.entries()) == 2


async def test_who_has_no_code_is_told_how_to_get_one_and_nothing_leaves(counter: Shop) -> None:
    await counter.ask("/limits code 20000")
    card = await counter.card("/payout 20000 677777777 rent")
    told = await counter.telegram.tap(counter.owner, card, "Send")
    assert "/protect" in (told.text or "")
    [payment] = await counter.payments()
    assert payment.state is State.DRAFT


async def test_who_would_switch_the_code_off_must_have_it(counter: Shop) -> None:
    await enrols(counter)
    assert "Changed" in (await counter.ask("/limits code 20000")).text
    assert "needs your code" in (await counter.ask("/limits code off")).text
    assert "not the code" in (await counter.ask("000000")).text
    assert "20,000" in (await counter.ask("/cancel") and await counter.ask("/limits")).text
    await counter.ask("/limits payout 700000")
    counter.say(await code(counter))
    await counter.telegram.wait_for(counter.chat, "Changed: payout 700000")


async def test_five_wrong_codes_and_none_is_looked_at_for_a_while(counter: Shop) -> None:
    await enrols(counter)
    await counter.ask("/limits code 20000")
    await counter.confirmed("/payout 20000 677777777 rent")
    await counter.telegram.wait_for(counter.chat, "needs your code")
    for _ in range(5):
        assert "not the code" in (await counter.ask("000000")).text
    assert "Too many" in (await counter.ask(await code(counter))).text
    counter.watch.skip(minutes=9)
    assert counter.box.ledger.entries() == []


async def test_the_approver_proves_it_in_private_not_the_maker(counter: Shop) -> None:
    await enrols(counter)
    await counter.ask("/limits code 5000")
    approver = await joins(counter, "Ruth", APPROVER, Role.APPROVER)
    card = await card_of(counter, approver, "/payout 5000 677777777 rent")
    await counter.telegram.tap(approver, card, "Send")
    question = await asked_in_group(counter)
    told = await counter.telegram.tap(counter.owner, question, "Approve")
    assert "private chat" in (told.text or "")
    await counter.telegram.wait_for(counter.chat, "needs your code")
    assert counter.box.ledger.entries() == []
    counter.say(await code(counter))
    await counter.shows(card, "Sent", LIFE)


async def test_a_lent_phone_cannot_replace_the_code_and_no_secret_lies_in_the_open(counter: Shop) -> None:
    await enrols(counter)
    assert "already" in (await counter.ask("/protect")).text
    assert "not the code" in (await counter.ask("/protect 000000")).text
    before = await secret_of(counter, OWNER)
    said = counter.say(f"/protect {await code(counter)}")
    await counter.telegram.wait_for(counter.chat, lambda message: message.has_media, after=said)
    assert before.encode() not in all_of(counter.app.storage)


async def test_without_a_key_nothing_is_sealed_and_the_owner_is_told_what_to_set(counter: Shop) -> None:
    await counter.close()
    counter.env["GUICHET_SECRET_KEY"] = ""
    await counter.open()
    assert "GUICHET_SECRET_KEY" in (await counter.ask("/protect")).text


async def test_in_a_group_it_is_sent_to_the_private_chat(counter: Shop) -> None:
    said = counter.say("/protect", chat=counter.group)
    told = await counter.telegram.wait_for(counter.group, lambda _: True, after=said)
    assert "private chat" in told.text
