"""guichet move-database, as the operator types it."""

import typer

from bot.settings import BadSettings, known_database
from storage.keeping.move import move


def take_over(source: str, target: str) -> None:
    """Raises BadSettings, BadBackup."""
    for url in (source, target):
        try:
            known_database(url)
        except ValueError as error:
            raise BadSettings(f"an address is {error}") from None
    moved = move(source, target)
    for name, rows in moved.rows.items():
        typer.echo(f"✓ {name}: {rows} rows, the same on both sides")
    for one in moved.totals:
        typer.echo(f"✓ {one.state}: {one.payments} payments, {one.amount} {one.currency} in the smallest unit")
    for chain in moved.chains:
        typer.echo(f"✓ merchant {chain.merchant_id}: {chain.checked} records, the last {chain.digest or 'none'}")
    typer.echo("The books are equal. Set DATABASE_URL to the new address, keep GUICHET_SECRET_KEY, and start the bot.")
    typer.echo("The old database was not changed. Do not open the counter with it again: it would pay a second time.")
