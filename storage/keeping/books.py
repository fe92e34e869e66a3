"""What is counted of a database, whatever it is: before and after it was copied the same must be found."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlmodel import Session

from storage.revisions import migrations

P = ParamSpec("P")
T = TypeVar("T")

COUNTED = ("merchant", "person", "payment", "attempt", "event", "deed")


class Moment:
    """A database as it is at one moment, for whoever reads it transaction by transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def transact(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with Session(bind=self._connection, join_transaction_mode="rollback_only") as session:
            return work(session, *args, **kwargs)


def revision_of(connection: Connection) -> str:
    """Empty for a database without tables of ours."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest_revision() -> str:
    return ScriptDirectory.from_config(migrations()).get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether this version of the program has a way from there."""
    return revision in {script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()}


def counts(connection: Connection) -> dict[str, int]:
    present = set(inspect(connection).get_table_names())
    return {
        name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608 - our own names
        for name in COUNTED
        if name in present
    }


def heads(connection: Connection) -> dict[str, str]:
    if "chain" not in inspect(connection).get_table_names():
        return {}
    rows = connection.execute(text("SELECT merchant_id, digest FROM chain ORDER BY merchant_id"))
    return {str(merchant_id): digest for merchant_id, digest in rows}
