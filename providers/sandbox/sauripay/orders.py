"""What was ordered, by order id: the first answer word for word, and where the payer stands.

The ledger knows whose money moved; this knows what SauriPay said of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from sqlite3 import Row
from typing import Any

from providers.sandbox.store import Store

_TABLE = """
CREATE TABLE IF NOT EXISTS sauripay_orders (key TEXT PRIMARY KEY, entry TEXT NOT NULL, token TEXT UNIQUE NOT NULL,
    account TEXT NOT NULL, stage TEXT NOT NULL, asked TEXT NOT NULL, first TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sauripay_entries ON sauripay_orders (entry);
CREATE INDEX IF NOT EXISTS sauripay_accounts ON sauripay_orders (account);
"""


class Stage(StrEnum):
    """What an order waits for, or how it ended where the ledger can't tell."""

    NOTHING = ""
    CODE = "code"
    PAGE = "page"
    TRANSFER = "transfer"
    CONFIRMATION = "confirmation"
    CANCELLED = "cancelled"
    NO_FUNDS = "no_funds"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Order:
    """`token` names its page, `account` is the bank account opened for it. `entry` is empty if none was opened."""

    key: str
    entry: str
    token: str
    account: str
    stage: Stage
    asked: Mapping[str, Any]
    first: Mapping[str, Any]


class Orders:
    def __init__(self, store: Store) -> None:
        self._store = store
        for statement in filter(str.strip, _TABLE.split(";")):
            store.run(statement)

    def add(self, order: Order) -> None:
        self._store.run(
            "INSERT INTO sauripay_orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            (order.key, order.entry, order.token, order.account, order.stage, *_texts(order)),
        )

    def move(self, key: str, stage: Stage) -> None:
        self._store.run("UPDATE sauripay_orders SET stage = ? WHERE key = ?", (stage, key))

    def get(self, key: str) -> Order | None:
        return _order(self._store.row("SELECT * FROM sauripay_orders WHERE key = ?", key))

    def of_entry(self, entry: str) -> Order | None:
        return _order(self._store.row("SELECT * FROM sauripay_orders WHERE entry = ?", entry))

    def of_page(self, token: str) -> Order | None:
        return _order(self._store.row("SELECT * FROM sauripay_orders WHERE token = ?", token))

    def of_account(self, account: str) -> Order | None:
        return _order(self._store.row("SELECT * FROM sauripay_orders WHERE account = ? AND account != ''", account))


def _texts(order: Order) -> tuple[str, str]:
    return json.dumps(order.asked), json.dumps(order.first)


def _order(row: Row | None) -> Order | None:
    if row is None:
        return None
    asked, first = json.loads(row["asked"]), json.loads(row["first"])
    return Order(row["key"], row["entry"], row["token"], row["account"], Stage(row["stage"]), asked, first)
