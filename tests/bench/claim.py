"""Claiming what is due among a million finished payments against a thousand, on both databases, in turns."""

import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from storage import diary
from storage.engine import Storage
from storage.states import IN_FLIGHT, MAY_BE_CONTRADICTED
from tests.bench import sweep
from tests.bench.table import Row, median
from tests.postgres import NoPostgres, running

ROUNDS = 15
DUE, AT_ONCE = 2_000, 64
FEW, MANY, SOME = 1_000, 1_000_000, 50_000

_FINISHED = """
    INSERT INTO payment ({columns}) SELECT {values}
    FROM payment AS one, ({numbers}) AS number
    WHERE one.id = 'P000000000'
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT i FROM n",
    "postgresql": "SELECT i FROM generate_series(1, {many}) AS i",
}


def run(*, short: bool = False) -> list[Row]:
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pairs = {"SQLite": [f"sqlite:///{folder / name}.db" for name in ("few", "many")]}
        try:
            server = stack.enter_context(running())
            pairs["PostgreSQL"] = [server.new_database(), server.new_database()]
        except NoPostgres as error:
            print(f"PostgreSQL left out: {error}")
        for name, urls in pairs.items():
            if short and name != "SQLite":
                continue
            rows.append(_compare(name, urls[0], urls[1], SOME if short else MANY))
    return rows


def _compare(name: str, few: str, many: str, finished: int) -> Row:
    books = [_filled(few, FEW), _filled(many, finished)]
    took: list[list[float]] = [[], []]
    for number in range(ROUNDS + 1):
        for storage, times in zip(books, took, strict=True):
            began = time.process_time() if name == "SQLite" else time.perf_counter()
            assert len(_claim(storage)) == AT_ONCE
            ended = time.process_time() if name == "SQLite" else time.perf_counter()
            if number:
                times.append(ended - began)
    for storage in books:
        storage.engine.dispose()
    small, large = (median(times) for times in took)
    measured = f"{large * 1e3:.1f} ms for {AT_ONCE} against {small * 1e3:.1f} ms: {large / small:.2f} x"
    print(f"{name}: {measured}")
    work = f"claiming what is due with {finished:,} finished payments, {name}"
    return Row(work, measured, f"1.2 x the cost with {FEW:,}", large <= 1.2 * small, {f"claim: {name}": small / large})


def _claim(storage: Storage) -> list[object]:
    now = datetime.now(UTC)
    among = IN_FLIGHT | MAY_BE_CONTRADICTED
    lease = timedelta(seconds=60)
    return list(storage.transact(diary.claim_due, among, now=now, lease=lease, limit=AT_ONCE))


def _filled(url: str, finished: int) -> Storage:
    storage = Storage(url)
    sweep.fill(storage, DUE)
    told = {"id": "'F' || number.i", "intent": "'f:' || number.i", "state": "'succeeded'", "settled_at": "one.sent_at"}
    with storage.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # a million rows take their time
        names = list(storage_columns())
        values = ", ".join(told.get(name, f'one."{name}"') for name in names)
        numbers = _NUMBERS[connection.dialect.name].format(many=finished)
        columns = ", ".join(f'"{name}"' for name in names)
        connection.execute(text(_FINISHED.format(columns=columns, values=values, numbers=numbers).replace(":", r"\:")))
        connection.execute(text("UPDATE payment SET due_at = sent_at WHERE state = 'pending'"))
    with storage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return storage


def storage_columns() -> list[str]:
    from storage.models import Payment

    return [column.name for column in Payment.__table__.columns]  # type: ignore[attr-defined]
