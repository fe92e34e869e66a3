"""Callbacks owed to the merchant: remembered with the entry's end, sent when due, tried again when refused.

What a callback says and how it is signed is its system's matter; here it is a request to send.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Any, Protocol, runtime_checkable

import httpx

from providers.sandbox.entries import Entry
from providers.sandbox.events import Events
from providers.sandbox.faults import ON_CALLBACKS, FaultKind, Faults
from providers.sandbox.ledger import Ledger
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store, stamp


class Announcer(Protocol):
    """A system that tells merchants how their payments ended."""

    def announces(self, entry: Entry) -> bool: ...

    def announcement(self, entry: Entry, *, forged: bool) -> httpx.Request: ...


@runtime_checkable
class OwnPace(Protocol):
    """An announcer that documents when it tries again; the others follow the settings."""

    def again_after(self, tries: int, answer: str) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Owed:
    """`state` is owed, delivered, given_up or withheld; `answer` is what the last try brought."""

    seq: int
    system: str
    entry: str
    due_at: str
    forged: bool
    tries: int
    state: str
    answer: str


class Callbacks:
    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        faults: Faults,
        events: Events,
        settings: Settings,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` None is the network."""
        self.announcers: dict[str, Announcer] = {}
        self._store = store
        self._ledger = ledger
        self._faults = faults
        self._events = events
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._sending: set[int] = set()
        self._lanes = asyncio.Semaphore(20)
        self._http: httpx.AsyncClient | None = None
        ledger.on_settled.append(self.owe)

    def all(self, entry_id: str = "") -> list[Owed]:
        rows = self._store.rows("SELECT * FROM callbacks WHERE ? IN ('', entry) ORDER BY seq", entry_id)
        return [_owed(row) for row in rows]

    async def send_due(self) -> None:
        """Tries each callback whose time has come, once, and returns when all were answered or timed out."""
        rows = self._store.rows(
            "SELECT * FROM callbacks WHERE state = 'owed' AND due_at <= ? ORDER BY due_at, seq", stamp(self._clock())
        )
        await asyncio.gather(*(self._send(_owed(row)) for row in rows if row["seq"] not in self._sending))

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()

    def _client(self) -> httpx.AsyncClient:
        """Made when first needed. No proxy from the environment: the receiver is on this machine or named by hand."""
        if self._http is None:
            self._http = httpx.AsyncClient(transport=self._transport, trust_env=False)
        return self._http

    def owe(self, entry: Entry) -> None:
        """How it ended is to be told, as often as it ends."""
        announcer = self.announcers.get(entry.system)
        if announcer is None or not announcer.announces(entry):
            return
        taken = {fault.kind: fault for fault in self._faults.take(ON_CALLBACKS, entry.endpoint)}
        late = taken[FaultKind.CALLBACKS_LATE].seconds if FaultKind.CALLBACKS_LATE in taken else 0
        due_at = stamp(self._clock() + timedelta(seconds=late))
        state = "withheld" if FaultKind.CALLBACKS_OFF in taken else "owed"
        for _ in range(2 if FaultKind.CALLBACKS_TWICE in taken else 1):
            self._store.run(
                "INSERT INTO callbacks (system, entry, due_at, forged, tries, state, answer) "
                "VALUES (?, ?, ?, ?, 0, ?, '')",
                (entry.system, entry.id, due_at, FaultKind.CALLBACKS_FORGED in taken, state),
            )

    async def _send(self, owed: Owed) -> None:
        self._sending.add(owed.seq)
        try:
            async with self._lanes:
                answer, accepted = await self._try(owed)
            self._record(owed, answer, accepted=accepted)
        finally:
            self._sending.discard(owed.seq)

    async def _try(self, owed: Owed) -> tuple[str, bool]:
        entry = self._ledger.get(owed.entry)
        announcer = self.announcers[owed.system]
        if entry is None or not announcer.announces(entry):
            return "nobody to tell", False
        try:
            async with asyncio.timeout(self._settings.callback_timeout):
                reply = await self._client().send(announcer.announcement(entry, forged=owed.forged))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return type(error).__name__, False
        return str(reply.status_code), reply.is_success

    def _record(self, owed: Owed, answer: str, *, accepted: bool) -> None:
        tries = owed.tries + 1
        wait = None if accepted else self._again_after(owed, tries, answer)
        state = "delivered" if accepted else "given_up" if wait is None else "owed"
        due_at = stamp(self._clock() + timedelta(seconds=wait or 0))
        with self._store.change():
            self._store.run(
                "UPDATE callbacks SET tries = ?, state = ?, answer = ?, due_at = ? WHERE seq = ?",
                (tries, state, answer, due_at, owed.seq),
            )
            self._events.tell("callback", entry=owed.entry, system=owed.system, tries=tries, state=state, answer=answer)

    def _again_after(self, owed: Owed, tries: int, answer: str) -> float | None:
        """Seconds, or None when nobody tries any more."""
        announcer = self.announcers[owed.system]
        if isinstance(announcer, OwnPace):
            return announcer.again_after(tries, answer)
        return self._settings.callback_retry_delay if tries <= self._settings.callback_retries else None


def _owed(row: Row) -> Owed:
    raw: dict[str, Any] = {**row, "forged": bool(row["forged"])}
    return Owed(**raw)
