"""The time of the local Telegram: the real one, or one that a test moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def real_time() -> datetime:
    return datetime.now(UTC)


class DrivenClock:
    """Stands still until it is told to go on."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or real_time()

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
