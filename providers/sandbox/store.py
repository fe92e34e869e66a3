"""Where everything is kept: one SQLite file, or memory. Knows tables and times, not what they mean.

A change is on its way to the disk before the reply that tells of it: with write-ahead logging a committed change
outlives the death of the process (not a power cut: this is a sandbox).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, system TEXT NOT NULL, endpoint TEXT NOT NULL,
    kind TEXT NOT NULL, amount INTEGER NOT NULL, fee INTEGER NOT NULL, moved INTEGER NOT NULL,
    currency TEXT NOT NULL, msisdn TEXT NOT NULL, operator TEXT NOT NULL, account TEXT NOT NULL,
    external_reference TEXT NOT NULL, external_user TEXT NOT NULL, description TEXT NOT NULL, asker TEXT NOT NULL,
    code TEXT NOT NULL, operator_reference TEXT NOT NULL, extra TEXT NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, opened_at TEXT NOT NULL, ended_at TEXT NOT NULL,
    due_at TEXT NOT NULL, due_state TEXT NOT NULL, due_reason TEXT NOT NULL, held INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS entries_due ON entries (due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS entries_reference ON entries (system, endpoint, external_reference);
CREATE INDEX IF NOT EXISTS entries_phone ON entries (msisdn, opened_at);
CREATE TABLE IF NOT EXISTS prompts (entry TEXT PRIMARY KEY, msisdn TEXT NOT NULL, wrong INTEGER NOT NULL,
    answered INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS prompts_phone ON prompts (msisdn) WHERE answered = 0;
CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, msisdn TEXT NOT NULL, at TEXT NOT NULL,
    sender TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_phone ON messages (msisdn);
CREATE TABLE IF NOT EXISTS callbacks (seq INTEGER PRIMARY KEY, system TEXT NOT NULL, entry TEXT NOT NULL,
    due_at TEXT NOT NULL, forged INTEGER NOT NULL, tries INTEGER NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS callbacks_owed ON callbacks (due_at) WHERE state = 'owed';
CREATE TABLE IF NOT EXISTS links (token TEXT PRIMARY KEY, id TEXT UNIQUE NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL);
"""


class Store:
    """Used from one thread, the event loop's; every call is short and none awaits."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", timeout=1.0, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # two sandboxes on one file would send callbacks twice
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def change(self) -> Iterator[None]:
        """All of it or nothing. Inside another change it is a part of that one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, statement: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Cursor:
        return self._db.execute(statement, values)

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(statement, values).fetchone()
        return found

    def next(self, counter: str) -> int:
        """1, 2, 3 ... for each name, also across restarts."""
        row = self.row(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            counter,
        )
        return int(row["value"]) if row else 0

    def close(self) -> None:
        self._db.close()


def stamp(moment: datetime | None) -> str:
    """UTC text of one width, so that its order is the order of time. Empty is never."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else ""


def moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
