"""What the page may ask of the local Telegram, and what it may not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.demo import LocalTelegram, User, serve
from tests.bot.demo.shop import CUSTOMER, PIN, ringing_phone

PAGE = {"X-Guichet": "page"}


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    return telegram.add_user("Ada", "fr")


@pytest.fixture
async def page(telegram: LocalTelegram) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=telegram.url, headers=PAGE, timeout=30) as client:
        yield client


async def test_a_foreign_page_cannot_speak(telegram: LocalTelegram, ada: User) -> None:
    async with httpx.AsyncClient(base_url=telegram.url, timeout=30) as client:
        answer = await client.post(f"/api/chats/{ada.id}/messages", json={"user": ada.id, "text": "x"})
    assert answer.status_code == 403
    assert telegram.messages(telegram.private(ada)) == []


async def test_nobody_speaks_where_they_are_not(telegram: LocalTelegram, ada: User, page: httpx.AsyncClient) -> None:
    bob = telegram.add_user("Bob")
    group = telegram.add_group("Admins", [ada])
    for chat_id in (ada.id, group.id):
        answer = await page.post(f"/api/chats/{chat_id}/messages", json={"user": bob.id, "text": "x"})
        assert answer.status_code == 403
    assert (await page.get("/api/chats/12")).status_code == 404
    assert (await page.post(f"/api/chats/{ada.id}/messages", json={"user": ada.id, "text": " "})).status_code == 400


async def test_only_ones_own_text_is_edited(telegram: LocalTelegram, ada: User, page: httpx.AsyncClient) -> None:
    bob = telegram.add_user("Bob")
    group = telegram.add_group("Admins", [ada, bob])
    theirs = telegram.say(bob, group, "/help")
    answer = await page.patch(f"/api/chats/{group.id}/messages/{theirs.id}", json={"user": ada.id, "text": "x"})
    assert answer.status_code == 409


async def test_the_state_names_people_groups_and_what_the_bot_says_of_itself(
    telegram: LocalTelegram, ada: User, page: httpx.AsyncClient
) -> None:
    telegram.world.profile["description", ""] = "A counter"
    group = telegram.add_group("Admins", [ada])
    state: dict[str, Any] = (await page.get("/api/state")).json()
    assert [person["first_name"] for person in state["people"]] == ["Ada"]
    assert state["groups"][0]["members"] == [ada.id, telegram.bot.id]
    assert state["groups"][0]["id"] == group.id
    assert state["bot"]["about"] == {"fr": "A counter", "en": "A counter"}
    assert state["phones"] is False


async def test_an_uploaded_page_is_only_ever_downloaded(
    telegram: LocalTelegram, ada: User, page: httpx.AsyncClient
) -> None:
    there = f"/api/chats/{ada.id}/files?user={ada.id}&name=a.html"
    sent = await page.post(there, content=b"<script>1</script>", headers={"Content-Type": "text/html"})
    file = await page.get(f"/api/files/{sent.json()['document']['file_id']}")
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_the_page_forbids_foreign_scripts(page: httpx.AsyncClient) -> None:
    answer = await page.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


async def test_the_phone_is_reached_through_the_same_address() -> None:
    async with (
        ringing_phone() as (sandbox, phone),
        serve(sandbox=sandbox) as telegram,
        httpx.AsyncClient(base_url=telegram.url, headers=PAGE, timeout=30) as page,
    ):
        phone.rings = True
        shown = (await page.get("/api/phones")).json()
        assert shown["pin"] == PIN
        assert shown["phones"][1]["prompts"][0]["asker"] == "Boutique Ada"
        wrong = await page.post(f"/api/phones/{CUSTOMER}/approve", json={"pin": "0000"})
        assert (wrong.status_code, wrong.json()["tries_left"]) == (403, 2)
        assert (await page.post(f"/api/phones/{CUSTOMER}/approve", json={"pin": PIN})).json() == {"state": "succeeded"}
        assert (await page.post(f"/api/phones/{CUSTOMER}/explode")).status_code == 404


async def test_a_sandbox_that_is_down_is_said_and_its_switches_still_show() -> None:
    async with (
        serve(sandbox="http://127.0.0.1:9") as telegram,
        httpx.AsyncClient(base_url=telegram.url, headers=PAGE, timeout=30) as page,
    ):
        assert (await page.get("/api/phones")).status_code == 503
        names = [item["name"] for item in (await page.get("/api/switches")).json()["switches"]]
        assert names == ["payment-reply", "payment-slow", "payment-poor", "telegram-reply"]
        assert (await page.post("/api/switches/payment-reply")).status_code == 503
        assert (await page.post("/api/switches/telegram-reply")).status_code == 200
        assert (await page.post("/api/switches/none")).status_code == 404
        assert [fault.method for fault in telegram.faults.planned] == ["sendMessage"]


async def test_faults_and_repeats_can_be_ordered_over_http(
    telegram: LocalTelegram, ada: User, page: httpx.AsyncClient
) -> None:
    telegram.start(ada)
    ordered = await page.post("/api/faults", json={"kind": "bad_gateway", "method": "getMe"})
    assert ordered.json()["faults"] == [{"kind": "bad_gateway", "method": "getMe", "times": 1, "value": 502.0}]
    bot = f"/bot{telegram.token}"
    assert (await page.get(f"{bot}/getMe")).status_code == 502
    assert (await page.get(f"{bot}/getMe")).status_code == 200
    assert (await page.post("/api/faults", json={"kind": "earthquake"})).status_code == 400
    await page.post("/api/faults", json={"kind": "flood"})
    assert (await page.delete("/api/faults")).json() == {"faults": []}
    again = (await page.post("/api/updates/again", json={})).json()
    updates = (await page.get(f"{bot}/getUpdates")).json()["result"]
    assert updates == [again, again]
    assert (await page.post("/api/updates/again", json={"update_id": 5})).status_code == 404
