"""Each mistake that people make in a configuration is planted, and named; over the wire, and without moving money."""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from bot import demo
from bot.check import check_all
from bot.demo.handle import LocalTelegram
from bot.demo.limits import Limits
from bot.demo.people import Chat, User
from bot.demo.programs import free_port
from bot.rooms.world import World
from bot.watch.doctor import Doctor
from providers import sandbox
from storage.engine import Storage
from storage.models import Account
from storage.people import HOUSE
from storage.sealing import Sealer
from tests.books import NOON, OTHER_MERCHANT, found_house

OWNER = 710_001
KEY = "a-sealing-key-for-tests-0123456789"
OTHER_KEY = "another-sealing-key-for-tests-9876543210"
SECRET = "a-secret-of-the-webhook-alone"
OURS = "{PUBLIC_URL}/telegram"
PLENTY = 10**12


@dataclass
class Place:
    """What surrounds a configuration, all well until a mistake is planted."""

    telegram: LocalTelegram
    box: sandbox.Sandbox
    owner: User
    group: Chat
    folder: Path
    env: dict[str, str]
    ahead: timedelta = timedelta()
    free: int = PLENTY

    async def told(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
        capsys.readouterr()
        world = World(now=lambda: datetime.now(UTC) + self.ahead)
        code = await check_all(self.env, world=world, folder=self.folder, free=lambda _: self.free)
        return code, [line for line in capsys.readouterr().out.splitlines() if line[0] in "✓·✗"]


Plant = Callable[[Place], Awaitable[None]]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with demo.serve(limits=Limits.off()) as telegram, sandbox.serve(sandbox.Settings.instant()) as box:
        owner = telegram.add_user("Awa", "en", OWNER)
        telegram.start(owner)
        group = telegram.add_group("Counter", [owner])
        port = free_port()
        env = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "OWNER_IDS": str(owner.id),
            "ADMIN_CHAT_ID": str(group.id),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'guichet.db'}",
            "GUICHET_SECRET_KEY": KEY,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LISTEN": f"127.0.0.1:{port}",
            "CAMPAY_BASE_URL": box.url,
            "CAMPAY_TOKEN": box.settings.campay.token,
        }
        (tmp_path / "guichet.db").write_bytes(_founded())
        books = Storage(env["DATABASE_URL"])
        books.transact(_connect, box)
        books.engine.dispose()
        env["KPAY_BASE_URL"] = box.url
        yield Place(telegram, box, owner, group, tmp_path, env)


@cache
def _founded() -> bytes:
    """SQLite's, whatever the suite runs on: half of the mistakes are a file's."""
    with tempfile.TemporaryDirectory() as folder:
        books = Storage(f"sqlite:///{folder}/guichet.db")
        books.migrate()
        books.transact(found_house)
        books.engine.dispose()
        return (Path(folder) / "guichet.db").read_bytes()


def _connect(session: Session, box: sandbox.Sandbox) -> None:
    keys = {"api_key": box.settings.kpay.api_key, "secret_key": box.settings.kpay.secret_key}
    sealed = Sealer([KEY]).seal(json.dumps(keys))
    row = Account(merchant_id=HOUSE, provider="kpay", settings=sealed, path="path", by_id=OWNER, created_at=NOON)
    session.add(row)


def put(**variables: str) -> Plant:
    async def plant(place: Place) -> None:
        place.env |= {name: value.format(**place.env) for name, value in variables.items()}

    return plant


async def a_webhook_elsewhere(place: Place) -> None:
    async with httpx.AsyncClient(base_url=f"{place.telegram.url}/bot{place.telegram.token}/", timeout=30) as http:
        await http.post("setWebhook", json={"url": "https://elsewhere.example/hook"})


def in_webhook_mode(url: str = "") -> Plant:
    """As a start left it: Telegram brings what is said to `url`."""

    async def plant(place: Place) -> None:
        place.env |= {"BOT_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": SECRET}
        if url:
            async with httpx.AsyncClient(
                base_url=f"{place.telegram.url}/bot{place.telegram.token}/", timeout=30
            ) as http:
                body = {"url": url.format(**place.env), "secret_token": SECRET}
                assert (await http.post("setWebhook", json=body)).json()["ok"]

    return plant


async def a_webhook_where_nobody_answers(place: Place) -> None:
    await in_webhook_mode(OURS)(place)
    place.telegram.say(place.owner, place.telegram.private(place.owner), "hello")
    async with asyncio.timeout(30):
        while not place.telegram.world.webhook.last_error:
            await asyncio.sleep(0.01)


async def a_group_that_the_bot_left(place: Place) -> None:
    place.telegram.kick_bot(place.group, place.owner)


async def a_clock_that_is_late(place: Place) -> None:
    place.ahead = -timedelta(minutes=7)


async def a_full_disk(place: Place) -> None:
    place.free = 20 * 2**20


async def tables_of_tomorrow(place: Place) -> None:
    _write(place, "UPDATE alembic_version SET version_num = '9999'")


async def tables_of_yesterday(place: Place) -> None:
    _write(place, "UPDATE alembic_version SET version_num = '0001'")


