"""What a link in the chain costs: the same transactions as they are, and with their records left loose, in turns.

A life is a draft and three changes, each in a transaction of its own as in the program; a sheet is a hundred drafts in
one. Every commit is durable. Behind them, how fast a chain is walked.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from storage import audit, payments
from storage.engine import Storage
from storage.models import Payment
from storage.states import State
from tests.books import draft, move, open_books

ROUNDS = 5
LIVES = 40
SHEETS = 3
LINES = 100
STEPS = (State.QUEUED, State.SENDING, State.SUCCEEDED)


class Loose(Storage):
    """Commits without the last step."""

    def transact(self, work, *args, **kwargs):  # type: ignore[no-untyped-def]
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            return work(session, *args, **kwargs)


def live(storage: Storage) -> int:
    for _ in range(LIVES):
        payment: Payment | None = storage.transact(payments.create_once, draft(), by="person:1")[0]
        for state in STEPS:
            assert payment
            payment = move(storage, payment, state)
    return LIVES * (1 + len(STEPS))


def sheets(storage: Storage) -> int:
    def enter(session: Session) -> None:
        for _ in range(LINES):
            payments.create_once(session, draft(), by="person:1")

    for _ in range(SHEETS):
        storage.transact(enter)
    return SHEETS * LINES


def run() -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        linked = open_books(Path(first))
        loose = Loose(open_books(Path(second)).engine.url.render_as_string())
        for name, work in (("one event a commit", live), (f"{LINES} events a commit", sheets)):
            _compare(name, work, loose, linked)
        began = time.process_time()
        checked = sum(one.checked for one in audit.verify(linked))
        print(f"audit: {checked / (time.process_time() - began):,.0f} records a second of the processor")


def _compare(name: str, work: Callable[[Storage], int], loose: Storage, linked: Storage) -> None:
    """The clock's time has the disk in it, and whatever else the machine does; the processor's has not."""
    for what, clock in (("clock", time.perf_counter), ("processor", time.process_time)):
        took: dict[Storage, list[float]] = {loose: [], linked: []}
        for storage in (loose, linked) * ROUNDS:
            began = clock()
            events = work(storage)
            took[storage].append((clock() - began) / events * 1e6)
        without, with_it = (statistics.median(took[storage]) for storage in (loose, linked))
        print(f"{name}, {what}: loose {without:,.0f} µs, linked {with_it:,.0f} µs an event: {with_it / without:.2f}x")
