"""What a running bot says of itself to whoever watches."""

from collections.abc import Iterator

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.shop import Shop


async def asked(counter: Shop, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(
        base_url=f"http://{counter.env['METRICS_LISTEN']}", trust_env=False, timeout=30
    ) as http:
        return await http.get(path, headers=headers)


async def samples(counter: Shop) -> list[Sample]:
    return list(read((await asked(counter, "/metrics")).text))


def read(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from family.samples


def value(found: list[Sample], name: str, **labels: str) -> float:
    """The sum of those that bear these labels."""
    fitting = [one for one in found if one.name == name and labels.items() <= one.labels.items()]
    assert fitting, f"no {name} with {labels}"
    return sum(one.value for one in fitting)
