"""What may be seen of secrets and phone numbers, in logs and in words that a person reads."""

import json
import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

_HIDDEN = "•••"
_SHOWN_AT_MOST = 200

_UUID = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?")
_BOT_TOKEN = re.compile(r"(?<=/bot)\d+:[\w-]+|\b\d{6,12}:[\w-]{30,}")
_CREDENTIALS = re.compile(r"(?i)(authorization\W{1,5}(?:token|bearer|basic)\s+)[^\s'\",]+")
_KEY = re.compile(r"\b[a-z]{2,8}_(?:test|live)_\w+")  # KPay's, which are shorter than what is hidden for its length
_LONG_WORD = re.compile(rf"({_UUID})|[\w+/=-]{{32,}}")
_DIGITS = re.compile(rf"({_UUID}|\b\d{{4}}-\d\d-\d\d\b)|\d{{8,}}|\d(?:[ .-]?\d){{8,}}")
# Telegram's user and group ids are as long as phone numbers, and a log without them is of no use. So only
# what has the length or the first digit of a number in the countries we serve is taken for one, or what is
# written with a plus sign, grouped or not.
_PHONE = re.compile(
    rf"({_UUID}|-100\d{{9,11}}\b)|\+\d(?:[ .\u00a0-]?\d){{7,14}}|(?<!\w)(?:00)?(?:\d{{11,15}}|[26]\d{{8}})(?!\w)"
)
_SECRET_NAME = re.compile(r"(?i)authorization|token|secret|passw|api_?key|signature")


def mask_msisdn(msisdn: str) -> str:
    """ "237677123456" becomes "23767•••••56": enough to recognise a number, too little to call it."""
    digits = re.sub(r"\D", "", msisdn)
    head = min(5, max(0, len(digits) - 7))
    tail = 2 if len(digits) > 7 else 0
    return digits[:head] + "•" * (len(digits) - head - tail) + digits[len(digits) - tail :]


def quoted(words: object) -> str:
    """A system's own words, fit to be shown: one line, no long numbers, no keys, at most 200 characters."""
    if not isinstance(words, str):
        return ""
    line = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in words).split())
    line = _DIGITS.sub(_mask, _LONG_WORD.sub(_hide, _KEY.sub(_HIDDEN, _JWT.sub(_HIDDEN, line))))
    return line if len(line) <= _SHOWN_AT_MOST else line[: _SHOWN_AT_MOST - 1] + "…"


class Redactor:
    """Takes known secrets, bot tokens, JWTs and phone numbers out of a text.

    `processor` goes late into structlog's chain, after exceptions became text; `filter` onto each stdlib handler.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """For accounts that are connected while the program runs. Too short a secret would blot out plain words."""
        for secret in secrets:
            if len(secret) >= 6:
                self._forms |= {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> str:
        text = _BOT_TOKEN.sub(_HIDDEN, self._known.sub(_HIDDEN, text))
        text = _CREDENTIALS.sub(rf"\1{_HIDDEN}", _JWT.sub(_HIDDEN, text))
        return _PHONE.sub(_mask, text)

    def processor(self, _logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
        # What stands under exc_info has yet to be made into a text, and is no text to be cleaned.
        return {name: value if name == "exc_info" else self._clean(value, name) for name, value in event.items()}

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self(logging.Formatter().formatException(record.exc_info))
        return True

    def _clean(self, value: Any, name: str = "") -> Any:
        match value:
            case str():
                return _HIDDEN if value and _SECRET_NAME.search(name) else self(value)
            case bytes():
                return self(value.decode(errors="replace"))
            case Mapping():
                return {key: self._clean(item, str(key)) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._clean(item) for item in value]
            case BaseException():
                return self(repr(value))
        return value


def _mask(found: re.Match[str]) -> str:
    return found[1] or mask_msisdn(found[0])


def _hide(found: re.Match[str]) -> str:
    return found[1] or _HIDDEN
