"""guichet check: everything that can be tried without moving money."""

from collections.abc import Mapping
from html import unescape
from pathlib import Path

import typer

from bot.rooms.world import World
from bot.texts import Voice
from bot.watch.doctor import Doctor
from bot.watch.examine.books import Free, free
from bot.watch.findings import Level
from providers.redaction import Redactor
from providers.settings import is_placeholder

_SIGNS = {Level.FINE: "✓", Level.HINT: "·", Level.WRONG: "✗"}


async def check_all(
    env: Mapping[str, str], *, world: World | None = None, folder: Path | None = None, free: Free = free
) -> int:
    """Prints a line for each thing; 0 where all is well."""
    faults, world = 0, world or World()
    redact = Redactor(_secrets(env))
    async for finding in Doctor(env, world.now, world.network, folder or Path.cwd(), free).examine():
        told = redact(unescape(str(finding.say(Voice("en", "UTC")))))
        typer.echo(f"{_SIGNS[finding.level]} {finding.about}{': ' + told if told else ''}")
        faults |= finding.level is Level.WRONG
    return int(faults)


def _secrets(env: Mapping[str, str]) -> list[str]:
    """Whatever is called so, whether it can be used or not: a wrong one is somebody's right one."""
    words = ("TOKEN", "KEY", "SECRET", "PASSWORD")
    return [value for name, value in env.items() if any(word in name for word in words) and not is_placeholder(value)]
