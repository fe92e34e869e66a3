"""Logs are the process's own, so each of these speaks in a process of its own."""

import subprocess
import sys

import pytest

TOKEN = "123456789:" + "Ab-_" * 9
KEY = "hF0s7Ibg0:yy/N0"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjM2NDAwMDB9.c2lnbmF0dXJl"
PHONE = "237677777777"

BEGIN = f"""
import logging, structlog
from bot import logs
from providers.redaction import Redactor
logs.set_up(LEVEL, Redactor([{KEY!r}]))
log = structlog.get_logger("bot")
"""


def spoken(script: str, level: str = "info") -> str:
    code = BEGIN.replace("LEVEL", repr(level)) + script
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == ""
    return done.stderr


def test_what_is_secret_never_leaves_and_what_is_useful_does() -> None:
    said = spoken(f"""
log.info("sent", payment="ID1", msisdn="{PHONE}", url="https://api.telegram.org/bot{TOKEN}/sendMessage")
log.warning("key {KEY}", api_key="anything", deep={{"list": ["{JWT}"]}})
log.info("to 677777777", person=710001, chat=-1001234567890)
logging.getLogger("uvicorn.error").info("GET /bot{TOKEN}/getMe for +{PHONE} with {KEY}")
logging.getLogger("x").warning("%s and %s", "{JWT}", "{PHONE}")
""")
    for secret in (TOKEN, TOKEN.split(":")[1], KEY, JWT, PHONE, "677777777", "anything"):
        assert secret not in said
    for useful in ("sent", "ID1", "710001", "-1001234567890", "23767•••••77", "level=warning"):
        assert useful in said
    assert len(said.splitlines()) == 5


@pytest.mark.parametrize("speaker", ["log", "logging.getLogger('telegram.ext')", "logging.getLogger('bot.x')"])
def test_a_traceback_is_one_line_and_clean(speaker: str) -> None:
    said = spoken(f"""
def breaks():
    raise ValueError("{JWT} of {PHONE} with {KEY} at /bot{TOKEN}/x")
try:
    try:
        breaks()
    except ValueError as cause:
        raise RuntimeError("Authorization: Token abcdef{PHONE}") from cause
except RuntimeError:
    {speaker}.exception("an update failed for {PHONE}")
""")
    for secret in (TOKEN.split(":")[1], KEY, JWT, PHONE, "abcdef"):
        assert secret not in said
    assert "RuntimeError" in said
    assert "ValueError" in said
    assert "an update failed" in said
    assert len(said.splitlines()) == 1


def test_a_libraries_chatter_is_heard_at_debug_only_and_clean_then() -> None:
    script = f'logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot{TOKEN}/getMe")'
    assert spoken(script) == ""
    said = spoken(script, "debug")
    assert "HTTP Request" in said
    assert TOKEN not in said


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_obeyed(level: str, heard: int) -> None:
    said = spoken('log.debug("a")\nlog.info("b")\nlog.warning("c")\nlog.error("d")', level)
    assert len(said.splitlines()) == heard


def test_a_person_cannot_forge_a_line_of_the_log() -> None:
    said = spoken(
        r"""log.info("x", name='Awa\nlevel=error event=forged')
logging.getLogger("x").warning("Awa\nlevel=error event=forged")"""
    )
    assert len(said.splitlines()) == 2


def test_an_account_connected_later_is_learnt() -> None:
    said = spoken("""
redact = Redactor()
logs.set_up("info", redact)
redact.learn(["late-secret"])
log.info("late-secret")
""")
    assert "late-secret" not in said
