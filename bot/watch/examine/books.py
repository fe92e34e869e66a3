"""The database: whether it answers, can be written, is of this version, is opened by our key, and has room to grow."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.settings import Settings
from bot.watch.findings import Finding, fine, hint, wrong
from storage import revisions, sealing
from storage.engine import Storage
from storage.revisions import Age
from storage.sealing import NoKey, Sealer, WrongKey

Free = Callable[[Path], int]
"""Bytes that are free where this folder is."""

_ROOM = 500 * 2**20
_PATIENCE = 15.0


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def folder_of(settings: Settings) -> Path:
    """Where this machine writes: SQLite's file, or the folder that the program works in."""
    address = make_url(settings.database_url)
    file = address.database if address.get_backend_name() == "sqlite" else None
    return Path(file or "guichet.db").absolute().parent


def is_new(settings: Settings) -> bool:
    """SQLite's file is not there yet: whoever opens it would make it."""
    address = make_url(settings.database_url)
    return address.get_backend_name() == "sqlite" and not Path(address.database or "").exists()


def examine_disk(settings: Settings, free: Free) -> list[Finding]:
    folder = folder_of(settings)
    if not folder.is_dir():
        return [wrong("DATABASE_URL", "doctor.folder", folder=str(folder))]
    left = free(folder)
    if left < _ROOM:
        return [wrong("disk", "doctor.disk", folder=str(folder), size=f"{left // 2**20} MB")]
    return [fine("disk")]


async def examine_database(settings: Settings) -> list[Finding]:
    """Nothing is made or changed: a file that is not there yet is made by the first start."""
    if is_new(settings):
        return [fine("DATABASE_URL", "doctor.database.new")] if folder_of(settings).is_dir() else []
    storage = Storage(settings.database_url)
    try:
        async with asyncio.timeout(_PATIENCE):
            return await storage.run(_examine, Sealer(settings.secret_keys))
    except (DBAPIError, ImportError, TimeoutError) as error:
        why = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
        return [wrong("DATABASE_URL", "doctor.database.away", why=why.strip().splitlines()[0])]
    finally:
        await storage.close()


def _examine(session: Session, sealer: Sealer) -> list[Finding]:
    found = [_age(session), *_writable(session)]
    if revisions.age(session) is Age.CURRENT:
        found.append(_sealed(session, sealer))
    return found


def _age(session: Session) -> Finding:
    match revisions.age(session):
        case Age.NEWER:
            return wrong("DATABASE_URL", "doctor.database.newer")
        case Age.OLDER:
            return wrong("DATABASE_URL", "doctor.database.older")
        case Age.NONE:
            return fine("DATABASE_URL", "doctor.database.new")
    return fine("DATABASE_URL")


def _writable(session: Session) -> list[Finding]:
    """A change that changes nothing, and is not kept."""
    if revisions.age(session) is Age.NONE:
        return []
    try:
        with session.begin_nested():
            session.execute(text("UPDATE alembic_version SET version_num = version_num"))
    except DBAPIError as error:
        return [wrong("DATABASE_URL", "doctor.database.readonly", why=str(error.orig).splitlines()[0])]
    return []


def _sealed(session: Session, sealer: Sealer) -> Finding:
    try:
        sealing.prove(session, sealer)
    except NoKey:
        return wrong("GUICHET_SECRET_KEY", "doctor.key.missing")
    except WrongKey:
        return wrong("GUICHET_SECRET_KEY", "doctor.key.other")
    return fine("GUICHET_SECRET_KEY") if sealer.has_key else hint("GUICHET_SECRET_KEY", "doctor.key.none")
