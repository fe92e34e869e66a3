import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.room import Room
from tests.storms.hourglass import Hourglass


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    memory = Path("/dev/shm")  # noqa: S108 - the code path of a file, without the disk's waits
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))
    loop = Hourglass()
    place = Room(folder, loop)
    yield place
    place.close()
    loop.close()
    shutil.rmtree(folder, ignore_errors=True)
