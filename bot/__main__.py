"""python -m bot (or guichet): run, check, migrate, backup, restore, rotate-key, demo ..."""

import asyncio
import contextlib
import errno
import secrets
import signal
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError
from telegram.error import InvalidToken

from bot import logs
from bot.app import App
from bot.errors import UserError
from bot.payments.team import fit_name
from bot.rooms.world import World
from bot.settings import BadSettings, Settings, read_environment
from bot.tidying import tidy_seldom
from providers.errors import Misconfigured
from providers.redaction import Redactor
from storage import audit, factors, merchants, sealing
from storage.engine import OldTables, Storage
from storage.keeping.manifest import BadBackup
from storage.models import Merchant
from storage.sealing import NoKey, Sealer, WrongKey

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="A payment counter in Telegram.")
audit_cli = typer.Typer(no_args_is_help=True, help="What was recorded, and whether it still is what it was.")
cli.add_typer(audit_cli, name="audit")
person_cli = typer.Typer(no_args_is_help=True, help="What is held on one phone number.")
cli.add_typer(person_cli, name="person")


class Language(StrEnum):
    FR = "fr"
    EN = "en"


class Mode(StrEnum):
    POLLING = "polling"
    WEBHOOK = "webhook"


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@cli.command()
def run() -> None:
    """Opens the counter, with the variables of the environment and of .env."""
    with _mendable():
        env = read_environment()
        settings = Settings.read(env)
        redact = Redactor()
        redact.learn(settings.secrets())
        logs.set_up(settings.log_level, redact)
        app = App(settings, env, World(learn=redact.learn))
        redact.learn(app.secrets())
        asyncio.run(_until_stopped(app))


async def _until_stopped(app: App) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C still works there
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    opening = asyncio.create_task(app.start())
    waiting = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({opening, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            opening.result()
            tidy_seldom()
            await waiting
    finally:
        opening.cancel()
        waiting.cancel()
        await app.stop()


@cli.command()
def check() -> None:
    """Tries all that can be tried without moving money, and says what to mend."""
    from bot.check import check_all

    env = read_environment()
    logs.set_up("error", Redactor())
    raise typer.Exit(asyncio.run(check_all(env)))


@cli.command()
def migrate() -> None:
    """Brings the database to this version; `run` does so by itself."""
    with _mendable(), _books(Settings.read(read_environment())) as storage:
        storage.migrate()


@cli.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The folder for it.", file_okay=False)],
    keep: Annotated[int | None, typer.Option(help="How many to keep there; older ones go.", min=1)] = None,
) -> None:
    """Copies the database while the bot runs, proves the copy, and describes it in a file beside it."""
    from bot import keeping

    with _mendable("No backup was taken"):
        keeping.keep(Settings.read(read_environment()), target, keep, datetime.now(UTC))


@cli.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A backup, or the folder with the newest.", exists=True)],
    replace: Annotated[bool, typer.Option("--replace", help="Over books with payments, which are set aside.")] = False,
) -> None:
    """Puts a backup back while the bot stands still. What may have left since is in doubt and never sent again."""
    from bot import keeping

    with _mendable("Nothing was restored"):
        keeping.put_back(Settings.read(read_environment()), source, replace=replace, now=datetime.now(UTC))


@cli.command()
def move_database(
    source: Annotated[str, typer.Argument(help="Its address, as in DATABASE_URL.")],
    target: Annotated[str, typer.Argument(help="An empty database's; DATABASE_URL if it is left out.")] = "",
) -> None:
    """Takes all that is remembered to another database, of the other kind too, and proves the books equal."""
    from bot import moving

    with _mendable("Nothing was moved"):
        moving.take_over(source, target or Settings.read(read_environment()).database_url)


@cli.command()
def new_key() -> None:
    """Prints a fresh key for GUICHET_SECRET_KEY."""
    typer.echo(secrets.token_urlsafe(32))


@cli.command()
def rotate_key() -> None:
    """Seals everything anew with the first key of GUICHET_SECRET_KEY; the others can go then."""
    with _mendable():
        settings = Settings.read(read_environment())
        if not settings.secret_keys:
            raise NoKey("GUICHET_SECRET_KEY is missing: the new key, a comma, the old one")
        with _books(settings) as storage:
            storage.migrate()
            count = storage.transact(sealing.reseal, Sealer(settings.secret_keys))
        typer.echo(f"Sealed with the first key: {count}. The other keys can go, once no program runs with them alone.")


@cli.command()
def forget_factor(person: Annotated[int, typer.Argument(help="Their Telegram id.")]) -> None:
    """For who lost the phone with their codes: they set up a new one with /protect."""
    with _mendable(), _books(Settings.read(read_environment())) as storage:
        storage.must_be_current()
        storage.transact(factors.forget, person)