async def books_that_cannot_be_written(place: Place) -> None:
    _write(place, "CREATE TRIGGER stuck BEFORE UPDATE ON alembic_version BEGIN SELECT RAISE(ABORT, 'read-only'); END")


async def another_program_at_our_address(place: Place) -> None:
    place.env["PUBLIC_URL"] = place.box.url


async def keys_that_were_revoked(place: Place) -> None:
    place.box.settings.kpay.secret_key = "0" * 64


async def a_file_that_all_can_read(place: Place) -> None:
    (place.folder / ".env").write_text("TELEGRAM_BOT_TOKEN=\n")
    (place.folder / ".env").chmod(0o644)


def _write(place: Place, statement: str) -> None:
    with closing(sqlite3.connect(place.folder / "guichet.db")) as books:
        books.execute(statement)
        books.commit()


NOBODY = "http://127.0.0.1:9"
MISTAKES: dict[str, tuple[Plant, str]] = {
    "no token": (put(TELEGRAM_BOT_TOKEN=""), "TELEGRAM_BOT_TOKEN: is missing"),
    "a placeholder": (put(TELEGRAM_BOT_TOKEN="<token>"), "TELEGRAM_BOT_TOKEN: still holds a placeholder"),
    "half a token": (put(TELEGRAM_BOT_TOKEN="123456789:"), "TELEGRAM_BOT_TOKEN: not a bot token"),
    "another bot's token": (put(TELEGRAM_BOT_TOKEN="123456789:" + "Ab-_" * 9), "Telegram: Telegram refuses the token"),
    "no Telegram there": (put(TELEGRAM_API_URL=NOBODY), "Telegram: no answer from http://127.0.0.1:9"),
    "no owner": (put(OWNER_IDS=""), "OWNER_IDS: is missing"),
    "an owner who never came": (put(OWNER_IDS="710001,999"), "OWNER_IDS: 999 can’t be written to"),
    "a group of somebody else's": (put(ADMIN_CHAT_ID="-100999"), "ADMIN_CHAT_ID: the bot is not in a group -100999"),
    "a group that it left": (a_group_that_the_bot_left, "ADMIN_CHAT_ID: "),
    "a webhook elsewhere": (a_webhook_elsewhere, "BOT_MODE: polling, but Telegram brings the messages to elsewhere.e"),
    "another program's webhook": (
        in_webhook_mode("https://elsewhere.example/hook"),
        "BOT_MODE: Telegram brings the messages to elsewhere.example, not to PUBLIC_URL",
    ),
    "our webhook under another path": (
        in_webhook_mode("{PUBLIC_URL}/hook"),
        "BOT_MODE: Telegram brings the messages to",
    ),
    "a webhook where nobody answers": (
        a_webhook_where_nobody_answers,
        "BOT_MODE: Telegram could not bring messages lately",
    ),
    "no secret for the webhook": (put(BOT_MODE="webhook"), "TELEGRAM_WEBHOOK_SECRET: is missing"),
    "an unknown mode": (put(BOT_MODE="pooling"), "BOT_MODE: "),
    "a zone that is none": (put(TIMEZONE="Africa/Duala"), "TIMEZONE: not a time zone"),
    "a clock that is late": (a_clock_that_is_late, "clock: this machine’s clock is -4"),
    "a full disk": (a_full_disk, "disk: only 20 MB free"),
    "no such folder": (put(DATABASE_URL="sqlite:////nowhere/guichet.db"), "DATABASE_URL: the folder /nowhere is not"),
    "no database server": (
        put(DATABASE_URL="postgresql+psycopg://me@127.0.0.1:9/x"),
        "DATABASE_URL: the database does not answer",
    ),
    "a database of no kind": (put(DATABASE_URL="oracle://x"), "DATABASE_URL: "),
    "tables of tomorrow": (tables_of_tomorrow, "DATABASE_URL: its tables are of a newer version"),
    "tables of yesterday": (tables_of_yesterday, "DATABASE_URL: its tables are of an older version"),
    "books that can't be written": (books_that_cannot_be_written, "DATABASE_URL: the database can’t be written"),
    "the sealing key lost": (put(GUICHET_SECRET_KEY=""), "GUICHET_SECRET_KEY: missing"),
    "another sealing key": (put(GUICHET_SECRET_KEY=OTHER_KEY), "GUICHET_SECRET_KEY: does not open"),
    "a sealing key to guess": (put(GUICHET_SECRET_KEY="secret1"), "GUICHET_SECRET_KEY: each key is a random word"),
    "an address without https": (put(PUBLIC_URL="http://pay.test"), "PUBLIC_URL: it must begin with https://"),
    "an address where nobody is": (put(PUBLIC_URL=NOBODY), "PUBLIC_URL: nobody answers there"),
    "an address of another program": (another_program_at_our_address, "PUBLIC_URL: another program answers there"),
    "metrics for the world": (put(METRICS_LISTEN="{LISTEN}"), "METRICS_LISTEN: an address of its own"),
    "a misspelt name": (put(ADMIN_CHAT_IDS="1", ADMIN_CHAT_ID=""), "ADMIN_CHAT_IDS: no variable of this program"),
    "a preference for nobody": (put(PREFER="paypal"), "PREFER: unknown: paypal"),
    "half an account": (put(CAMPAY_TOKEN="", CAMPAY_USERNAME="awa"), "CAMPAY: missing: CAMPAY_PASSWORD"),
    "a system's misspelt name": (put(CAMPAY_TOKNE="x1"), "CAMPAY: CAMPAY_TOKNE"),
    "keys that are refused": (put(CAMPAY_TOKEN="0" * 40), "CAMPAY: its keys are refused"),
    "a system that is not there": (put(CAMPAY_BASE_URL=NOBODY), "CAMPAY: no answer from http://127.0.0.1:9"),
    "keys of the chat that were revoked": (keys_that_were_revoked, "kpay · Guichet: its keys are refused"),
    "a file that all can read": (a_file_that_all_can_read, ".env: everybody on this machine can read it"),
}


