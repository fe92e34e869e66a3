import io
import json
import logging
import re

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from providers.redaction import Redactor, mask_msisdn, quoted

KEY = "hF0s7Ibg0:yy/N0"
UUID = "6b1f0a7e-3c52-4c0e-9a51-212345678911"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("237677123456", "23767•••••56"),
        ("+237 677 12 34 56", "23767•••••56"),
        ("677123456", "67•••••56"),
        ("12345678", "1•••••78"),
        ("1234567", "•••••••"),
        ("", ""),
    ],
)
def test_a_masked_number_is_recognised_and_cannot_be_called(number: str, shown: str) -> None:
    assert mask_msisdn(number) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Payer 237677123456 has no wallet", "Payer 23767•••••56 has no wallet"),
        ("call 677 12 34 56", "call 67•••••56"),
        ("two\nlines\x00 and\u202e tricks", "two lines and tricks"),
        (f"no transaction {UUID}", f"no transaction {UUID}"),
        ("Minimum amount for Orange is 10.00", "Minimum amount for Orange is 10.00"),
        ("closed on 2026-11-20", "closed on 2026-11-20"),
        ("Invalid token 0123456789abcdef0123456789abcdef01234567", "Invalid token •••"),
        ("eyJhbGciOi.eyJpYXQi.c2ln is expired", "••• is expired"),
        (None, ""),
        (["a"], ""),
        (12, ""),
    ],
)
def test_a_systems_words_are_fit_to_be_shown(words: object, shown: str) -> None:
    assert quoted(words) == shown


@given(st.text())
def test_quoted_words_are_one_short_line_without_long_numbers(words: str) -> None:
    shown = quoted(words)
    assert len(shown) <= 200
    assert shown.isprintable() or not any(ord(sign) < 32 for sign in shown)
    assert not re.search(r"[0-9]{8}", shown)


def test_long_words_are_cut() -> None:
    assert quoted("word " * 100).endswith("…")
    assert len(quoted("word " * 100)) == 200


@pytest.mark.parametrize(
    ("line", "scrubbed"),
    [
        ("POST https://api.telegram.org/bot123:ABC/sendMessage", "POST https://api.telegram.org/bot•••/sendMessage"),
        ("GET /file/bot123:A-B_C/photo.jpg", "GET /file/bot•••/photo.jpg"),
        ("token 123456789:" + "Ab-_" * 9, "token •••"),
        (f"key={KEY} and hF0s7Ibg0%3Ayy%2FN0", "key=••• and •••"),
        ("Authorization: Token abc123", "Authorization: Token •••"),
        ("{'authorization': 'Bearer abc123', 'a': 1}", "{'authorization': 'Bearer •••', 'a': 1}"),
        ("to 237677123456, +237677123456, 677123456", "to 23767•••••56, 23767•••••56, 67•••••56"),
        (f"/api/transaction/{UUID}/", f"/api/transaction/{UUID}/"),
        ("user 5123456789 in chat -1001234567890", "user 5123456789 in chat -1001234567890"),
        ("5000 XAF on 2026-11-21 at 1750000000", "5000 XAF on 2026-11-21 at 1750000000"),
    ],
)
def test_a_log_line_keeps_what_is_useful_and_loses_what_is_secret(line: str, scrubbed: str) -> None:
    assert Redactor([KEY])(line) == scrubbed


def test_a_secret_too_short_to_be_one_does_not_blot_out_words() -> None:
    assert Redactor(["", "abc"])("abc of payments") == "abc of payments"


def test_of_two_secrets_the_longer_goes_first() -> None:
    assert Redactor(["secret-1", "secret-1-and-more"])("secret-1-and-more") == "•••"


def test_an_account_connected_later_is_learnt() -> None:
    redact = Redactor()
    redact.learn([KEY])
    assert redact(KEY) == "•••"


def broken(payee: str) -> None:
    raise ValueError(f"sent {KEY} to {payee}")


def test_structlog_lines_are_scrubbed_at_every_depth() -> None:
    out = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.format_exc_info,
            Redactor([KEY]).processor,
            structlog.processors.JSONRenderer(),
        ],
    )
    try:
        broken("237677123456")
    except ValueError as error:
        log.warning("broken", exc_info=True, cause=error, deep={"list": [KEY, b"677123456"]}, token="x", n=5)
    assert "677123456" not in out.getvalue()
    assert KEY not in out.getvalue()
    assert json.loads(out.getvalue())["token"] == "•••"
    assert json.loads(out.getvalue())["n"] == 5


def test_an_exception_that_is_not_yet_a_text_is_left_for_its_formatter() -> None:
    error = ValueError("x")
    event = {"event": "broken", "exc_info": (ValueError, error, None)}
    assert Redactor().processor(None, "error", event)["exc_info"] == (ValueError, error, None)


def test_stdlib_lines_and_tracebacks_are_scrubbed() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Redactor([KEY]))
    logger = logging.Logger("httpx")
    logger.addHandler(handler)
    try:
        broken("nobody")
    except ValueError:
        logger.exception("HTTP Request: POST %s to %s", "https://x/bot1:A/y", "237677123456")
    assert "HTTP Request: POST https://x/bot•••/y to 23767•••••56" in out.getvalue()
    assert "ValueError: sent ••• to nobody" in out.getvalue()
    assert KEY not in out.getvalue()


@pytest.mark.parametrize(
    "key", ["kpay_test_0123456789abcdef", "kpay_live_5a9d", "sk_test_fedcba9876543210", "sk_live_1"]
)
def test_a_key_that_a_system_repeats_is_not_shown_to_people(key: str) -> None:
    assert quoted(f"Invalid key {key} for this environment") == "Invalid key ••• for this environment"
