"""Whether a text is one of the catalogue's: its templates, line by line, with anything in their holes."""

import html
import re
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
    return any(form.fullmatch(text) for form in _forms())


@cache
def _forms() -> list[re.Pattern[str]]:
    found = dict.fromkeys(form for key, text in _templates() for form in _forms_of(key, text))
    return [re.compile(form, re.DOTALL) for form in found]


@cache
def _beginnings() -> list[str]:
    return [
        re.escape(shown(text.split("{")[0]))
        for _, text in _templates()
        if _letters(text.split("{")[0]) >= _FEWEST_LETTERS
    ]


def _templates() -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string)) for name in LANGUAGES for one in catalogue(name) if one.id]


def _forms_of(key: str, text: str) -> list[str]:
    lines = dict.fromkeys([text, *text.split("\n")])
    few = 0 if key.startswith(_SPARSE) else _FEWEST_LETTERS
    return [form for line in lines if _letters(line) >= few and (form := _form(line)) != ".*"]


def _form(template: str) -> str:
    """An amount has a digit in it; any other value may be whatever a person typed."""
    holes = []
    holed = ""
    for literal, name, _, _ in Formatter().parse(template):
        holed += literal + (_HOLE if name is not None else "")
        holes += [r".*\d.*" if name == "amount" else ".*"] if name is not None else []
    parts = [re.escape(part) for part in shown(holed).split(_HOLE)]
    form = parts[0] + "".join(hole + part for hole, part in zip(holes, parts[1:], strict=False))
    return form.replace(r"\ .*", r"\ ?.*").replace(r".*\ ", r".*\ ?")  # an alert of an empty value has one blank less


def _letters(template: str) -> int:
    literals = "".join(literal for literal, *_ in Formatter().parse(template))
    return sum(sign.isalpha() for sign in shown(literals))
