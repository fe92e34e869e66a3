"""F28 to F31: what is secret is neither logged, nor kept in a chat, nor in the repository."""

import asyncio
import re
import sys
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from bot import demo
from tests.databases import all_of
from tests.failures.test_fake_payments import signed
from tests.shop import Shop
from tests.tree import ROOT

in_the_street = pytest.mark.asyncio(loop_scope="module")

ASKS_TELEGRAM = """
import asyncio, sys
from telegram import Bot
from bot import logs
from providers.redaction import Redactor
logs.set_up("debug", Redactor())
async def ask():
    async with Bot(sys.argv[2], base_url=sys.argv[1] + "/bot") as bot:
        await bot.send_message(1, "nobody is there")
try:
    asyncio.run(ask())
except Exception:
    import logging
    logging.getLogger("x").exception("refused at %s/bot%s/sendMessage", *sys.argv[1:])
"""


async def test_f28_telegrams_address_is_logged_without_the_token_in_it() -> None:
    async with demo.serve() as telegram:
        code = [sys.executable, "-c", ASKS_TELEGRAM, telegram.url, telegram.token]
        asking = await asyncio.create_subprocess_exec(*code, stderr=asyncio.subprocess.PIPE)
        said = (await asking.communicate())[1].decode()
    assert "/sendMessage" in said
    assert telegram.token.partition(":")[2] not in said


@in_the_street
async def test_f29_neither_the_key_nor_the_forged_signature_is_logged(
    place: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    forged = signed("another-key", "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c98")
    with capture_logs() as logs:
        async with httpx.AsyncClient(base_url=place.env["PUBLIC_URL"], trust_env=False, timeout=30) as http:
            assert (await http.get("/callbacks/campay", params=forged)).status_code == 400
    said = f"{logs} {[record.getMessage() for record in caplog.records if not record.name.startswith('httpx')]}"
    assert place.env["CAMPAY_WEBHOOK_KEY"] not in said
    assert forged["signature"] not in said


@in_the_street
async def test_f30_a_key_pasted_into_the_chat_is_not_kept(place: Shop) -> None:
    """No command takes a key behind it: the message is deleted, and keys are asked for one by one."""
    key = "live-key-5a9db0c05a9db0c0"
    said = place.say(f"/connect campay {key}")
    assert "The accounts of" in (await place.telegram.wait_for(place.chat, lambda _: True, after=said)).text
    assert said.deleted
    assert key not in (await place.ask(key)).text
    assert key.encode() not in all_of(place.app.storage)


KEYS = {
    "a bot token": r"\b\d{8,10}:AA[\w-]{33}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]{20}",
    "a live key of KPay": r"\bkpay_live_\w{16,}",
    "a key of AWS": r"\bAKIA[0-9A-Z]{16}\b",
    "a key of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
}
_CACHES = {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
"""What tools write for themselves, names of tests with made-up keys among it; git ignores them."""
_SKIPPED = {".git", ".venv", ".demo", "node_modules"} | _CACHES


def _files() -> list[Path]:
    found = (path for path in ROOT.rglob("*") if not _SKIPPED & set(path.relative_to(ROOT).parts))
    return [path for path in found if path.is_file() and path.suffix not in {".png", ".db", ".pyc"}]


def test_f31_no_file_of_the_house_holds_a_real_key_and_an_environment_is_never_committed() -> None:
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8", errors="replace") for path in _files()}
    found = [f"{path}: {what}" for path, text in texts.items() for what, form in KEYS.items() if re.search(form, text)]
    assert found == []
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
