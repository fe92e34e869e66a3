"""F20 to F24: a stranger moves nothing, wherever they stand and whatever they send."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlmodel import select

from bot.demo.people import User
from bot.settings import BadSettings, Settings
from storage import people
from storage.models import Membership, Person, Role
from storage.people import HOUSE
from tests.books import NOON
from tests.shop import STRANGER, Shop

in_the_street = pytest.mark.asyncio(loop_scope="module")
CASHIER = 710_003
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


async def cashier(place: Shop) -> User:
    def enrol(session: Any) -> None:
        if not session.get(Person, CASHIER):
            session.add(Person(id=CASHIER, name="Ben", created_at=NOON))
            session.flush()
        people.enrol(session, HOUSE, CASHIER, Role.CASHIER, now=NOON)

    await place.app.storage.run(enrol)
    ben = place.telegram.add_user("Ben", "en", CASHIER)
    place.group.members[CASHIER] = "administrator"
    return ben


@in_the_street
async def test_f22_being_in_the_group_and_even_its_administrator_gives_no_right(place: Shop) -> None:
    ben = await cashier(place)
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
@pytest.mark.parametrize("path", ["/telegram", "/bot", "/webhook"])
async def test_f24_an_update_that_anybody_posts_is_no_update(place: Shop, path: str) -> None:
    """The counter fetches its updates itself; no address takes any."""
    sent = {"update_id": 1, "message": {"text": "/payout 20 677777777", "from": {"id": place.owner.id}}}
    before = await place.payments()
    async with httpx.AsyncClient(base_url=place.env["PUBLIC_URL"], trust_env=False) as http:
        answer = await http.post(path, json=sent, headers={"X-Telegram-Bot-Api-Secret-Token": ""})
    assert answer.status_code == 404
    assert await place.payments() == before
