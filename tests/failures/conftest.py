from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.engine import Storage
from tests.books import open_books, shut
from tests.bot.payments.counter import Counter
from tests.shop import Shop, shop


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    books = open_books(tmp_path)
    yield books
    shut(books)


@pytest.fixture
def counter(storage: Storage) -> Counter:
    return Counter(storage)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One shop for the stories of a file that do each other no harm: no clock is moved and no group leaves."""
    async with shop(tmp_path_factory.mktemp("street"), callbacks=True) as open_shop:
        yield open_shop


@pytest_asyncio.fixture(loop_scope="module")
async def place(street: Shop) -> AsyncIterator[Shop]:
    """The shared shop in good weather again."""
    yield street
    street.box.faults.clear()
    street.telegram.faults.clear()
