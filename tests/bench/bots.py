"""python -m tests.bench.bots NAME URL [DATABASE_URL [LISTEN]]: the measured bots, each in a process of its own.

`ours` is the whole program, `hooked` the same in webhook mode, `shop` is stock.py. `stock` and `aiohttp` are what
python-telegram-bot does with a line at the least, on its own transport and on ours; `floor` is the bare calls without
any library for bots.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import structlog

from bot.tidying import tidy_seldom
from tests.bench.street import HOOK_SECRET, people

TOKEN = "1000001:bench-bench-bench-bench-bench"
AT_ONCE = 256
SPEED = 1800


async def ours(
    url: str, database: str, persons: int = AT_ONCE, more: Mapping[str, str] = MappingProxyType({}), **world: Any
) -> Callable[[], Awaitable[None]]:
    from bot.app import App
    from bot.pace import Pace
    from bot.rooms.world import World
    from bot.settings import Settings

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    env = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url,
        "OWNER_IDS": ",".join(map(str, people(persons))),
        "DATABASE_URL": database,
        "DEFAULT_LANGUAGE": "en",
        "GUICHET_SECRET_KEY": "a-sealing-key-for-benches-0123456789",
        "CAMPAY_BASE_URL": url,
        "CAMPAY_TOKEN": "a-token-of-nobody-0123456789",
    }
    env.update(more)
    app = App(Settings.read(env), env, World(pace=lambda: Pace(overall=0), **world))
    await app.start()
    return app.stop


async def hooked(url: str, database: str, listen: str) -> Callable[[], Awaitable[None]]:
    """`listen`: where Telegram brings what people say."""
    more = {
        "BOT_MODE": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": HOOK_SECRET,
        "PUBLIC_URL": "http://127.0.0.1:1",
        "LISTEN": listen,
    }
    return await ours(url, database, more=more)


async def called(url: str, database: str, listen: str) -> Callable[[], Awaitable[None]]:
    """`listen`: where systems call back."""
    more = {"PUBLIC_URL": "http://127.0.0.1:1", "LISTEN": listen, "CAMPAY_WEBHOOK_KEY": HOOK_SECRET}
    return await ours(url, database, more=more)


async def alone(url: str, database: str) -> Callable[[], Awaitable[None]]:
    """The same with one owner and nobody else."""
    return await ours(url, database, 1)


async def day(url: str, database: str) -> Callable[[], Awaitable[None]]:
    """Alone too, and an hour by its clock takes two seconds."""
    from bot.scheduler import Scheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # at such a pace some tick is always cut off at the end
    began = datetime.now(UTC)

    def now() -> datetime:
        return began + (datetime.now(UTC) - began) * SPEED

    return await ours(
        url,
        database,
        1,
        now=now,
        scheduler=lambda ticks: Scheduler({tick: max(0.02, seconds / SPEED) for tick, seconds in ticks.items()}),
    )


def _application(url: str, **how: Any) -> Any:
    from telegram.ext import ApplicationBuilder

    builder = ApplicationBuilder().token(TOKEN).base_url(f"{url}/bot").concurrent_updates(AT_ONCE).job_queue(None)
    for name, value in how.items():
        getattr(builder, name)(value)
    return builder.build()


async def _echo(application: Any) -> Callable[[], Awaitable[None]]:
    from telegram.ext import CommandHandler

    async def echo(update: Any, _: Any) -> None:
        await update.effective_message.reply_text("card")

    application.add_handler(CommandHandler("request", echo))
    return await _polling(application)


async def shop(url: str, database: str) -> Callable[[], Awaitable[None]]:
    from tests.bench.stock import sell

    application = _application(url, connection_pool_size=AT_ONCE)
    await sell(application, url, database, AT_ONCE)
    return await _polling(application)


async def _polling(application: Any) -> Callable[[], Awaitable[None]]:
    await application.initialize()
    await application.start()
    await application.updater.start_polling()

    async def stop() -> None:
        await application.updater.stop()
        await application.stop()
        await application.shutdown()

    return stop


async def stock(url: str, _: str) -> Callable[[], Awaitable[None]]:
    return await _echo(_application(url, connection_pool_size=AT_ONCE))


async def aiohttp(url: str, _: str) -> Callable[[], Awaitable[None]]:
    from telegram.request import HTTPXRequest

    from providers.client import network

    def request() -> HTTPXRequest:
        return HTTPXRequest(connection_pool_size=AT_ONCE, httpx_kwargs={"transport": network(AT_ONCE)})

    return await _echo(_application(url, request=request(), get_updates_request=request()))


async def floor(url: str, _: str) -> Callable[[], Awaitable[None]]:
    from aiohttp import ClientSession, TCPConnector

    session = ClientSession(connector=TCPConnector(limit=AT_ONCE + 1))
    under_way: set[asyncio.Task[None]] = set()

    async def call(method: str, **data: object) -> Any:
        async with session.post(f"{url}/bot{TOKEN}/{method}", data=data) as response:
            return (await response.json())["result"]

    async def answer(update: dict[str, Any]) -> None:
        await call("sendMessage", chat_id=update["message"]["chat"]["id"], text="card")

    async def poll() -> None:
        while True:
            for update in await call("getUpdates"):
                task = asyncio.create_task(answer(update))
                under_way.add(task)
                task.add_done_callback(under_way.discard)

    polling = asyncio.create_task(poll())

    async def stop() -> None:
        polling.cancel()
        await session.close()

    return stop


BOTS: dict[str, Callable[..., Awaitable[Callable[[], Awaitable[None]]]]] = {
    "ours": ours,
    "day": day,
    "hooked": hooked,
    "called": called,
    "shop": shop,
    "alone": alone,
    "stock": stock,
    "aiohttp": aiohttp,
    "floor": floor,
}


_STRANGERS = {"shop", "stock", "aiohttp", "floor"}
"""The others are the program, and begin as `python -m bot` does."""


async def _main(name: str, url: str, database: str = "", *more: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    stop = await BOTS[name](url, database, *more)
    print("ready", flush=True)
    if name not in _STRANGERS:
        tidy_seldom()
    await stopped.wait()
    await stop()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
