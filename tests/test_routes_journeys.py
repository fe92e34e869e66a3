"""One system is closed, slow, short of money, refusing or away: the other one is used, and the card names it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.accounts import variables
from bot.demo.messages import Message
from providers import sandbox
from tests.shop import PAYER, Shop, shop

LIFE = 60
NOWHERE = "http://127.0.0.1:9"


@asynccontextmanager
async def counter_of(folder: Path, systems: str, **env: str) -> AsyncIterator[Shop]:
    """A counter with accounts at these systems, the first preferred."""
    box = sandbox.Settings.instant(test_numbers="ask", campay={"demo_limit": 0})
    async with shop(folder, box=box, accounts=False) as place:
        await place.close()
        names = systems.upper().split(",")
        all_of_them = variables(place.box.url, NOWHERE)
        place.env |= {key: value for key, value in all_of_them.items() if key.split("_")[0] in names}
        place.env |= {"PREFER": systems, **env}
        await place.open()
        yield place


@pytest.fixture
async def kpay_first(tmp_path: Path) -> AsyncIterator[Shop]:
    async with counter_of(tmp_path, "kpay,campay") as place:
        yield place


@pytest.fixture
async def campay_first(tmp_path: Path) -> AsyncIterator[Shop]:
    async with counter_of(tmp_path, "campay,kpay") as place:
        yield place


async def told(place: Shop, system: str = "kpay", **settings: Any) -> None:
    """As a person at the sandbox's control would."""
    async with httpx.AsyncClient(base_url=place.box.url, timeout=30) as client:
        (await client.patch("/control/settings", json={system: settings})).raise_for_status()


async def emptied(place: Shop) -> None:
    """CamPay's pocket for MTN holds 10 F."""
    async with httpx.AsyncClient(base_url=place.box.url, timeout=30) as client:
        change = {"account": "campay/MTN/XAF", "balance": 10}
        (await client.post("/control/balances", json=change)).raise_for_status()


def service(**words: str) -> dict[str, dict[str, str]]:
    return {"MTN_MOMO_CMR": words}


async def used(place: Shop, card: Message) -> list[str]:
    await place.shows(card, "Sent" if card.text.startswith("💸") else "Paid", LIFE)
    return [entry.system for entry in place.box.ledger.entries()]


async def test_the_system_that_the_merchant_prefers_is_first(kpay_first: Shop) -> None:
    assert "Via KPay" in (await kpay_first.card("/request 500 677777777 shoes")).text
    assert "Via CamPay" in (await kpay_first.card("/request 500 677777777 shoes via campay")).text


async def test_closed_the_other_is_used(kpay_first: Shop) -> None:
    await told(kpay_first, services=service(DEPOSIT="CLOSED"))
    card = await kpay_first.confirmed("/request 500 677777777 shoes")
    assert "Via CamPay" in card.text
    await kpay_first.approve()
    assert await used(kpay_first, card) == ["campay"]
    assert "Via KPay" in (await kpay_first.card("/request 500 699999999 shoes")).text


async def test_slow_the_other_is_used_and_where_it_must_be_the_card_says_so(kpay_first: Shop) -> None:
    await told(kpay_first, services=service(DEPOSIT="DELAYED"))
    card = await kpay_first.confirmed("/request 500 677777777 shoes")
    assert "Via CamPay" in card.text
    assert "slow" not in card.text
    await kpay_first.approve()
    assert await used(kpay_first, card) == ["campay"]
    slow = await kpay_first.confirmed("/request 500 677777777 shoes via kpay")
    assert "KPay says that MTN is slow" in slow.text
    await kpay_first.approve()
    await kpay_first.shows(slow, "Paid", LIFE)
    assert "slow" not in slow.text


async def test_short_of_money_the_other_is_used(campay_first: Shop) -> None:
    await emptied(campay_first)
    card = await campay_first.confirmed("/payout 500 677777777 wages")
    assert "Via KPay" in card.text
    assert await used(campay_first, card) == ["kpay"]


