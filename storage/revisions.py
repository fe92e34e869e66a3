"""Which version of the tables there is, and which this program knows."""

import functools
from enum import StrEnum
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import Session


class Age(StrEnum):
    """Of the tables, as this program sees them."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def age(session: Session) -> Age:
    found = MigrationContext.configure(session.connection()).get_current_revision()
    newest, *older = _known()
    if found is None:
        return Age.NONE
    if found == newest:
        return Age.CURRENT
    return Age.OLDER if found in older else Age.NEWER


@functools.cache
def _known() -> tuple[str, ...]:
    """The newest first. Reading all scripts takes tens of milliseconds, so they are read once."""
    return tuple(script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions())
