"""Time, chance and what lies outside the program."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
from starlette.routing import Route

from bot.pace import Pace
from bot.payments.callbacks import Callbacks
from bot.payments.crew import Tick
from bot.scheduler import Clockwork, Scheduler
from bot.ui.easel import Easel
from bot.web import Web
from providers.base import Clock
from providers.client import network
from storage.engine import Storage

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, and nothing that is misread over the phone


@dataclass(frozen=True, slots=True)
class World:
    """Passed in: a test may bring its own."""

    now: Clock = lambda: datetime.now(UTC)
    new_key: Callable[[], UUID] = uuid4
    new_id: Callable[[], str] = lambda: "".join(_ALPHABET[byte % 32] for byte in secrets.token_bytes(10))
    new_token: Callable[[], str] = lambda: secrets.token_urlsafe(24)
    network: Callable[[], httpx.AsyncBaseTransport] = network
    scheduler: Callable[[Mapping[Tick, float]], Clockwork] = Scheduler
    storage: Callable[[str], Storage] = Storage
    web: Callable[[Callbacks, str, Sequence[Route], Sequence[str]], Web] = Web
    learn: Callable[[Iterable[str]], None] = lambda _: None
    """Hears every secret that comes up while the program runs: the log must not show it."""
    easel: Callable[[], Easel] = Easel
    pace: Callable[[], Pace] = Pace
