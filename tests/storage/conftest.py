from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Storage
from tests.books import open_books, shut


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    books = open_books(tmp_path)
    yield books
    shut(books)
