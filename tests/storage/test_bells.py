"""Instances on one PostgreSQL hear of each other's work at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from storage.bells import Bell
from storage.engine import Storage
from tests.postgres import Postgres

_PATIENCE = 30.0


@pytest.fixture
def two(database_url: str) -> Iterator[tuple[Storage, Storage]]:
    both = Storage(database_url), Storage(database_url)
    yield both
    for one in both:
        one.engine.dispose()


@asynccontextmanager
async def listening(bell: Bell) -> AsyncIterator[list[int]]:
    """How often it heard: the first time because it begins to listen."""
    heard: list[int] = []
    task = asyncio.create_task(bell.listen(lambda: heard.append(1)))
    try:
        await times(heard, 1)
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def times(heard: list[int], count: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while len(heard) < count:
            await asyncio.sleep(0.005)


def bell_of(storage: Storage) -> Bell:
    bell = storage.bell()
    assert bell
    return bell


async def test_the_other_hears_it_and_who_rang_does_not(two: tuple[Storage, Storage]) -> None:
    here, there = map(bell_of, two)
    async with listening(here) as own, listening(there) as other:
        two[0].transact(here.ring)
        await times(other, 2)
        two[1].transact(there.ring)
        await times(own, 2)  # its own came before this one
        assert (len(own), len(other)) == (2, 2)


async def test_after_a_restart_of_the_server_it_is_heard_again_and_looked_at_once(
    two: tuple[Storage, Storage], postgres: Postgres
) -> None:
    here, there = map(bell_of, two)
    async with listening(there) as heard:
        await asyncio.to_thread(postgres.stop)
        await asyncio.to_thread(postgres.start)
        await times(heard, 2)
        two[0].transact(here.ring)
        await times(heard, 3)


def test_a_file_has_nobody_else_to_tell(tmp_path: Path) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'guichet.db'}")
    assert storage.bell() is None
    storage.engine.dispose()
