"""Pushes updates to the webhook, one after the other, again and again until it answers 2xx."""

import asyncio
from contextlib import suppress

import httpx

from bot.demo.updates import Update
from bot.demo.webhooks import Webhook
from bot.demo.world import World

PATIENCE = 10.0
# Telegram waits longer each time; here nobody wants to.
AGAIN_AFTER = 0.2


class Pusher:
    """Runs as a task for as long as the server does, and sleeps while no webhook is set."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            while not self._world.feed.closed:
                hook, due = self._world.webhook, self._world.updates.due(self._world.clock(), 1)
                if not hook.url or not due:
                    await self._world.feed.change(60.0)
                elif await self._push(client, hook, due[0]):
                    self._world.updates.delivered(due[0])
                    self._world.feed.publish("update")
                else:
                    await asyncio.sleep(AGAIN_AFTER)

    async def _push(self, client: httpx.AsyncClient, hook: Webhook, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            answer = await client.post(hook.url, json=update.as_json(), headers=headers)
        except httpx.HTTPError:
            return self._failed(hook, "Connection failed")
        if not answer.is_success:
            words = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            return self._failed(hook, words)
        return True

    def _failed(self, hook: Webhook, words: str) -> bool:
        hook.last_error, hook.last_error_at = words, self._world.clock()
        return False


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
