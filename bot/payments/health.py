"""Which systems answered lately. Kept in memory: after a start each one is well until it shows otherwise."""

from collections import defaultdict, deque
from datetime import datetime, timedelta

from providers.base import Clock

_WINDOW = timedelta(minutes=5)
_ENOUGH = 3


class Health:
    def __init__(self, now: Clock) -> None:
        self._now = now
        self._missed: dict[tuple[int, str], deque[datetime]] = defaultdict(lambda: deque(maxlen=_ENOUGH))

    def answered(self, merchant_id: int, provider: str) -> None:
        self._missed.pop((merchant_id, provider), None)

    def missed(self, merchant_id: int, provider: str) -> None:
        self._missed[merchant_id, provider].append(self._now())

    def unwell(self, merchant_id: int, provider: str) -> bool:
        """Its last few calls had no answer, the first of them only minutes ago."""
        missed = self._missed.get((merchant_id, provider))
        return missed is not None and len(missed) == _ENOUGH and self._now() - missed[0] < _WINDOW
