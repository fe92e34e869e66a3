"""Alembic's entry: works on the connection that storage.engine hands over."""

from typing import Literal

from alembic import context
from sqlmodel import SQLModel

from storage.models import OneOf

connection = context.config.attributes["connection"]


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """A migration must not depend on the program's enums, which go on changing."""
    return "sa.Text()" if kind == "type" and isinstance(item, OneOf) else False


context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="",
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
