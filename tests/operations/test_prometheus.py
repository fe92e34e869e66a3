"""Real Prometheus beside a running bot: it scrapes, the rules load, and every expression that we hand out finds its
metrics there.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.accounts import variables
from bot.demo.programs import free_port
from providers.client import VERDICTS
from storage.soundings import QUEUES
from storage.states import State
from tests.operations import promql
from tests.operations.papers import ALERTS, alerts, expressions
from tests.shop import Shop, shop
from tests.watching import samples

_PATIENCE = 60.0
_ITS_OWN = {"up"}
_BY_SCRAPING = {"job", "instance"}
_WORDS: dict[str, set[str]] = {"result": {*VERDICTS, "flood"}, "queue": {*QUEUES}, "state": {*State}, "system": {".*"}}


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    """With all systems, after a payment that ended and one that is in flight."""
    async with shop(tmp_path, watched=True, callbacks=True) as place:
        await place.close()
        place.env |= variables(place.box.url, place.env["PUBLIC_URL"])
        await place.open()
        card = await place.confirmed("/request 20 677777777")
        await place.approve()
        await place.shows(card, "Paid")
        await place.confirmed("/request 21 677777777")
        await place.prompted()
        yield place


async def test_every_expression_names_metrics_and_labels_that_a_running_bot_has(counter: Shop) -> None:
    found = await samples(counter)
    known = {one.name: set(one.labels) for one in found}
    for place, expression in expressions().items():
        names = promql.metrics(expression) - _ITS_OWN
        assert names <= known.keys(), place
        asked = promql.labels(expression)
        borne = {label for name in names for label in known[name]} | _BY_SCRAPING
        assert asked.keys() <= borne, place
        for label, words in asked.items():
            assert words <= _WORDS.get(label, words), place


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed (apt: prometheus)")
async def test_prometheus_scrapes_a_running_bot_and_loads_the_rules(counter: Shop, tmp_path: Path) -> None:
    with _prometheus(tmp_path, counter.env["METRICS_LISTEN"]) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
            await _until(http, 'guichet_payment_moves_total{state="succeeded"}')
            told = await _asked(http, "/api/v1/query", query="guichet_payment_moves_total{state='succeeded'}")
            assert [(one["metric"]["system"], one["value"][1]) for one in told["result"]] == [("campay", "1")]
            await _until(http, "up == 1")

            groups = (await _asked(http, "/api/v1/rules"))["groups"]
            loaded = [rule for group in groups for rule in group["rules"]]
            assert [rule["name"] for rule in loaded] == [alert.name for alert in alerts()]
            assert {rule["health"] for rule in loaded} <= {"ok", "unknown"}  # unknown: not evaluated yet
            for place, expression in expressions().items():
                answer = await http.get("/api/v1/query", params={"query": expression})
                assert answer.json()["status"] == "success", (place, answer.text)
            targets = (await _asked(http, "/api/v1/targets"))["activeTargets"]
            assert [target["lastError"] for target in targets] == [""]


async def _until(http: httpx.AsyncClient, query: str) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                if (await _asked(http, "/api/v1/query", query=query))["result"]:
                    return
            except (httpx.HTTPError, KeyError, ValueError):  # it is not up yet
                pass
            await asyncio.sleep(0.1)


async def _asked(http: httpx.AsyncClient, path: str, **params: str) -> dict[str, Any]:
    data: dict[str, Any] = (await http.get(path, params=params)).json()["data"]
    return data


@contextmanager
def _prometheus(folder: Path, target: str) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    config = folder / "prometheus.yml"
    scrape = {"job_name": "guichet", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}
    settings = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(ALERTS)], "scrape_configs": [scrape]}
    config.write_text(json.dumps(settings))
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.log").open("wb") as log:
        running = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
        try:
            yield f"http://{address}"
        finally:
            running.terminate()
            running.wait(30)
