"""guichet rehearse: a Telegram and the payment systems on this machine, for a bot that is set up and started by hand.

What BotFather and the systems' dashboards would give stands in a file, as lines for .env.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import typer

from bot.demo.accounts import variables
from bot.demo.programs import Program, clean_environment, free_port
from bot.demo.run import SETTINGS, refuse_if_taken, sandbox_of, told_to_stop
from bot.demo.serve import serve


async def rehearse(port: int, bot_url: str, lines: Path, *, language: str = "fr", folder: Path | None = None) -> None:
    """Runs until it is told to stop. `lines` is written once everything answers. Raises OSError for a taken port."""
    refuse_if_taken(port)
    _forget(lines)
    books = (folder or Path.cwd() / ".demo" / str(port)).resolve()
    shutil.rmtree(books, ignore_errors=True)
    books.mkdir(parents=True)
    box_url = f"http://127.0.0.1:{free_port()}"
    clean = clean_environment(SETTINGS)
    box = Program(sandbox_of(box_url, bot_url), clean, books, f"{box_url}/control/state", talkative=True)
    await box.start()
    try:
        async with serve(port=port, sandbox=box_url) as telegram:
            owner = telegram.add_user("Awa", language)
            group = telegram.add_group("Caisse", [owner])
            given = {
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_API_URL": telegram.url,
                "OWNER_IDS": str(owner.id),
                "ADMIN_CHAT_ID": str(group.id),
                **variables(box_url, bot_url),
            }
            _write(lines, given)
            typer.echo(f"Telegram and its page: {telegram.url}\nLines for .env: {lines}\nCtrl-C ends it.")
            await told_to_stop()
    finally:
        _forget(lines)
        await box.stop()


def _write(lines: Path, given: Mapping[str, str]) -> None:
    """Whole or not at all: somebody waits for it."""
    half = lines.with_suffix(".part")
    half.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    half.rename(lines)


def _forget(lines: Path) -> None:
    lines.unlink(missing_ok=True)
