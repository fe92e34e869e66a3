"""The program broken on purpose, one way at a time: a storm that does not notice proves nothing.

Each stands for a mistake that somebody could make, and is gone when its block ends.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Breakage = Callable[[], AbstractContextManager[object]]

BREAKAGES: dict[str, Breakage] = {}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """An empty name breaks nothing."""
    with BREAKAGES[name]() if name else nullcontext():
        yield
