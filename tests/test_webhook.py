"""BOT_MODE=webhook, end to end: the local Telegram brings what people say to the bot's own address."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot.hook import Hook
from bot.reception import ALLOWED_UPDATES
from storage.models import Heard
from tests.shop import PATIENCE, WEBHOOK_SECRET, Shop, shop, until

HEADER = "X-Telegram-Bot-Api-Secret-Token"
in_the_street = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with shop(tmp_path_factory.mktemp("webhook"), mode="webhook") as open_shop:
        yield open_shop


async def heard(place: Shop) -> list[int]:
    return await place.app.storage.run(
        lambda session: list(session.exec(select(Heard.update_id).order_by(col(Heard.update_id))))
    )


async def post(place: Shop, content: bytes, secret: str = WEBHOOK_SECRET) -> int:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        url = f"{place.env['PUBLIC_URL']}/telegram"
        return (await http.post(url, content=content, headers={HEADER: secret} if secret else {})).status_code


@in_the_street
async def test_a_request_is_paid_and_an_update_that_comes_again_is_worked_once(place: Shop) -> None:
    [call] = place.telegram.called("setWebhook")
    assert (call.arguments["secret_token"], call.arguments["max_connections"]) == (WEBHOOK_SECRET, "40")
    assert place.telegram.world.updates.allowed == frozenset(ALLOWED_UPDATES)
    card = await place.confirmed("/request 20 677777777 shoes")
    await place.approve()
    await place.shows(card, "Paid")
    said = place.say("/status")
    await place.telegram.wait_for(place.chat, lambda _: True, after=said)
    told, kept = len(place.telegram.messages(place.chat)), await heard(place)
    place.telegram.deliver_again(said)
    await place.telegram.settled()
    assert (len(place.telegram.messages(place.chat)), await heard(place)) == (told, kept)
    assert len(place.box.ledger.entries()) == 1


@in_the_street
@pytest.mark.parametrize(
    ("content", "secret", "status"),
    [
        (b'{"update_id": 1}', "", 401),
        (b'{"update_id": 1}', "another-secret", 401),
        (b"x" * (1024 * 1024 + 1), WEBHOOK_SECRET, 413),
        (b"[" * 100_000, WEBHOOK_SECRET, 400),
        (b'{"update_id": "1"}', WEBHOOK_SECRET, 400),
        (b"\xff", WEBHOOK_SECRET, 400),
    ],
)
async def test_what_telegram_did_not_send_is_refused_and_not_kept(
    place: Shop, content: bytes, secret: str, status: int
) -> None:
    before = await heard(place)
    assert await post(place, content, secret) == status
    assert await heard(place) == before


@in_the_street
async def test_a_poisoned_update_is_set_aside_and_the_chat_goes_on(place: Shop) -> None:
    with capture_logs() as logs:
        assert await post(place, b'{"update_id": 5, "message": {"chat": {"id": %d}}}' % place.chat.id) == 200
        await place.ask("/status")
    assert [one["update"] for one in logs if one["event"] == "an update is set aside"] == [5]


@in_the_street
async def test_a_webhook_that_leads_elsewhere_and_what_telegram_complains_of_are_told_once(place: Shop) -> None:
    hook = Hook(place.app.chat.bot, place.app.entrance.desk, place.env["PUBLIC_URL"], WEBHOOK_SECRET)
    await hook.tick()
    ours = place.telegram.world.webhook
    ours.last_error, ours.last_error_at = "Connection refused", place.watch()
    with capture_logs() as logs:
        for url in (ours.url, "https://other.example.org/secret-path", ""):
            place.telegram.world.webhook.url = url
            await hook.tick()
            await hook.tick()
        ours.url = f"{place.env['PUBLIC_URL']}/telegram"
    complaint, elsewhere, gone = (one for one in logs if one["log_level"] in ("warning", "error"))
    assert complaint["error"] == "Connection refused"
    assert "leads to other.example.org: another program" in elsewhere["event"]
    assert "secret-path" not in str(logs)
    assert "BOT_MODE=polling" in gone["event"]


async def test_polling_and_webhook_follow_each_other_and_no_update_is_lost(tmp_path: Path) -> None:
    async with shop(tmp_path, callbacks=True) as place:
        for amount, mode in ((21, "webhook"), (22, "polling")):
            await place.close()
            waiting = [place.say(f"/request {amount} 67777777{number} {mode}") for number in range(3)]
            place.env |= {"BOT_MODE": mode}
            await place.open()
            for number, said in enumerate(waiting):
                await place.telegram.wait_for(place.chat, f"77 77 7{number}", PATIENCE, said)
            await place.telegram.settled()
        assert len(place.cards()) == 6
        with capture_logs() as logs:
            place.telegram.world.webhook.url = "https://other.example.org/"
            place.telegram.world.updates.turn += 1
            place.telegram.world.feed.publish("webhook")
            await until(lambda: any("BOT_MODE=webhook" in one["event"] for one in logs))
        place.telegram.world.webhook.url = ""
