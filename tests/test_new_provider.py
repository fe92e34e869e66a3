"""docs/new-provider.md works as it stands: its blocks, put where it says, are a fifth system."""

import re
from pathlib import Path

import pytest

from tests import tree

PAGE = (tree.ROOT / "docs" / "new-provider.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^`([\w./]+)`(, at its end)?:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TRIAL = """
import asyncio, pathlib, sys
from providers import discover
from tests.providers.wire import Wire, answer
from tests.shop import shop

REPLY = {"id": "lg-1", "state": "WAITING", "amount": 100, "currency": "XAF"}

async def main():
    assert "lagune" in discover(), sorted(discover())
    lagune = Wire()
    await lagune.open()
    lagune.says("GET /v1/balance", answer(200, {"available": 55123}))
    lagune.says("POST /v1/collections", lambda asked: answer(201, {**REPLY, "your_id": asked.json["your_id"]}))
    lagune.says("GET /v1/payments/lg-1", answer(200, {**REPLY, "state": "PAID", "fee": 2}))
    async with shop(pathlib.Path(sys.argv[1])) as counter:
        await counter.close()
        counter.env |= {"LAGUNE_KEY": "lg-0123456789abcdef", "LAGUNE_BASE_URL": lagune.url}
        await counter.open()
        answered = await counter.ask("/balance")
        assert "Lagune" in answered.text and "CamPay" in answered.text, answered.text
        assert "55123" in "".join(filter(str.isdigit, answered.text)), answered.text
        card = await counter.confirmed("/request 100 661234567 shoes")
        assert "Via Lagune" in card.text, card.text
        await counter.shows(card, "Paid")
        [sent] = lagune.heard("POST /v1/collections")
        assert (sent.json["phone"], sent.json["amount"]) == ("237661234567", 100), sent.json
    await lagune.close()

asyncio.run(main())
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    house = tree.copied(tmp_path)
    for path, at_its_end, text in BLOCK.findall(PAGE):
        before = (house / path).read_text(encoding="utf-8") if at_its_end else ""
        assert at_its_end or not (house / path).exists(), f"{path} is there already"
        (house / path).write_text(before + text, encoding="utf-8")
    return house


def test_the_page_names_each_file_that_it_needs() -> None:
    paths = [path for path, _, _ in BLOCK.findall(PAGE)]
    assert paths == ["providers/lagune.py", ".env.example", "tests/providers/samples/lagune.py", "docs/providers.md"]


def test_the_pages_system_is_discovered_routed_to_and_listed(house: Path) -> None:
    tree.python(house, "-c", TRIAL, str(house))


def test_the_pages_system_passes_the_contract_suite(house: Path) -> None:
    suite = ("tests/providers/test_contract.py", "-k", "lagune")
    said = tree.python(house, "-m", "pytest", "-n", "0", "-vv", "-p", "no:cacheprovider", *suite, timeout=240)
    assert " skipped" not in said
    for demand in ("every_setting_of_a_gateway", "every_verb_works", "a_forged_callback", "a_stale_callback"):
        assert re.search(rf"{demand}\w*\[lagune.*PASSED", said), demand


def test_with_its_page_the_house_keeps_its_rules(house: Path) -> None:
    rules = ("tests/test_documents.py", "tests/test_rules.py", "-k", "not fifth")
    tree.python(house, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *rules, timeout=240)
    tree.python(house, "-m", "ruff", "format", "--check", "providers/lagune.py", "tests/providers/samples/lagune.py")
    tree.python(house, "-m", "ruff", "check", "--no-cache", "providers/lagune.py", "tests/providers/samples/lagune.py")