async def test_refused_the_other_is_used_and_the_card_says_who_did_not_take_it(campay_first: Shop) -> None:
    await told(campay_first, "campay", demo_limit=25)
    card = await campay_first.confirmed("/request 500 677777777 shoes")
    await campay_first.shows(card, "CamPay did not take it")
    assert "Via KPay" in card.text
    await campay_first.approve()
    assert await used(campay_first, card) == ["kpay"]


async def test_away_the_other_is_used_and_the_card_says_who_was_not_reached(tmp_path: Path) -> None:
    async with counter_of(tmp_path, "kpay,campay", KPAY_BASE_URL=NOWHERE) as place:
        card = await place.confirmed("/request 500 677777777 shoes")
        await place.shows(card, "KPay did not take it")
        assert "Via CamPay" in card.text
        await place.approve()
        assert await used(place, card) == ["campay"]


async def test_the_one_that_takes_over_is_asked_whether_it_is_open(campay_first: Shop) -> None:
    await told(campay_first, "campay", demo_limit=25)
    await told(campay_first, services=service(DEPOSIT="CLOSED"))
    card = await campay_first.confirmed("/request 500 677777777 shoes")
    await campay_first.shows(card, "KPay has MTN collections closed", LIFE)
    assert "Via CamPay" in card.text
    assert "Maximum amount is 25" in card.text
    assert campay_first.box.ledger.entries() == []


@pytest.mark.parametrize(
    ("language", "closed", "poor"),
    [
        ("en", "KPay has payouts to MTN closed", "CamPay has not enough balance"),
        ("fr", "KPay signale que les envois vers MTN sont fermés", "CamPay n’a pas assez de solde"),
    ],
)
async def test_with_none_able_each_gives_its_own_reason(
    campay_first: Shop, language: str, closed: str, poor: str
) -> None:
    await campay_first.ask(f"/language {language}")
    await told(campay_first, services=service(PAYOUT="CLOSED"))
    await emptied(campay_first)
    answer = await campay_first.ask("/payout 500 677777777 wages")
    assert closed in answer.text
    assert poor in answer.text
    assert not answer.buttons
    assert await campay_first.payments() == []


async def test_a_number_that_moved_is_sent_to_its_new_operator(kpay_first: Shop) -> None:
    await told(kpay_first, ported={PAYER: "ORANGE_CMR"})
    card = await kpay_first.confirmed("/request 500 677777777 shoes")
    assert "ORANGE" in card.text
    await kpay_first.approve()
    assert await used(kpay_first, card) == ["kpay"]
    [payment] = await kpay_first.payments()
    assert (payment.operator, payment.provider) == ("ORANGE", "kpay")


async def test_with_a_test_key_that_knows_no_such_number_the_prefix_stands(kpay_first: Shop) -> None:
    assert "MTN" in (await kpay_first.card("/request 500 677777777 shoes")).text
    assert "ORANGE" in (await kpay_first.card("/request 500 699999999 shoes")).text


async def test_an_operator_that_no_prefix_tells_is_asked_for_and_a_wrong_answer_asked_again(kpay_first: Shop) -> None:
    question = await kpay_first.ask("/request 500 +260791234567 shoes")
    assert "AIRTEL, MTN, ZAMTEL" in question.text
    assert "serves only AIRTEL, MTN, ZAMTEL" in (await kpay_first.ask("Vodafone")).text
    card = await kpay_first.card("airtel money")
    assert "AIRTEL" in card.text
    await kpay_first.confirm(card)
    await kpay_first.approve("260791234567")
    await kpay_first.shows(card, "Paid", LIFE)
    [payment] = await kpay_first.payments()
    assert (payment.operator, payment.extras) == ("AIRTEL", {})


async def test_where_the_systems_serve_one_operator_only_nobody_is_asked(kpay_first: Shop) -> None:
    card = await kpay_first.card("/request 500 +24102012345 shoes")
    assert "AIRTEL" in card.text
