"""The house keeps its walls: imports point one way, and a fifth system is one file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands import COMMANDS, TAPS
from tests import tree
from tests.tree import ROOT

ALLOWED = {
    "providers": {"providers"},
    "providers/sandbox": {"providers"},
    "storage": {"storage"},
    "bot/payments": {"bot.payments", "bot.errors", "providers", "storage"},
    "bot/texts": {"bot.texts", "providers.money"},
    "bot/demo": {"bot.demo"},
}
FOREIGN = {
    "providers": {"telegram", "starlette", "sqlmodel", "sqlalchemy", "apscheduler"},
    "storage": {"telegram", "starlette", "httpx", "aiohttp", "apscheduler"},
    "bot/payments": {"telegram", "starlette", "httpx_aiohttp", "apscheduler"},
}


def _modules(folder: str) -> Iterator[Path]:
    for path in (ROOT / folder).rglob("*.py"):
        if folder == "providers" and "sandbox" in path.parts:
            continue
        yield path


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(module: str, allowed: set[str]) -> bool:
    return any(module == one or module.startswith(f"{one}.") or one.startswith(f"{module}.") for one in allowed)


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_one_way(folder: str) -> None:
    ours = {"bot", "providers", "storage"}
    strays = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in _modules(folder)
        for module in _imports(path)
        if module.partition(".")[0] in ours and not _within(module, ALLOWED[folder])
    ]
    assert strays == []


@pytest.mark.parametrize("folder", FOREIGN)
def test_each_room_keeps_out_what_is_not_its_business(folder: str) -> None:
    strays = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in _modules(folder)
        for module in _imports(path)
        if module.partition(".")[0] in FOREIGN[folder]
    ]
    assert strays == []


def test_the_sandbox_does_not_know_the_gateways() -> None:
    """It is the other side of the wire: a shared mistake would go unseen."""
    gateways = {
        "providers.campay",
        "providers.campay_replies",
        "providers.kpay",
        "providers.kpay_rails",
        "providers.kpay_replies",
        "providers.nkapsmart",
        "providers.nkapsmart_auth",
        "providers.nkapsmart_records",
        "providers.sauripay",
        "providers.client",
        "providers.base",
        "providers.messages",
        "providers.sheet",
    }
    strays = [f"{path.name}: {m}" for path in _modules("providers/sandbox") for m in _imports(path) if m in gateways]
    assert strays == []


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common"])
def test_no_module_is_named_for_nothing(word: str) -> None:
    assert [path for folder in ("bot", "providers", "storage") for path in (ROOT / folder).rglob(f"*{word}*.py")] == []


_SECRET = re.compile(r"(^|_)(signature|secret|token|digest|hexdigest|hmac|password|(secret|webhook|private)_key)$")
_OURS = {"providers/token.py: self._token == token"}
"""Both sides are our own, and nobody waits for the answer."""


def _last_name(node: ast.expr) -> str:
    match node:
        case (
            ast.Call(func=ast.Attribute(attr="get_secret_value", value=inner))
            | ast.Call(func=ast.Attribute(attr="encode" | "lower" | "upper" | "strip" | "decode", value=inner))
        ):
            return _last_name(inner)
        case ast.Call(func=function):
            return _last_name(function)
        case ast.Subscript(slice=ast.Constant(value=str(name))) | ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _compared(source: str) -> list[str]:
    """Comparisons by == of what is secret by its name. With a constant it is a question of form, such as empty."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)
        and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
        and any(_SECRET.search(_last_name(side)) for side in (node.left, *node.comparators))
    ]


def test_secrets_and_signatures_are_compared_in_constant_time() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {comparison}"
        for folder in ("bot", "providers")
        for path in (ROOT / folder).rglob("*.py")
        for comparison in _compared(path.read_text(encoding="utf-8"))
    }
    assert found == _OURS


@pytest.mark.parametrize(
    "source",
    [
        "given == settings.webhook_key",
        "expected.hexdigest() != header",
        'body["signature"] == over(body)',
        "token.get_secret_value().encode() == given",
        "a_token == b",
    ],
)
def test_a_comparison_that_tells_by_its_time_is_seen(source: str) -> None:
    assert _compared(source)
    assert not _compared(source.replace("==", "in").replace("!=", "in"))


FIFTH = '''
"""A system that takes everything."""

from decimal import Decimal

from providers.base import Provider
from providers.messages import Balance, Kind, Lookup, Order, Outcome, Report
from providers.sheet import Coverage, Sheet
from providers.money import Money
from providers.settings import ProviderSettings


class FifthSettings(ProviderSettings):
    base_url: str = "http://127.0.0.1:9"
    key: str = ""


class Fifth(Provider):
    Settings = FifthSettings
    sheet = Sheet(
        title="Fifth",
        coverage=(Coverage("CM", "XAF", frozenset({"NEXTTEL"})),),
        fees={Kind.COLLECTION: Decimal("0.03")},
    )

    async def collect(self, order: Order) -> Report:
        return Report(Outcome.SUCCEEDED, reference="5-1", amount=order.amount)

    async def status(self, lookup: Lookup) -> Report:
        return Report(Outcome.SUCCEEDED, reference="5-1")

    async def balance(self) -> list[Balance]:
        return [Balance(Money(55, "XAF"))]
'''

TRIAL = """
import asyncio, pathlib, sys
from providers import discover
from tests.shop import shop

async def main():
    assert "fifth" in discover(), sorted(discover())
    async with shop(pathlib.Path(sys.argv[1])) as counter:
        await counter.close()
        counter.env["FIFTH_KEY"] = "k"
        await counter.open()
        answer = await counter.ask("/balance")
        assert "Fifth" in answer.text and "CamPay" in answer.text, answer.text
        card = await counter.confirmed("/request 100 661234567 to the fifth")
        assert "Via Fifth" in card.text, card.text
        await counter.shows(card, "Paid")

asyncio.run(main())
"""


def test_a_fifth_provider_is_one_file(tmp_path: Path) -> None:
    """Dropped into providers/, it is discovered, routed to and listed; no other file knows of it."""
    house = tree.copied(tmp_path)
    (house / "providers" / "fifth.py").write_text(FIFTH, encoding="utf-8")
    tree.python(house, "-c", TRIAL, str(house))


def test_no_two_commands_share_a_name_and_no_two_buttons_a_verb() -> None:
    names = [name for command in COMMANDS for name in command.names]
    verbs = [tap.verb for tap in TAPS]
    assert len(names) == len(set(names))
    assert len(verbs) == len(set(verbs))
