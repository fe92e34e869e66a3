"""serve(): the local Telegram on a port of this machine, inside the running event loop."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from bot.demo.api import PageApi
from bot.demo.clock import Clock, real_time
from bot.demo.control import Control
from bot.demo.faults import Faults
from bot.demo.handle import LocalTelegram
from bot.demo.handset import Handset, of_sandbox
from bot.demo.limits import Limits
from bot.demo.pages import Page
from bot.demo.people import User
from bot.demo.pusher import Pusher, stopped
from bot.demo.server import listening
from bot.demo.switches import Switch, of_telegram
from bot.demo.telegram import BotApi
from bot.demo.world import World

BOT_ID = 4242424242


@asynccontextmanager
async def serve(
    *,
    clock: Clock = real_time,
    limits: Limits | None = None,
    latency: float = 0.0,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = "",
    bot_name: str = "Guichet",
    bot_username: str = "guichet_bot",
    sandbox: str = "",
    switches: Mapping[str, Switch] | None = None,
) -> AsyncIterator[LocalTelegram]:
    """A Telegram of one's own, for as long as the block lasts.

        async with serve() as telegram:
            ... start the bot with TELEGRAM_API_URL=telegram.url and TELEGRAM_BOT_TOKEN=telegram.token ...
            ada = telegram.add_user("Ada", "fr")
            chat = telegram.private(ada)
            telegram.say(ada, chat, "/request 5000 237677777777 shoes")
            card = await telegram.wait_for(chat, "5 000")
            answer = await telegram.tap(ada, card, "Confirmer")      # waits for answerCallbackQuery
            await telegram.wait_for(chat, lambda message: message is card and "reçu" in message.text)
            assert not telegram.called("deleteMessage")

    What may be passed: `clock` (a DrivenClock stands still until told), `limits` (`Limits.off()` for tests that
    send much), `latency` in seconds for each call, `port` (0 takes a free one), `token` where it must be known
    beforehand, `sandbox` (the address of the payment sandbox: the page's phone), `switches` (more of the drawer
    "What if..."). What goes wrong on demand: `telegram.faults`, `telegram.deliver_again`, `telegram.tap_twice`,
    `telegram.tap_doubled`, `telegram.updates_held`, `telegram.block`, `telegram.upgrade`.
    """
    token = token or f"{BOT_ID}:{secrets.token_urlsafe(26)}"
    identity = User(int(token.partition(":")[0]), bot_name, username=bot_username, is_bot=True)
    world = World(identity, clock, limits or Limits())
    api = BotApi(world, token, Faults(), latency)
    handset = Handset(sandbox) if sandbox else None
    routes = [*api.routes(), *page_routes(world, api.faults, handset, switches or {})]
    app = Starlette(routes=routes)
    async with listening(app, host, port) as url:
        pushing = asyncio.create_task(Pusher(world).run())
        try:
            yield LocalTelegram(url, token, world, api)
        finally:
            world.feed.close()
            await stopped(pushing)
            if handset:
                await handset.close()


def page_routes(
    world: World, faults: Faults, handset: Handset | None, switches: Mapping[str, Switch]
) -> list[BaseRoute]:
    drawer = {**switches, **(of_sandbox(handset) if handset else {}), **of_telegram(faults)}
    phones = handset.routes() if handset else []
    page = PageApi(world, drawer, has_phones=handset is not None)
    return [*phones, *page.routes(), *Control(world, faults).routes(), Mount("/", Page())]