@cli.command()
def add_merchant(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    owner: Annotated[int, typer.Option(help="Its first owner's Telegram id.", min=1)],
) -> None:
    """Lets another merchant in at this counter; its owner connects its accounts with /connect."""
    with _mendable():
        settings = Settings.read(read_environment())
        now = datetime.now(UTC)
        model = Merchant(
            name="",
            country=settings.country,
            timezone=settings.timezone,
            language=settings.default_language,
            created_at=now,
        )
        with _books(settings) as storage:
            storage.must_be_current()
            merchant = storage.transact(merchants.add, _fit(name), owner, model, now=now)
        typer.echo(f"merchant {merchant.id}: {merchant.name}, owned by {owner}, who writes /start to the bot.")


def _fit(name: str) -> str:
    try:
        return fit_name(name)
    except UserError:
        raise BadSettings("NAME: one line, 40 characters at most") from None


@person_cli.command("export")
def person_export(
    phone: Annotated[str, typer.Argument(help="The number, with its country: +237677123456.")],
    target: Annotated[Path, typer.Argument(help="The file to write; there must be none yet.")],
) -> None:
    """Everything that is held on one number, of every merchant, as JSON."""
    from bot import persons

    with _mendable("Nothing was written"):
        persons.export(Settings.read(read_environment()), phone, target, datetime.now(UTC))


@person_cli.command("erase")
def person_erase(
    phone: Annotated[str, typer.Argument(help="The number, with its country: +237677123456.")],
    sure: Annotated[bool, typer.Option("--yes", help="Nobody can undo it.")] = False,
) -> None:
    """Masks one number and its names for good, and says what has to stay and why."""
    from bot import persons

    with _mendable("Nothing was erased"):
        persons.erase(Settings.read(read_environment()), phone, datetime.now(UTC), sure=sure)


@audit_cli.command("verify")
def audit_verify() -> None:
    """Proves that no event and no deed was changed, removed or moved; names the first one that was."""
    with _mendable(), _books(Settings.read(read_environment())) as storage:
        storage.must_be_current()
        verdicts = audit.verify(storage)
    for one in verdicts:
        said = f"✗ {one.fault}; whole before it: {one.checked}" if one.fault else f"✓ {one.checked} records"
        typer.echo(f"merchant {one.merchant_id}: {said}, the last {one.digest or 'none'}")
    typer.echo(f"Checked: {sum(one.checked for one in verdicts)} records.")
    raise typer.Exit(int(any(one.fault for one in verdicts)))


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page is served.", min=1, max=65535)] = 8800,
    language: Annotated[Language, typer.Option(help="What the merchant's Telegram speaks.")] = Language.FR,
    log_level: Annotated[Level, typer.Option(help="How much the bot's log says.")] = Level.INFO,
    mode: Annotated[Mode, typer.Option(help="Whether the bot asks for messages or has them brought.")] = Mode.POLLING,
) -> None:
    """The whole counter on this machine: no token, no account, no network."""
    from bot.demo.run import play

    try:
        asyncio.run(play(port, language=language.value, log_level=log_level.value, mode=mode.value))
    except OSError as error:
        typer.echo(f"Port {port} can't be used ({error.strerror}). Take another: --port 8801", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        return


@cli.command()
def rehearse(
    port: Annotated[int, typer.Option(help="Where Telegram and its page are.", min=1, max=65535)] = 8800,
    bot_url: Annotated[str, typer.Option(help="Where your bot will hear.")] = "http://127.0.0.1:8080",
    lines: Annotated[Path, typer.Option(help="Gets the lines for .env.")] = Path("rehearsal.env"),
) -> None:
    """A Telegram and the payment systems on this machine, for a bot that you set up and start yourself."""
    from bot.demo.rehearsal import rehearse as play

    with _mendable("The rehearsal can't begin"):
        asyncio.run(play(port, bot_url, lines))


_MENDABLE = (
    BadSettings,
    BadBackup,
    Misconfigured,
    NoKey,
    WrongKey,
    OldTables,
    InvalidToken,
    OSError,
    OperationalError,
)


@contextlib.contextmanager
def _books(settings: Settings) -> Generator[Storage, None, None]:
    storage = Storage(settings.database_url)
    try:
        yield storage
    finally:
        storage.engine.dispose()


@contextlib.contextmanager
def _mendable(failed: str = "Guichet can't start") -> Generator[None, None, None]:
    """What a person can mend is said in a line each, without a traceback."""
    try:
        yield
    except _MENDABLE as error:
        typer.echo(f"{failed}:\n{_words(error)}", err=True)
        sys.exit(1)


def _words(error: Exception) -> str:
    if isinstance(error, InvalidToken):
        return "TELEGRAM_BOT_TOKEN: Telegram refused it"
    if isinstance(error, OperationalError):
        return f"DATABASE_URL: {str(error.orig).splitlines()[0]}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "LISTEN: another program has this address"
    return str(error)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
