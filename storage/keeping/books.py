"""What is counted of a database, whatever it is: before and after it was copied the same must be found."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlmodel import Session

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
