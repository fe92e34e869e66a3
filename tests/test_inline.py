"""@bot 5000 shoes, typed in any chat: a request that a member posts there, and that turns into the receipt."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from providers import sandbox
from storage.models import Role
from tests.shop import PATIENCE, Shop, shop, until
from tests.staff import hire

ACCOUNTANT = 710_051


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    box = sandbox.Settings.model_validate(
        {**sandbox.Settings.instant(test_numbers="ask").model_dump(), "campay": {"local_redirects": True}}
    )
    async with shop(tmp_path, box=box) as place:
        yield place


async def paid_by_link(counter: Shop, url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        await client.post(url, data={"phone": "677777777"})
    await counter.approve()


async def test_a_posted_request_is_one_link_and_the_same_message_becomes_the_receipt(counter: Shop) -> None:
    telegram = counter.telegram
    customers = telegram.add_group("Customers", [counter.owner, counter.stranger])
    await telegram.settled(quiet=0.3)
    before = len(telegram.messages(customers, telegram.bot))
    query = await telegram.ask_inline(counter.owner, customers, "20 shoes")
    [offer] = query.results or []
    assert offer["title"] == "Ask 20 FCFA — shoes"
    await asyncio.sleep(0.3)
    assert await counter.payments() == []  # asking makes nothing

    posted = telegram.choose(query, copies=2)  # Telegram may tell of it twice
    await until(lambda: "Pay here: " in posted.text)
    [payment] = await counter.payments()
    assert (payment.intent, payment.channel) == (f"inline:{posted.inline_id}", "link")
    assert "shoes" in posted.text
    assert "CamPay" not in posted.text
    url = posted.text.split("Pay here: ")[1].split()[0]
    await paid_by_link(counter, url)
    await until(lambda: "✅ Paid" in posted.text)
    code = posted.text.split("/receipt ")[1].split()[0]
    assert "This receipt is true." in (await counter.ask(f"/receipt {code}")).text
    telegram.deliver_anew(next(one for one in telegram.updates if one.kind == "chosen_inline_result"))
    await telegram.settled(quiet=0.3)
    assert len(await counter.payments()) == 1
    assert len(telegram.messages(customers, telegram.bot)) == before  # nothing else is said there


async def test_strangers_and_who_may_not_ask_are_offered_nothing(counter: Shop) -> None:
    telegram, theirs = counter.telegram, counter.telegram.private(counter.stranger)
    accountant = await hire(counter, ACCOUNTANT, Role.ACCOUNTANT)
    for user in (counter.stranger, accountant):
        query = await telegram.ask_inline(user, telegram.private(user), "20 shoes")
        assert (query.results, query.button) == ([], None)
    forged = {"result_id": "ask:1", "from": counter.stranger.as_json(), "query": "20 shoes", "inline_message_id": "x"}
    telegram.world.tell_bot("chosen_inline_result", forged)
    telegram.world.tell_bot("chosen_inline_result", forged | {"from": accountant.as_json()})
    await telegram.settled(quiet=0.3)
    telegram.world.tell_bot("chosen_inline_result", forged | {"from": counter.owner.as_json(), "result_id": "ask:2"})
    await telegram.settled(quiet=0.3)
    assert await counter.payments() == []
    assert telegram.messages(theirs, telegram.bot) == []


async def test_what_can_not_be_asked_is_explained_over_the_results(counter: Shop) -> None:
    for text in ("", "shoes", "20 677777777 shoes", "-5"):
        query = await counter.telegram.ask_inline(counter.owner, counter.chat, text)
        assert query.results == []
        assert "Type an amount and what for" in (query.button or {})["text"]
    await counter.close()
    for name in [name for name in counter.env if name.startswith("CAMPAY")]:
        del counter.env[name]
    await counter.open()
    query = await counter.telegram.ask_inline(counter.owner, counter.chat, "20 shoes")
    assert query.results == []
    assert "No payment link" in (query.button or {})["text"]


async def test_a_message_that_is_gone_and_a_tap_before_the_link_hurt_nobody(counter: Shop) -> None:
    query = await counter.telegram.ask_inline(counter.owner, counter.chat, "20 shoes")
    posted = counter.telegram.choose(query)
    counter.telegram.world.remove(posted)
    card = await counter.telegram.wait_for(counter.chat, lambda m: m.has_media, PATIENCE)
    assert "To be paid before" in card.text
    await counter.telegram.settled(quiet=0.3)
    assert len(await counter.payments()) == 1
