"""Which version of the tables there is, and which this program knows. Not how one becomes the other: that needs a
library of nine megabytes, which a program whose tables are current never loads.
"""

import functools
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlmodel import Session

MIGRATIONS = Path(__file__).parent / "migrations"


class Age(StrEnum):
    """Of the tables, as this program sees them."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def age(session: Session) -> Age:
    found = revision_of(session.connection())
    if not found:
        return Age.NONE
    if found == newest():
        return Age.CURRENT
    return Age.OLDER if found in known() else Age.NEWER


def revision_of(connection: Connection) -> str:
    """Empty for a database without tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def newest() -> str:
    return known()[-1]


@functools.cache
def known() -> tuple[str, ...]:
    """By the names of the scripts, 0001_what_it_does.py, the newest last."""
    return tuple(sorted(script.name.partition("_")[0] for script in MIGRATIONS.glob("versions/[0-9]*.py")))
