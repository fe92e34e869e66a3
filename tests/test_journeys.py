"""Payments from a chat line to a receipt, over HTTP on every side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.sandbox.ledger import State as LedgerState
from storage.states import State
from tests.shop import PAYER, Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as place:
        yield place


async def test_a_request_goes_from_a_chat_line_to_a_receipt(counter: Shop) -> None:
    card = await counter.card("/request 20 677777777 shoes")
    assert "20" in card.text
    assert "shoes" in card.text
    await counter.confirm(card)
    await counter.approve()
    await counter.shows(card, "Paid", timeout=5)
    [payment] = await counter.payments()
    assert payment.state is State.SUCCEEDED
    line = await counter.group_says("paid")
    assert PAYER not in line.text.replace(" ", "")
    [entry] = counter.box.ledger.entries()
    assert entry.state is LedgerState.SUCCESSFUL
