"""make demo: the payment sandbox, a local Telegram and the bot, and one address to open.

The bot is the production bot in a process of its own: only TELEGRAM_API_URL, the token and the payment systems'
addresses differ.
"""

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
from pathlib import Path

import typer

from bot.demo.accounts import CAMPAY_TOKEN, CAMPAY_WEBHOOK_KEY, variables
from bot.demo.programs import Program, clean_environment, free_port
from bot.demo.serve import serve
from bot.demo.switches import Switch

_STRANGER = {"fr": "Inconnu", "en": "Stranger"}
_GROUP = {"fr": "Caisse", "en": "Counter"}
SETTINGS: tuple[str, ...] = (
    "TELEGRAM_",
    "BOT_MODE",
    "PUBLIC_URL",
    "LISTEN",
    "OWNER_IDS",
    "ADMIN_CHAT_ID",
    "DATABASE_URL",
    "CAMPAY_",
)
SETTINGS += ("KPAY_", "NKAPSMART_", "SAURIPAY_", "DEFAULT_LANGUAGE", "TIMEZONE", "LOG_LEVEL", "GUICHET_")


async def play(
    port: int, *, language: str = "fr", log_level: str = "info", mode: str = "polling", folder: Path | None = None
) -> None:
    """Runs until it is told to stop. `folder` holds the books and the logs; each demo begins with clean ones."""
    refuse_if_taken(port)
    books = (folder or Path.cwd() / ".demo" / str(port)).resolve()
    shutil.rmtree(books, ignore_errors=True)
    books.mkdir(parents=True)
    box_url, web_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    clean = clean_environment(SETTINGS)
    box = Program(sandbox_of(box_url, web_url), clean, books, f"{box_url}/control/state", talkative=True)
    bot = Program(["bot", "run"], clean, books, f"{web_url}/health")
    await box.start()
    try:
        async with serve(port=port, sandbox=box_url, switches=_switches(box, bot)) as telegram:
            owner = telegram.add_user("Awa", language)
            stranger = telegram.add_user(_STRANGER[language], language)
            group = telegram.add_group(_GROUP[language], [owner, stranger])
            bot.env = clean | {
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_API_URL": telegram.url,
                "OWNER_IDS": str(owner.id),
                "ADMIN_CHAT_ID": str(group.id),
                "DEFAULT_LANGUAGE": language,
                **variables(box_url, web_url),
                "PUBLIC_URL": web_url,
                "LISTEN": web_url.removeprefix("http://"),
                "BOT_MODE": mode,
                "TELEGRAM_WEBHOOK_SECRET": secrets.token_urlsafe(32),
                "LOG_LEVEL": log_level,
                "GUICHET_SECRET_KEY": secrets.token_urlsafe(32),
            }
            await bot.start()
            try:
                telegram.start(owner)
                typer.echo(f"\n  Guichet  {telegram.url}\n\n  Ctrl-C ends it. Logs: {books}\n")
                await told_to_stop()
            finally:
                await bot.stop()
    finally:
        await box.stop()


def refuse_if_taken(port: int) -> None:
    """Before anything is deleted: another demo may be running there. Raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def _switches(box: Program, bot: Program) -> dict[str, Switch]:
    return {
        "sandbox": Switch(
            "Les systèmes de paiement en panne",
            "The payment systems are down",
            box.toggle,
            lambda: not box.running,
            "Les quatre sont tués, puis relancés.",
            "All four are killed, then started again.",
        ),
        "bot": Switch(
            "Le bot est mort",
            "The bot is dead",
            bot.toggle,
            lambda: not bot.running,
            "Le bot est tué en plein travail, puis relancé.",
            "The bot is killed at work, then started again.",
        ),
    }


def sandbox_of(box_url: str, web_url: str) -> list[str]:
    return [
        "providers.sandbox",
        *("--port", box_url.rpartition(":")[2]),
        *("--ledger", "sandbox.db"),
        *("--token", CAMPAY_TOKEN),
        *("--webhook-key", CAMPAY_WEBHOOK_KEY),
        *("--callback-url", f"{web_url}/callbacks/campay"),
        *("--app-name", "Boutique Awa"),
        *("--test-numbers", "ask"),
        *("--demo-limit", "0"),
        "--local-redirects",
    ]


async def told_to_stop() -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