async def test_where_all_is_well_it_says_so_and_nothing_has_moved(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await place.told(capsys)
    assert code == 0, lines
    abouts = ["settings", "disk", "DATABASE_URL", "GUICHET_SECRET_KEY", "Telegram", "clock", "BOT_MODE", "OWNER_IDS"]
    heads = [line[2:].partition(": ")[0] for line in lines]
    assert heads == [*abouts, "ADMIN_CHAT_ID", "PUBLIC_URL", "CAMPAY", "kpay · Guichet"]
    assert {line[0] for line in lines} == {"✓"}
    assert place.box.ledger.entries() == []
    assert place.telegram.called("sendMessage") == []


async def test_a_webhook_that_the_first_start_will_set_is_no_mistake(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    await in_webhook_mode()(place)
    code, lines = await place.told(capsys)
    assert code == 0, lines
    assert [line for line in lines if line.startswith("· BOT_MODE: the webhook is not set yet")]


async def test_a_webhook_that_is_ours_is_well_though_it_failed_long_ago(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_webhook_where_nobody_answers(place)
    place.telegram.world.updates.drop_pending()
    place.telegram.world.webhook.last_error_at = datetime.now(UTC) - timedelta(hours=2)
    code, lines = await place.told(capsys)
    assert code == 0, lines
    assert "✓ BOT_MODE: fine" in lines


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_each_planted_mistake_is_named(place: Place, mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    plant, words = MISTAKES[mistake]
    await plant(place)
    code, lines = await place.told(capsys)
    assert code == 1
    assert [line for line in lines if line.startswith(f"✗ {words}")], lines
    said = "\n".join(lines)
    for secret in (place.telegram.token.split(":")[1], KEY, place.box.settings.campay.token, "0" * 40):
        assert secret not in said


async def test_fifteen_at_once_are_named_one_by_one(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    together = [
        "an owner who never came",
        "a group of somebody else's",
        "a webhook elsewhere",
        "an unknown mode",
        "a zone that is none",
        "a clock that is late",
        "a full disk",
        "books that can't be written",
        "another sealing key",
        "an address where nobody is",
        "metrics for the world",
        "a preference for nobody",
        "a system's misspelt name",
        "a misspelt name",
        "a file that all can read",
    ]
    place.env["KPAY_API_KEY"] = "kpay_test_only"
    for mistake in together:
        if mistake != "a misspelt name":  # it would leave the group out
            await MISTAKES[mistake][0](place)
    place.env["DEFAULT_LANGUAGES"] = "fr"
    expected = {MISTAKES[mistake][1] for mistake in together} - {MISTAKES["a misspelt name"][1]}
    code, lines = await place.told(capsys)
    assert code == 1
    for words in {*expected, "DEFAULT_LANGUAGES: no variable", "KPAY: missing: KPAY_SECRET_KEY"}:
        assert [line for line in lines if line.startswith(f"✗ {words}")], (words, lines)


async def test_a_counter_without_any_account_is_told_what_to_set(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(place, "DELETE FROM account")
    place.env["CAMPAY_TOKEN"] = ""
    code, lines = await place.told(capsys)
    assert code == 1
    assert [line for line in lines if line.startswith("✗ accounts: no account is set, for example CAMPAY_TOKEN")]


async def test_before_the_first_start_nothing_is_made(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.env["DATABASE_URL"] = f"sqlite:///{place.folder / 'new.db'}"
    code, lines = await place.told(capsys)
    assert code == 0
    assert "✓ DATABASE_URL: new: its tables are made by the first start" in lines
    assert not (place.folder / "new.db").exists()


async def test_another_merchant_s_owner_is_told_of_their_own_accounts_alone(place: Place) -> None:
    world = World()
    doctor = Doctor(place.env, world.now, world.network, place.folder)
    found = await doctor.examine_for(OTHER_MERCHANT)
    assert [(one.about, one.key) for one in found] == [("accounts", "doctor.account.none")]
    assert [one.about for one in await doctor.examine_for(HOUSE)][-1] == "kpay · Guichet"
