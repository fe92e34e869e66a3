"""python -m tests.realstorm --seconds 120: one storm of real processes, told in figures."""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.postgres import NoPostgres, running
from tests.realstorm.storm import Outcome, run
from tests.realstorm.street import Mode


def main(
    seconds: Annotated[float, typer.Option(help="How long the bad weather lasts.", min=5)] = 120,
    seed: Annotated[
        int, typer.Option(help="What people, faults and the killer draw; not in which order it meets.")
    ] = 0,
    mode: Annotated[
        Mode, typer.Option(help="Whether the instances ask for messages, or have them brought by a proxy.")
    ] = Mode.WEBHOOK,
    group: Annotated[bool, typer.Option(help="A group is told as well, as slowly as Telegram allows.")] = True,
) -> None:
    seed = seed or random.randrange(1, 1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="realstorm-"))
    typer.echo(f"seed {seed}, {mode}, {seconds:.0f} s; logs: {folder}")
    try:
        with running() as postgres:
            outcome = asyncio.run(run(folder, postgres, seconds=seconds, seed=seed, group=group, mode=mode))
    except NoPostgres as error:
        typer.echo(f"no PostgreSQL can be started here: {error}", err=True)
        raise typer.Exit(2) from None
    _print(outcome)
    raise typer.Exit(bool(outcome.report.flaws))


def _print(outcome: Outcome) -> None:
    report = outcome.report
    for figures in (report.figures, report.endings, outcome.counts):
        typer.echo("\n".join(f"{count:6} {name}" for name, count in sorted(figures.items())) + "\n")
    typer.echo(f"{outcome.seconds:.0f} s in all, settled {outcome.settled_in:.0f} s after the storm")
    for rule, what in report.flaws:
        typer.echo(f"VIOLATED {rule}: {what}")
    typer.echo(f"violated: {len(report.flaws)}")


if __name__ == "__main__":
    typer.run(main)
