"""KPay's rate limits: windows of a minute that stand still. Kept in memory; a restart forgives."""

from collections.abc import Callable
from datetime import datetime

WINDOW = 60


class TooMany(Exception):  # an answer, not a fault of ours
    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Limits:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._counted: dict[str, tuple[int, int]] = {}

    def count(self, what: str, most: int) -> None:
        """`most` 0 is no limit."""
        now = self._clock().timestamp()
        window = int(now // WINDOW)
        known, times = self._counted.get(what, (window, 0))
        times = times + 1 if known == window else 1
        self._counted[what] = (window, times)
        if most and times > most:
            raise TooMany(max(1, int((window + 1) * WINDOW - now)))
