"""make demo: the payment sandbox, a local Telegram and the bot, and one address to open.

The bot is the production bot in a process of its own: only TELEGRAM_API_URL, the token and the payment system's
base URL differ.
"""

import asyncio
import contextlib
import shutil
import signal
from pathlib import Path

import typer

from bot.demo.programs import Program, clean_environment, free_port
from bot.demo.serve import serve
from bot.demo.switches import Switch

TOKEN = "5a9db0c05a9db0c05a9db0c05a9db0c05a9db0c0"  # noqa: S105 - public: it opens nothing but the sandbox
WEBHOOK_KEY = "sandbox-webhook-key"
_OURS = ("TELEGRAM_", "BOT_MODE", "PUBLIC_URL", "LISTEN", "OWNER_IDS", "ADMIN_CHAT_ID", "DATABASE_URL", "CAMPAY_")
_OURS += ("KPAY_", "NKAPSMART_", "SAURIPAY_", "DEFAULT_LANGUAGE", "TIMEZONE", "LOG_LEVEL", "GUICHET_")


async def play(port: int, *, folder: Path | None = None, log_level: str = "info") -> None:
    """Runs until it is told to stop. `folder` holds the books and the logs; each demo begins with clean ones."""
    books = (folder or Path.cwd() / ".demo").resolve()
    shutil.rmtree(books, ignore_errors=True)
    books.mkdir(parents=True)
    box_port, web_port = free_port(), free_port()
    box_url, web_url = f"http://127.0.0.1:{box_port}", f"http://127.0.0.1:{web_port}"
    clean = clean_environment(_OURS)
    box = Program(_sandbox(box_port, web_url), clean, books, f"{box_url}/control/state")
    bot: list[Program] = []

    async def toggle_bot() -> None:
        await bot[0].toggle()

    switches = {
        "sandbox": Switch(
            "CamPay en panne",
            "CamPay is down",
            box.toggle,
            lambda: not box.running,
            "Le système de paiement est tué, puis relancé.",
            "The payment system is killed, then started again.",
        ),
        "bot": Switch(
            "Le bot est mort",
            "The bot is dead",
            toggle_bot,
            lambda: not bot[0].running,
            "Le bot est tué en plein travail, puis relancé.",
            "The bot is killed at work, then started again.",
        ),
    }
    await box.start()
    try:
        async with serve(port=port, sandbox=box_url, switches=switches) as telegram:
            owner = telegram.add_user("Awa", "fr")
            stranger = telegram.add_user("Inconnu", "fr")
            group = telegram.add_group("Caisse", [owner, stranger])
            env = clean | {
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_API_URL": telegram.url,
                "OWNER_IDS": str(owner.id),
                "ADMIN_CHAT_ID": str(group.id),
                "CAMPAY_BASE_URL": box_url,
                "CAMPAY_TOKEN": TOKEN,
                "CAMPAY_WEBHOOK_KEY": WEBHOOK_KEY,
                "PUBLIC_URL": web_url,
                "LISTEN": f"127.0.0.1:{web_port}",
                "LOG_LEVEL": log_level,
            }
            bot.append(Program(["bot", "run"], env, books, f"{web_url}/health"))
            await bot[0].start()
            try:
                telegram.start(owner)
                typer.echo(f"\n  Guichet  {telegram.url}\n\n  Ctrl-C ends it. Logs: {books}\n")
                await _told_to_stop()
            finally:
                await bot[0].stop()
    finally:
        await box.stop()


def _sandbox(port: int, web_url: str) -> list[str]:
    return [
        "providers.sandbox",
        *("--port", str(port)),
        *("--ledger", "sandbox.db"),
        *("--token", TOKEN),
        *("--webhook-key", WEBHOOK_KEY),
        *("--callback-url", f"{web_url}/callbacks/campay"),
        *("--test-numbers", "ask"),
        *("--demo-limit", "0"),
    ]


async def _told_to_stop() -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
