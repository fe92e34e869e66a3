"""What the program logs while it lives, as lines of the story. The dead say nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.typing import EventDict

from tests.storms.hourglass import OWNER
from tests.storms.story import Story


@contextmanager
def listening(story: Story, time: Any) -> Iterator[None]:
    """Other libraries are silent meanwhile. Everything is as it was afterwards."""

    def heard(_logger: Any, level: str, event: EventDict) -> EventDict:
        owner = OWNER.get()
        if owner is not None and owner.alive:
            error = event.pop("exc_info", None)
            words = " ".join(f"{name}={value}" for name, value in event.items() if name != "event")
            story.tell(time(), "log", f"{level}: {event['event']} {words} {_named(error)}".rstrip())
        raise structlog.DropEvent

    before, disabled = structlog.get_config(), logging.root.manager.disable
    structlog.configure(processors=[heard], wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.disable(disabled)


def _named(error: Any) -> str:
    if error is True:
        import sys

        error = sys.exc_info()[1]
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:200] if isinstance(error, BaseException) else ""
