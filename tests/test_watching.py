"""A whole shop, watched over HTTP as Prometheus and a load balancer do it."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient
from sqlalchemy import event

from bot.watch.lookout import FRESH
from tests.databases import Hand
from tests.postgres import Postgres
from tests.shop import OWNER, PATIENCE, PAYER, Shop, shop
from tests.watching import asked, samples, value

_MOST_SERIES = 600
"""Whatever happens: of one instance with every system, kind and state."""


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, watched=True, callbacks=True) as place:
        yield place


async def test_a_payment_is_counted_from_its_draft_to_its_end(counter: Shop) -> None:
    card = await counter.confirmed("/request 20 677777777 shoes for Awa")
    await counter.approve()
    await counter.shows(card, "Paid")
    found = await samples(counter)
    of_it = {"system": "campay", "kind": "collection"}
    for state in ("draft", "queued", "sending", "succeeded"):
        assert value(found, "guichet_payment_moves_total", **of_it, state=state) == 1
    assert value(found, "guichet_settling_seconds_count", **of_it, state="succeeded") == 1
    assert 0 < value(found, "guichet_settling_seconds_sum", **of_it) < 60
    assert value(found, "guichet_provider_calls_total", system="campay", result="ok") >= 2
    assert value(found, "guichet_provider_answer_seconds_count", system="campay") >= 2
    assert value(found, "guichet_telegram_calls_total", result="ok") >= 3
    assert value(found, "guichet_since_callback_seconds", system="campay") < 60
    assert value(found, "guichet_build_info") == 1
    assert value(found, "guichet_ready") == 1
    assert value(found, "guichet_database_up") == 1


async def test_what_is_open_and_what_is_in_doubt_grows_old_by_the_clock(counter: Shop) -> None:
    await counter.confirmed("/request 20 677777777")
    await counter.prompted()
    counter.watch.skip(seconds=40)
    found = await samples(counter)
    assert value(found, "guichet_open_payments", state="pending") == 1
    assert 40 <= value(found, "guichet_oldest_open_payment_seconds", system="campay") < 400
    assert value(found, "guichet_oldest_doubt_seconds", system="campay") == 0

    counter.watch.skip(hours=49)  # longer than any system is asked
    await counter.group_says("to decide")
    counter.watch.skip(seconds=10)
    found = await samples(counter)
    assert value(found, "guichet_open_payments", state="review") == 1
    assert value(found, "guichet_oldest_doubt_seconds", system="campay") > 48 * 3600


async def test_no_label_tells_of_a_person_a_merchant_or_a_secret_and_there_are_few(counter: Shop) -> None:
    counter.box.faults.order("drop_request", "/collect/")
    for number in range(3):
        await counter.confirmed(f"/request {20 + number} 67777777{number} for Awa {number}")
    found = await samples(counter)
    said = json.dumps([(one.name, one.labels) for one in found])
    token = counter.env["TELEGRAM_BOT_TOKEN"]
    for private in (PAYER, "677777", "Awa", token, token.split(":")[1], counter.env["CAMPAY_TOKEN"], str(OWNER)):
        assert private not in said
    assert len([one for one in found if one.name.startswith("guichet_")]) < _MOST_SERIES
    words: dict[str, set[str]] = defaultdict(set)
    for one in found:
        for name, word in one.labels.items():
            words[name].add(word)
    assert set(words) <= {"system", "kind", "state", "result", "queue", "pot", "le", "version", "python", "database",
                          "generation"}  # fmt: skip


async def test_a_scrape_reads_the_database_once_in_five_seconds(counter: Shop) -> None:
    read: list[str] = []
    engine = counter.app.storage.engine
    event.listen(engine, "before_cursor_execute", lambda *call: read.append(call[2]))
    began = counter.watch()
    for _ in range(20):
        assert (await asked(counter, "/metrics")).status_code == 200
    most = 1 + (counter.watch() - began) // FRESH
    # What is live, and what is in review.
    assert 2 <= len([one for one in read if "GROUP BY payment.provider" in one]) <= 2 * most


async def test_the_metrics_are_on_their_own_address_and_for_neighbours_alone(counter: Shop) -> None:
    async def public(path: str) -> int:
        async with AsyncClient(base_url=counter.env["PUBLIC_URL"], trust_env=False) as http:
            return (await http.get(path)).status_code

    assert [await public(path) for path in ("/health", "/ready", "/metrics")] == [200, 200, 404]
    assert (await asked(counter, "/metrics")).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert (await asked(counter, "/metrics", {header: "for=203.0.113.9"})).status_code == 403


async def test_ready_names_what_is_missing(tmp_path: Path) -> None:
    async with shop(tmp_path, watched=True) as counter:
        answer = await asked(counter, "/ready")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": {}})

        counter.watch.skip(minutes=5)  # as if the scheduler had beaten last five minutes ago
        answer = await asked(counter, "/ready")
        assert (answer.status_code, answer.json()["missing"]) == (503, {"scheduler": "does not run"})
        assert (await asked(counter, "/health")).status_code == 200


async def test_ready_is_refused_while_the_database_is_away_and_said_again_when_it_is_back(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with shop(tmp_path, watched=True) as counter:
        await counter.close()
        counter.env["DATABASE_URL"] = postgres.new_database()
        await counter.open()
        await ready(counter, {})
        postgres.stop()
        try:
            await ready(counter, {"database": "does not answer"})
            assert value(await samples(counter), "guichet_database_up") == 0
            assert (await asked(counter, "/health")).status_code == 200
        finally:
            postgres.start()
        await ready(counter, {})
        assert "20" in (await counter.card("/request 20 677777777")).text


async def test_ready_is_refused_while_the_tables_are_too_old(tmp_path: Path) -> None:
    async with shop(tmp_path, watched=True) as counter:
        hand = Hand(counter.env["DATABASE_URL"])
        [known] = hand.rows("SELECT version_num FROM alembic_version")
        for version, missing in (
            ("0001", {"migrations": "the tables are of an older version"}),
            (known["version_num"], {}),
        ):
            hand.rows("UPDATE alembic_version SET version_num = ?", version)
            await ready(counter, missing)
        hand.close()


async def ready(counter: Shop, missing: dict[str, str]) -> None:
    async with asyncio.timeout(PATIENCE):
        while (answer := await asked(counter, "/ready")).json()["missing"] != missing:
            await asyncio.sleep(0.1)
    assert answer.status_code == (503 if missing else 200)
