"""F16 to F19: whoever says that money came proves nothing by saying it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import httpx
import jwt
import pytest
from sqlmodel import select

from bot.demo.accounts import variables
from bot.payments.accounts import Accounts
from bot.payments.callbacks import Callbacks
from bot.settings import BadSettings, Settings
from providers import discover
from providers.base import Provider
from providers.errors import BadCallback, Misconfigured
from storage.models import Inbound
from storage.people import HOUSE
from storage.states import State
from tests.books import OTHER_MERCHANT
from tests.bot.payments.counter import Counter
from tests.providers.samples import NOW, campay, kpay, nkapsmart, samples
from tests.shop import Shop, shop

in_the_street = pytest.mark.asyncio(loop_scope="module")
UNHEARD_OF = "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c99"


async def rows(place: Shop, table: type[Any]) -> list[Any]:
    return await place.app.storage.run(lambda session: list(session.exec(select(table))))


@in_the_street
async def test_f16_an_operators_message_pasted_into_the_chat_pays_nothing_and_refunds_nothing(place: Shop) -> None:
    card = await place.confirmed("/request 21 677777777")
    await place.shows(card, "Waiting for the customer")
    payment = (await place.payments())[0]
    forged = f"You have received 21 XAF from 677777777. Ref {payment.reference}. New balance 50 021 XAF."
    assert "did not understand" in (await place.ask(forged)).text
    assert "was paid" in (await place.ask(f"/refund {payment.id}")).text
    assert (await place.payments())[0].state is State.PENDING
    await place.decline()
    await place.shows(card, "Not paid")
    assert "was paid" in (await place.ask(f"/refund {payment.id}")).text


async def test_f16_a_refund_takes_no_other_phone_than_the_one_that_paid(tmp_path: Path) -> None:
    async with shop(tmp_path, accounts=False) as place:
        await place.close()
        place.env |= variables(place.box.url, "http://127.0.0.1:9")
        await place.open()
        card = await place.confirmed("/request 500 677777777 via kpay")
        await place.approve()
        await place.shows(card, "Paid")
        [paid] = await place.payments()
        assert "No such payment" in (await place.ask(f"/refund {paid.id} 699999999")).text
        assert "+237 6 77 77 77 77" in (await place.card(f"/refund {paid.id}")).text


def signed(key: str, reference: str) -> dict[str, str]:
    at = int(time())
    claims = {"iat": at, "nbf": at, "exp": at + 3600, "source": "CamPay"}
    token = jwt.encode(claims, key.encode().ljust(32, b"\0"), algorithm="HS256")
    return {"status": "SUCCESSFUL", "reference": reference, "amount": "5000", "signature": token}


@in_the_street
async def test_f17_a_callback_makes_no_payment_and_tells_nobody_whether_it_is_signed_or_not(place: Shop) -> None:
    payments, said = await place.payments(), len(place.telegram.messages(place.group))
    genuine = place.box.settings.campay.webhook_key
    known = len(await rows(place, Inbound))
    async with httpx.AsyncClient(base_url=place.env["PUBLIC_URL"], trust_env=False, timeout=30) as http:
        for key in ("", "another-key"):
            assert (await http.get("/callbacks/campay", params=signed(key, UNHEARD_OF))).status_code == 400
        assert (await http.post("/callbacks/campay", json={"reference": UNHEARD_OF})).status_code == 400
        assert len(await rows(place, Inbound)) == known
        assert (await http.get("/callbacks/campay", params=signed(genuine, UNHEARD_OF))).status_code == 200
    await place.telegram.settled()
    kept = (await rows(place, Inbound))[-1]
    assert (kept.reference, kept.payment_id) == (UNHEARD_OF, None)
    assert await place.payments() == payments
    assert len(place.telegram.messages(place.group)) == said


@pytest.fixture
async def doors(counter: Counter) -> AsyncIterator[Callbacks]:
    """Two merchants' accounts with one system, each with a key of its own."""

    def account(**env: str) -> Provider:
        system = discover()["campay"]
        given = {**samples("campay").env, "BASE_URL": "http://127.0.0.1:9", **env}
        settings = system.Settings.read("campay", {f"CAMPAY_{name}": value for name, value in given.items()})
        assert settings
        return system.open(settings, None, lambda: NOW)

    accounts = Accounts({HOUSE: [account()], OTHER_MERCHANT: [account(WEBHOOK_KEY="k3y-of-another-shop")]})
    yield Callbacks(counter.storage, accounts, lambda: NOW, lambda: None)
    await accounts.close()


async def test_f18_another_merchants_genuine_signature_moves_nothing_of_ours(
    counter: Counter, doors: Callbacks
) -> None:
    ours = counter.enter(state=State.PENDING, provider="campay", reference=campay.REFERENCE)
    theirs = campay.callback(campay.signature("k3y-of-another-shop"))
    with pytest.raises(BadCallback):
        await doors.receive(HOUSE, "campay", theirs)
    assert await doors.receive(OTHER_MERCHANT, "campay", theirs)
    assert counter.now(ours) == ours
    assert await doors.receive(HOUSE, "campay", campay.callback(campay.signature()))
    assert counter.now(ours).due_at == NOW


UNSIGNED = {
    "campay": (["WEBHOOK_KEY"], [campay.callback(campay.signature("")), campay.callback("")]),
    "kpay": (["WEBHOOK_SECRET", "GATEWAY_SECRET"], [kpay.told(kpay.webhook(), ""), kpay.returned("")]),
    "nkapsmart": (["CALLBACK_TOKEN"], [nkapsmart.callback("", nkapsmart.TOLD)]),
}


@pytest.mark.parametrize("name", UNSIGNED)
async def test_f19_without_a_secret_no_callback_is_believed(name: str) -> None:
    secrets, forged = UNSIGNED[name]
    genuine = samples(name).callbacks
    assert genuine
    env = {**samples(name).env, "BASE_URL": "http://127.0.0.1:9", **dict.fromkeys(secrets, "")}
    env = {f"{name.upper()}_{key}": value for key, value in env.items()}
    system = discover()[name]
    settings = system.Settings.read(name, env)
    assert settings
    gateway = system.open(settings, None, lambda: NOW)
    empty = replace(forged[0], query={**forged[0].query, "token": "", "signature": ""})
    for request in (*genuine("SUCCESS"), *forged, empty):
        with pytest.raises(BadCallback):
            gateway.parse_callback(request)
    await gateway.close()


def test_f19_an_empty_secret_of_the_account_or_of_telegram_refuses_to_start() -> None:
    env = {f"SAURIPAY_{key}": value for key, value in samples("sauripay").env.items()}
    with pytest.raises(Misconfigured, match="SAURIPAY_SECRET_KEY"):
        Accounts.of_house({**env, "SAURIPAY_BASE_URL": "http://127.0.0.1:9", "SAURIPAY_SECRET_KEY": ""}, lambda: NOW)
    with pytest.raises(BadSettings, match="TELEGRAM_BOT_TOKEN"):
        Settings.read({"TELEGRAM_BOT_TOKEN": "", "OWNER_IDS": "1"})
