"""Nobody is told what the catalogues do not say: the rooms that speak to people hold no sentence of their own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot

ROOT = Path(bot.__file__).parent
ROOMS = [*sorted((ROOT / "ui").glob("*.py")), *sorted((ROOT / "commands").glob("*.py"))]
ROOMS.remove(ROOT / "commands" / "page.py")  # writes a document, and tells nobody anything
ROOMS += [ROOT / "reception.py", ROOT / "web.py"]
_WORDS = re.compile(r"[^\W\d_]{2,}[,:;.!?…]? [«“(]?[^\W\d_]{2,}|[à-öø-ÿ]")
"""Two words with a space between, or a letter that only French has."""

_FOR_MACHINES = ("log.", "re.", "structlog.", "logging.")
_HTTP = {"not found", "not accepted", "try later"}
"""What a payment system's server is answered."""


def _told(source: str) -> list[str]:
    """Strings that a person could be shown. Exempt: docstrings, logs, patterns, what raises, what is compared with, and
    constants in lower case or lists, which hold what people type and what Telegram answers.
    """
    tree = ast.parse(source)
    exempt = {id(inside) for node in ast.walk(tree) for one in _not_told(node) for inside in ast.walk(one)}
    exempt |= {id(inside) for one in tree.body if _is_list(one) for inside in ast.walk(one)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exempt
        if _WORDS.search(node.value) and node.value not in _HTTP and not node.value.startswith("<!doctype")
    ]


def _not_told(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Raise() | ast.Compare() | ast.Subscript():
            yield node
        case ast.Call(func=function) if ast.unparse(function).startswith(_FOR_MACHINES):
            yield node
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
            yield annotation


def _is_list(node: ast.stmt) -> bool:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            return name.isupper() and not (isinstance(value, ast.Constant) and str(value.value)[:1].isupper())
    return False


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_people_are_told_stands_in_the_catalogues(path: Path) -> None:
    assert _told(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'await visit.say(Markup("Money sent, thank you."))',
        'InlineKeyboardButton("Try again", callback_data="x")',
        'text = f"You paid {amount} just now"',
        'await bot.send_message(1, "Payé")',
    ],
)
def test_a_sentence_of_its_own_would_be_seen(line: str) -> None:
    assert _told(f"async def f(visit, bot, amount):\n    {line}\n")
    assert _told('THANKS = "Thank you for it"')
    assert not _told('NAMES = ("phone number",)\nlog.info("was told so")\nraise ValueError("not a phone")\n')
