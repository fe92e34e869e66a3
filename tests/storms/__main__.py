"""python -m tests.storms --seeds 2000: that many storms over all cores. --seed 17 replays one and tells its story."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.storms.breakages import BREAKAGES, broken
from tests.storms.storm import SIZE, run

_BATCH = 8
_SHOWN = 3

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Sum:
    """What many storms were, without their stories: those are replayed from their seeds."""

    storms: int = 0
    payments: int = 0
    instances: int = 0
    restarts: int = 0
    hours: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)

    def add(self, other: "Sum") -> None:
        self.storms += other.storms
        self.payments += other.payments
        self.instances += other.instances
        self.restarts += other.restarts
        self.hours += other.hours
        self.faults += other.faults
        self.endings += other.endings
        self.failed |= other.failed


def main(
    seeds: Annotated[int, typer.Option(help="How many storms.", min=1)] = 200,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    size: Annotated[int, typer.Option(help="Payments in each.", min=1)] = SIZE,
    jobs: Annotated[int, typer.Option(help="Processes; 0 is one for each core.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Replay this one, and tell all of it.")] = -1,
    breakage: Annotated[str, typer.Option(help=f"Break the program first: {', '.join(BREAKAGES)}.")] = "",
) -> None:
    if seed >= 0:
        _replay(seed, size, breakage)
        return
    began, total = perf_counter(), Sum()
    for part in _progress(seeds, first, size, jobs or os.cpu_count() or 1, breakage):
        total.add(part)
    _print(total, perf_counter() - began)
    for number in sorted(total.failed)[:_SHOWN]:
        _violations(number, size, breakage)
    raise typer.Exit(bool(total.failed))


def _progress(seeds: int, first: int, size: int, jobs: int, breakage: str) -> Iterator[Sum]:
    batches = [range(at, min(at + _BATCH, first + seeds)) for at in range(first, first + seeds, _BATCH)]
    columns = (
        TextColumn("storm"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[bad]}"),
    )
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(jobs) as pool:
        bar, bad = progress.add_task("storm", total=seeds, bad=""), 0
        for part in pool.map(weather_many, batches, [size] * len(batches), [breakage] * len(batches)):
            bad += len(part.failed)
            progress.update(bar, advance=part.storms, bad=f"{bad} violated" if bad else "")
            yield part


def weather_many(seeds: range, size: int, breakage: str = "") -> Sum:
    total = Sum()
    with broken(breakage):
        for seed in seeds:
            try:
                outcome = run(seed, size)
            except Exception as error:
                total.add(Sum(1, failed={seed: [f"the storm itself broke: {type(error).__name__}: {error}"]}))
                continue
            total.add(
                Sum(1, outcome.payments, outcome.instances, outcome.restarts, outcome.simulated / 3600,
                    outcome.faults, outcome.endings,
                    {seed: [violation.rule for violation in outcome.violations]} if outcome.violations else {})
            )  # fmt: skip
    return total


def _print(total: Sum, seconds: float) -> None:
    for title, counts in (("How payments ended", total.endings), ("What went wrong on purpose", total.faults)):
        table = Table(title=title, title_justify="left", show_header=False)
        table.add_column(justify="left")
        table.add_column(justify="right")
        for name, times in sorted(counts.items()):
            table.add_row(name, f"{times:,}")
        console.print(table)
    console.print(
        f"{total.storms:,} storms, {total.payments:,} payments, {total.faults.total():,} faults, "
        f"{total.instances:,} instances, {total.restarts:,} restarts, {total.hours:,.0f} simulated hours, "
        f"{seconds:.1f} s"
    )
    if total.failed:
        console.print(f"VIOLATED in {len(total.failed)} storms: {', '.join(map(str, sorted(total.failed)))}")
    else:
        console.print("Nothing was violated: the books are the ledger.")


def _violations(seed: int, size: int, breakage: str) -> None:
    with broken(breakage):
        outcome = run(seed, size)
    for violation in outcome.violations:
        console.print(f"\n== seed {seed}\n{violation}", markup=False)


def _replay(seed: int, size: int, breakage: str) -> None:
    with broken(breakage):
        outcome = run(seed, size)
    for line in outcome.story.lines:
        console.print(str(line), markup=False)
    for violation in outcome.violations:
        console.print(f"\n{violation}", markup=False)
    console.print(f"seed {seed}: {len(outcome.violations)} violations, story {outcome.digest[:16]}")
    raise typer.Exit(bool(outcome.violations))


if __name__ == "__main__":
    typer.run(main)
