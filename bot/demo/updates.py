"""The queue of updates: kept 24 hours, confirmed by offset, handed out again on demand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo.people import Json

KEPT = timedelta(hours=24)
# https://core.telegram.org/bots/api#getupdates: "all update types except chat_member, message_reaction, and
# message_reaction_count (default)".
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Update:
    id: int
    kind: str
    payload: Json
    created: datetime

    def as_json(self) -> Json:
        return {"update_id": self.id, self.kind: self.payload}


class Updates:
    """`turn` counts the pollers: a long poll whose turn is over was terminated by a newer one."""

    def __init__(self, first_id: int = 700_000_001) -> None:
        self.history: list[Update] = []
        self.allowed: frozenset[str] | None = None
        self.held = False
        self.turn = 0
        self._next_id = first_id
        self._pending: list[Update] = []
        self._again: list[Update] = []

    def add(self, kind: str, payload: Json, now: datetime) -> Update | None:
        """None where the bot asked not to be told of this kind."""
        if not self._wanted(kind):
            return None
        update = Update(self._next_id, kind, payload, now)
        self._next_id += 1
        self.history.append(update)
        self._pending.append(update)
        return update

    def allow(self, kinds: Iterable[str] | None) -> None:
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def deliver_again(self, update: Update) -> None:
        """The same update_id once more, confirmed or not."""
        self._again.append(update)

    def confirm(self, offset: int) -> None:
        """A negative offset keeps only that many from the end, as documented."""
        if offset < 0:
            self._pending = self._pending[offset:]
        elif offset > 0:
            self._pending = [update for update in self._pending if update.id >= offset]

    def due(self, now: datetime, limit: int = 100) -> list[Update]:
        self._pending = [update for update in self._pending if now - update.created < KEPT]
        return [] if self.held else (self._again + self._pending)[:limit]

    def take(self, now: datetime, limit: int = 100) -> list[Update]:
        """What is due. Repeats go out once; the rest stay until their offset is passed."""
        batch = self.due(now, limit)
        self._again = self._again[len(batch) :]
        return batch

    def delivered(self, update: Update) -> None:
        """For the webhook, where an answer of 200 confirms."""
        if update in self._again:
            self._again.remove(update)
        else:
            self._pending = [other for other in self._pending if other.id != update.id]

    def drop_pending(self) -> None:
        self._pending.clear()
        self._again.clear()

    @property
    def pending(self) -> int:
        return len(self._pending) + len(self._again)

    def _wanted(self, kind: str) -> bool:
        return kind not in NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed
