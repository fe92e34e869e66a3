"""One line of the table that `make bench` prints."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """`met` None: nothing was promised. `ratios` are held against ratios.json: a higher one is better."""

    work: str
    measured: str
    goal: str = ""
    met: bool | None = None
    ratios: Mapping[str, float] = field(default_factory=dict)


def shown(rows: Sequence[Row]) -> str:
    lines = ["| work | measured in this run | goal | met |", "|---|---|---|---|"]
    verdicts = {True: "yes", False: "no", None: ""}
    lines += [f"| {row.work} | {row.measured} | {row.goal} | {verdicts[row.met]} |" for row in rows]
    return "\n".join(lines)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
