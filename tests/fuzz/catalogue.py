"""Whether a text is one of the catalogue's: its templates, line by line, with anything in their holes."""

import html
import re
from dataclasses import dataclass
from functools import cache
from string import Formatter

from bot.texts import LANGUAGES, catalogue

_HOLE = "\ue000"
_FEWEST_LETTERS = 3
"""A template with fewer of its own would match anything at all."""

_SPARSE = ("card.party.", "history.line.", "rates.line", "help.line", "balance.pocket", "operators.line")
"""Lines that are little more than their values, and stand alone all the same."""


@cache
def is_ours(text: str) -> bool:
    """`text` is Telegram HTML or what remains of it without its tags."""
    plain = shown(text)
    return _is(plain) or all(not line.strip() or _is(line) for line in plain.split("\n"))


def shown(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def starts_like_ours(text: str) -> bool:
    """Of an alert that was cut where Telegram ends it."""
    return any(re.match(form, text, re.DOTALL) for form in _beginnings())


def _is(text: str) -> bool:
    return any(form.fits(text) for form in _forms())


@dataclass(frozen=True)
class _Form:
    """What a template says between its holes; `digits`: the hole in front of a part is an amount, and has one.

    Looked for from left to right: a regular expression with five holes takes a long text to the fifth power.
    """

    parts: tuple[str, ...]
    digits: tuple[bool, ...]

    def fits(self, text: str) -> bool:
        first, *rest = self.parts
        if not rest:
            return text == first
        if not text.startswith(first) or len(text) < len(first) + len(rest[-1]) or not text.endswith(rest[-1]):
            return False
        at, end = len(first), len(text) - len(rest[-1])
        for part, digit in zip(rest[:-1], self.digits, strict=False):
            found = self._next(text, part, at, end, digit)
            if found < 0:
                return False
            at = found + len(part)
        return not self.digits[-1] or _has_digit(text[at:end])

    @staticmethod
    def _next(text: str, part: str, at: int, end: int, digit: bool) -> int:
        found = text.find(part, at, end)
        while digit and found >= 0 and not _has_digit(text[at:found]):
            found = text.find(part, found + 1, end)
        return found


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


@cache
def _forms() -> list[_Form]:
    return list(dict.fromkeys(form for key, text in _templates() for form in _forms_of(key, text)))


@cache
def _beginnings() -> list[str]:
    return [
        re.escape(shown(text.split("{")[0]))
        for _, text in _templates()
        if _letters(text.split("{")[0]) >= _FEWEST_LETTERS
    ]


def _templates() -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string)) for name in LANGUAGES for one in catalogue(name) if one.id]


def _forms_of(key: str, text: str) -> list[_Form]:
    lines = dict.fromkeys([text, *text.split("\n")])
    few = 0 if key.startswith(_SPARSE) else _FEWEST_LETTERS
    return [form for line in lines if _letters(line) >= few and any((form := _form(line)).parts)]


def _form(template: str) -> _Form:
    """A value may be whatever a person typed, or nothing at all, and then one blank is missing beside it."""
    holed, digits = "", []
    for literal, name, _, _ in Formatter().parse(template):
        holed += literal + (_HOLE if name is not None else "")
        digits += [name == "amount"] if name is not None else []
    parts = shown(holed).split(_HOLE)
    last = len(parts) - 1
    bare = (_bare(part, left=number > 0, right=number < last) for number, part in enumerate(parts))
    return _Form(tuple(bare), tuple(digits))


def _bare(part: str, *, left: bool, right: bool) -> str:
    part = part.removeprefix(" ") if left else part
    return part.removesuffix(" ") if right else part


def _letters(template: str) -> int:
    literals = "".join(literal for literal, *_ in Formatter().parse(template))
    return sum(sign.isalpha() for sign in shown(literals))
