"""Makes old tables into this version's. Loaded only where that is to be done: alembic is nine megabytes of memory."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.revisions import MIGRATIONS


def migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(connection: Connection) -> None:
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
