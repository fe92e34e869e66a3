"""guichet person export and guichet person erase, as the operator types them: for every merchant at once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import typer

from bot.errors import UserError
from bot.payments import privacy
from bot.payments.phone import parse_phone
from bot.settings import BadSettings, Settings
from storage import chores
from storage.engine import Storage
from storage.keeping import sqlite

_STAYS = (
    ("open", "still open, in doubt or in review; erase again once they have ended"),
    ("refundable", "paid less than 30 days ago and may be wanted back; erase again then"),
    ("schedules", "on a schedule; end it in the chat first"),
)


def export(settings: Settings, phone: str, target: Path, now: datetime) -> None:
    msisdn = _msisdn(phone, settings)
    sqlite.private(target)
    with _books(settings) as (storage, merchants):
        held = {
            merchant_id: json.loads(storage.transact(privacy.export, merchant_id, msisdn, privacy.OPERATOR, now))
            for merchant_id in merchants
        }
    target.write_text(json.dumps(held, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    typer.echo(f"✓ {target}: {sum(len(one['payments']) for one in held.values())} payments")


def erase(settings: Settings, phone: str, now: datetime, *, sure: bool) -> None:
    if not sure:
        raise BadSettings("nobody can undo it: say --yes")
    msisdn = _msisdn(phone, settings)
    with _books(settings) as (storage, merchants):
        done = [
            storage.transact(privacy.erase, merchant_id, msisdn, privacy.OPERATOR, now) for merchant_id in merchants
        ]
    typer.echo(f"✓ Masked: {sum(one.masked for one in done)} payments, {sum(one.payees for one in done)} saved names")
    for name, why in _STAYS:
        if count := sum(getattr(one, name) for one in done):
            typer.echo(f"! Stays: {count} {why}")
    typer.echo("Not reached: messages in Telegram, the systems' own books, files taken out before, older backups.")


def _msisdn(phone: str, settings: Settings) -> str:
    try:
        return parse_phone(phone, settings.country).msisdn
    except UserError:
        raise BadSettings("PHONE: a mobile number, for example +237677123456") from None


@contextmanager
def _books(settings: Settings) -> Iterator[tuple[Storage, list[int]]]:
    storage = Storage(settings.database_url)
    try:
        storage.must_be_current()
        yield storage, [merchant.id or 0 for merchant in storage.transact(chores.merchants)]
    finally:
        storage.engine.dispose()
