"""One line of the table that `make bench` prints."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """`met` None: nothing was promised. `ratios` are held against ratios.json: a higher one is better. `why`: what it
    ends at.
    """

    work: str
    measured: str
    goal: str = ""
    met: bool | None = None
    ratios: Mapping[str, float] = field(default_factory=dict)
    why: str = ""


def shown(rows: Sequence[Row]) -> str:
    lines = ["| work | measured in this run | goal | met |", "|---|---|---|---|"]
    lines += [f"| {row.work} | {row.measured} | {row.goal} | {_verdict(row)} |" for row in rows]
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    said = {True: "yes", False: "no", None: ""}[row.met]
    return ": ".join(filter(None, [said, "" if row.met else row.why]))


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
