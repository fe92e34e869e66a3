"""guichet check: everything that can be tried without moving money."""

from collections.abc import AsyncIterator, Mapping
from html import unescape
from pathlib import Path

import typer

from bot.rooms.world import World
from bot.texts import Voice
from bot.watch.examine import variables
from bot.watch.examine.accounts import examine_accounts
from bot.watch.examine.address import examine_address
from bot.watch.examine.books import Free, examine_database, examine_disk, free
from bot.watch.examine.telegram import Telegram
from bot.watch.findings import Finding, Level
from providers.redaction import Redactor
from providers.settings import is_placeholder

_SIGNS = {Level.FINE: "✓", Level.HINT: "·", Level.WRONG: "✗"}


async def check_all(
    env: Mapping[str, str], *, world: World | None = None, folder: Path | None = None, free: Free = free
) -> int:
    """Prints a line for each thing; 0 where all is well."""
    faults = 0
    redact = Redactor(_secrets(env))
    async for finding in findings(env, world or World(), folder or Path.cwd(), free):
        told = redact(unescape(str(finding.say(Voice("en", "UTC")))))
        typer.echo(f"{_SIGNS[finding.level]} {finding.about}{': ' + told if told else ''}")
        faults |= finding.level is Level.WRONG
    return int(faults)


async def findings(env: Mapping[str, str], world: World, folder: Path, free: Free) -> AsyncIterator[Finding]:
    """As they come: what is near first, what is asked of others after it."""
    read = variables.read(env, folder)
    settings = read.settings
    for finding in read.findings:
        yield finding
    if "DATABASE_URL" not in read.bad:
        for finding in [*examine_disk(settings, free), *await examine_database(settings)]:
            yield finding
    if "TELEGRAM_BOT_TOKEN" not in read.bad:
        known = settings.model_copy(update={"owner_ids": ()}) if "OWNER_IDS" in read.bad else settings
        for finding in await Telegram(known, world.now, world.network()).examine():
            yield finding
    if not read.bad & {"PUBLIC_URL", "LISTEN"}:
        for finding in await examine_address(settings, world.network()):
            yield finding
    for finding in await examine_accounts(env, settings, world.now, world.network):
        yield finding


def _secrets(env: Mapping[str, str]) -> list[str]:
    """Whatever is called so, whether it can be used or not: a wrong one is somebody's right one."""
    words = ("TOKEN", "KEY", "SECRET", "PASSWORD")
    return [value for name, value in env.items() if any(word in name for word in words) and not is_placeholder(value)]
