"""getUpdates, and the webhook that replaces it."""

import asyncio
import re

from bot.demo.arguments import Arguments
from bot.demo.people import Json
from bot.demo.refusals import bad_request, conflict
from bot.demo.webhooks import Webhook
from bot.demo.world import World

LONGEST_POLL = 50
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


async def get_updates(world: World, arguments: Arguments) -> list[Json]:
    """Waits until there is something. A newer getUpdates ends this one with 409, as in Telegram."""
    if world.webhook.url:
        raise conflict(WEBHOOK_ACTIVE)
    updates = world.updates
    updates.turn += 1
    turn = updates.turn
    world.feed.publish("polled")
    updates.allow(_allowed(arguments))
    updates.confirm(arguments.whole("offset"))
    limit = min(max(arguments.whole("limit", 100), 1), 100)
    await _something_due(world, turn, limit, min(arguments.whole("timeout"), LONGEST_POLL))
    if updates.turn != turn:
        raise conflict("terminated by setWebhook request" if world.webhook.url else OTHER_POLL)
    return [update.as_json() for update in updates.take(world.clock(), limit)]


async def set_webhook(world: World, arguments: Arguments) -> bool:
    url, secret = arguments.text("url"), arguments.text("secret_token")
    if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[\w-]{0,256}", secret, re.ASCII):
        raise bad_request("secret token contains unallowed characters")
    world.updates.allow(_allowed(arguments))
    if arguments.flag("drop_pending_updates"):
        world.updates.drop_pending()
    world.webhook = Webhook(url, secret, arguments.whole("max_connections", 40))
    world.updates.turn += 1
    world.feed.publish("webhook")
    return True


async def delete_webhook(world: World, arguments: Arguments) -> bool:
    if arguments.flag("drop_pending_updates"):
        world.updates.drop_pending()
    world.webhook = Webhook()
    world.feed.publish("webhook")
    return True


async def get_webhook_info(world: World, _: Arguments) -> Json:
    return world.webhook.as_json(world.updates.pending, world.updates.allowed)


async def _something_due(world: World, turn: int, limit: int, seconds: int) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not world.updates.due(world.clock(), limit) and world.updates.turn == turn:
        left = deadline - loop.time()
        if left <= 0 or world.feed.closed:
            return
        await world.feed.change(left)


def _allowed(arguments: Arguments) -> list[str] | None:
    kinds = arguments.json("allowed_updates", "can't parse allowed updates JSON list")
    if kinds is not None and not isinstance(kinds, list):
        raise bad_request("expected an Array of String as allowed_updates")
    return kinds
