"""Alembic's entry: works on the connection that storage.engine hands over."""

from alembic import context
from sqlmodel import SQLModel

import storage.models

assert storage.models  # noqa: S101 - importing it fills SQLModel.metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="",
)
with context.begin_transaction():
    context.run_migrations()
