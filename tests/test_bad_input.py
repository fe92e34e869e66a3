"""Bad input gets one line that says what to type instead, and nothing is stored."""

from pathlib import Path

import pytest

from tests.shop import shop

BAD = {
    "amount 0": ("/request 0 677777777 shoes", "more than zero"),
    "amount -5": ("/request -5 677777777 shoes", "more than zero"),
    "amount 1.5": ("/payout 1.5 677777777", "no cents"),
    "amount 1e9": ("/payout 1e9 677777777", "Type it like 5000"),
    "amount 99999999999999": ("/request 99999999999999 677777777", "at most 50,000,000"),
    "amount NaN": ("/request NaN 677777777", "Type it like 5000"),
    "missing amount": ("/request 677777777 shoes", "How much"),
    "a landline": ("/request 20 222 12 34 56", "mobile number"),
    "a Nexttel number": ("/request 20 661 23 45 67", "serves only MTN, ORANGE"),
    "a US number": ("/request 20 +1 202 555 0123", "United States"),
    "too few digits": ("/request 20 6777777 shoes", "Check the digits"),
    "emoji": ("/request 👟 677777777", "Type it like 5000"),
    "emoji alone": ("/payout 👟", "Type it like 5000"),
    "4,000 characters of description": ("/request 20 677777777 " + "x" * 4000, "at most 120 characters"),
    "HTML as an amount": ("/request <b>20</b> 677777777", "“<b>20</b>” is not an amount"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_answered_with_what_to_type_and_stores_nothing(tmp_path: Path, name: str) -> None:
    line, words = BAD[name]
    async with shop(tmp_path) as counter:
        answer = await counter.ask(line)
        assert words in answer.text.replace("\u00a0", " ")
        assert "\n" not in answer.text
        assert len(answer.text) < 250
        assert await counter.payments() == []
        assert counter.cards() == []


async def test_a_bad_answer_leaves_the_question_open(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        await counter.ask("/request")
        assert "Type it like" in (await counter.ask("lots")).text
        assert "From which phone" in (await counter.ask("20")).text
        assert "mobile number" in (await counter.ask("222123456")).text
        assert "What for" in (await counter.ask("677777777")).text
        assert "at most 120" in (await counter.ask("y" * 121)).text
        assert (await counter.card("-")).text


async def test_html_in_a_description_is_shown_as_typed(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        hostile = '<a href="tg://user?id=1">&amp; <script>'
        card = await counter.confirmed(f"/payout 20 677777777 {hostile}")
        assert f"For: {hostile}" in card.text
        assert all(entity["type"] in {"bold", "code"} for entity in card.entities)
        await counter.shows(card, "Sent")
        assert f"For: {hostile}" in card.text
