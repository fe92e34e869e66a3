"""guichet backup and guichet restore, as the operator types them."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import typer

from bot.payments import restored
from bot.settings import Settings
from storage import sealing
from storage.engine import Storage
from storage.keeping import backup, manifest, restore
from storage.keeping.restore import Restored
from storage.sealing import NoKey, Sealer, WrongKey

KEY_APART = (
    "GUICHET_SECRET_KEY is not in it, and what is sealed opens with that alone: keep the key too, in another place."
)


def keep(settings: Settings, folder: Path, most: int | None, now: datetime) -> None:
    """Raises BadBackup."""
    data = backup.take(settings.database_url, folder, now=now, version=version("guichet"))
    told = manifest.Manifest.read(manifest.beside(data))
    typer.echo(f"✓ {data}: {_counted(told.counts)}, {told.size} bytes, sha256 {told.sha256[:16]}…")
    if not told.audited:
        typer.echo(f"! The tables are of another version ({told.revision}): the chain of records was not walked.")
    for gone in manifest.rotate(folder, most) if most else []:
        typer.echo(f"- {gone.name.removesuffix('.json')}")
    typer.echo(KEY_APART)


def put_back(settings: Settings, source: Path, *, replace: bool, now: datetime) -> None:
    """Raises BadBackup."""
    told, _ = manifest.find(source)
    doubts: list[int] = []
    done = restore.put_back(
        settings.database_url,
        source,
        lambda session: doubts.append(restored.settle(session, told.taken_at, now)),
        now=now,
        replace=replace,
    )
    for line in _what_to_know(done, doubts[-1]):
        typer.echo(line)
    _tell_of_key(settings)


def _what_to_know(done: Restored, doubts: int) -> list[str]:
    taken = f"{done.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"✓ The books are as they were at {taken}: {_counted(done.manifest.counts)}."]
    if done.aside:
        lines.append(f"  What stood there before is set aside: {done.aside}")
    return [
        *lines,
        "What was paid after that time is not in them. Until a person has looked:",
        "  - All money out is paused for every merchant; an owner lets it go again with /resume.",
        f"  - {doubts} payments that may have left since are in doubt: asked about, never sent again (/review).",
        "  - What was open is asked about as soon as the bot runs, and the days since are compared with the systems'",
        "    statements by themselves; what they know and we do not is told to the owners (/reconcile does it again).",
        "  - Open invitations ended. Roles, limits, saved payees, schedules and accounts are those of that time:",
        "    whoever was removed since is back; who was erased since has to be erased again.",
    ]


def _tell_of_key(settings: Settings) -> None:
    storage = Storage(settings.database_url)
    try:
        storage.transact(sealing.prove, Sealer(settings.secret_keys))
    except (NoKey, WrongKey) as error:
        typer.echo(f"! {error}. The bot does not start without it.")
    finally:
        storage.engine.dispose()


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts.get(name, 0)} {name}s" for name in ("payment", "event", "merchant"))
