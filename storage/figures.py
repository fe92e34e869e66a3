"""What came in and went out in a time, summed where the rows are: a month of them is never loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, case, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col, select

from storage.models import Payment
from storage.states import OPEN, State

_LONGEST_LIFE = timedelta(days=31)
"""From a payment's first line to its end: lets the index on creation serve."""


class seconds_between(GenericFunction[float]):  # noqa: N801 - it reads as the function of the database that it is
    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _by_epoch(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({end} - {start}))"


@compiles(seconds_between, "sqlite")
def _by_julian_day(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@dataclass(frozen=True, slots=True)
class Sum:
    """Of what ended in one slot alike. `fees` are the known ones, `untold` counts those that are not known."""

    slot: int
    kind: str
    currency: str
    provider: str
    operator: str
    state: State
    count: int
    amount: int
    fees: int
    untold: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Seconds from the request to the money: of the half, and of nine in ten, that were fastest."""

    median: float
    nine_of_ten: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What has not ended."""

    kind: str
    currency: str
    state: State
    count: int
    amount: int


def ended(
    session: Session, merchant_id: int, bounds: Sequence[datetime], *, asker_id: int | None = None
) -> Sequence[Sum]:
    """Succeeded and failed; slot n lies from `bounds[n]` until `bounds[n + 1]`."""
    slot = case(*((col(Payment.settled_at) < end, number) for number, end in enumerate(bounds[1:]))).label("slot")
    alike = (
        slot, Payment.kind, Payment.currency, Payment.provider, Payment.operator, col(Payment.state),
    )  # fmt: skip
    untold = func.sum(case((col(Payment.fee).is_(None), 1), else_=0))
    wanted: Any = select(  # type: ignore[call-overload]
        *alike, func.count(), func.sum(Payment.amount), func.coalesce(func.sum(Payment.fee), 0), untold
    )
    rows = session.execute(
        wanted.where(*_settled(merchant_id, bounds, asker_id), col(Payment.state).in_([State.SUCCEEDED, State.FAILED]))
        .group_by(*alike)
        .order_by(*alike)
    )
    return [Sum(*row[:7], *map(int, row[7:])) for row in rows]


def waited(
    session: Session, merchant_id: int, bounds: Sequence[datetime], *, asker_id: int | None = None
) -> dict[str, Waited]:
    """By currency, of requests that were paid."""
    seconds = seconds_between(Payment.confirmed_at, Payment.settled_at).label("seconds")
    currency = col(Payment.currency)
    ranked = (
        select(
            Payment.currency,
            seconds,
            func.row_number().over(partition_by=currency, order_by=seconds).label("place"),
            func.count().over(partition_by=currency).label("count"),
        )
        .where(
            *_settled(merchant_id, bounds, asker_id),
            Payment.kind == "collection",
            Payment.state == State.SUCCEEDED,
            col(Payment.confirmed_at).is_not(None),
        )
        .subquery()
    )
    place, count = ranked.c.place, ranked.c.count
    half, most = (count + 1) // 2, (count * 9 + 9) // 10
    found: dict[str, list[float]] = {}
    rows = session.execute(
        select(ranked.c.currency, ranked.c.seconds)
        .where((place == half) | (place == most))
        .order_by(ranked.c.currency, place)
    )
    for of, took in rows:
        found.setdefault(of, []).append(float(took))
    return {of: Waited(times[0], times[-1]) for of, times in found.items()}


def standing(session: Session, merchant_id: int, *, asker_id: int | None = None) -> Sequence[Standing]:
    """What is open now, and what a person must decide."""
    alike = (Payment.kind, Payment.currency, col(Payment.state))
    wanted: Any = select(*alike, func.count(), func.sum(Payment.amount))  # type: ignore[call-overload]
    open_now = (OPEN - {State.DRAFT}) | {State.REVIEW}
    rows = session.execute(
        wanted.where(Payment.merchant_id == merchant_id, col(Payment.state).in_(open_now), _of(asker_id))
        .group_by(*alike)
        .order_by(*alike)
    )
    return [Standing(kind, currency, state, count, int(amount)) for kind, currency, state, count, amount in rows]


def _settled(merchant_id: int, bounds: Sequence[datetime], asker_id: int | None) -> list[ColumnElement[bool]]:
    return [
        col(Payment.merchant_id) == merchant_id,
        col(Payment.created_at) >= bounds[0] - _LONGEST_LIFE,
        col(Payment.created_at) < bounds[-1],
        col(Payment.settled_at) >= bounds[0],
        col(Payment.settled_at) < bounds[-1],
        _of(asker_id),
    ]


def _of(asker_id: int | None) -> ColumnElement[bool]:
    return col(Payment.merchant_id).is_not(None) if asker_id is None else col(Payment.asker_id) == asker_id
