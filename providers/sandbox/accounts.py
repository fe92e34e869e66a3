"""Balances and what moves between them. Money is never made here: what one account loses, another gains."""

from providers.sandbox.events import Events
from providers.sandbox.store import Store


class Short(Exception):  # it reads as what it says: the account is short
    """An account holds less than what should leave it."""


def wallet(msisdn: str, currency: str) -> str:
    """The money on a handset."""
    return f"phone/{msisdn}/{currency}"


def credit(msisdn: str, currency: str) -> str:
    """The airtime on a handset."""
    return f"airtime/{msisdn}/{currency}"


def pocket(system: str, name: str, currency: str) -> str:
    """A part of the merchant's account at a payment system."""
    return f"{system}/{name}/{currency}"


def inside(system: str, name: str, currency: str) -> str:
    """Money that is nobody's to see: on its way to a payee, or kept as a fee. Not settable by hand."""
    return f"inside/{system}/{name}/{currency}"


class Accounts:
    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def open(self, account: str, balance: int) -> int:
        """The balance; an account that was never seen starts with the one given."""
        with self._store.change():
            self._store.run("INSERT OR IGNORE INTO accounts VALUES (?, ?)", (account, balance))
            return self.balance(account)

    def balance(self, account: str) -> int:
        row = self._store.row("SELECT balance FROM accounts WHERE name = ?", account)
        return int(row["balance"]) if row else 0

    def all(self) -> dict[str, int]:
        """By name. Their sum changes only when somebody `put`s or an account is opened."""
        return {row["name"]: row["balance"] for row in self._store.rows("SELECT * FROM accounts ORDER BY name")}

    def shown(self) -> dict[str, int]:
        return {name: balance for name, balance in self.all().items() if not name.startswith("inside/")}

    def put(self, account: str, balance: int) -> None:
        """Sets a balance by hand: the one way for money to appear or vanish."""
        with self._store.change():
            self._store.run("INSERT OR REPLACE INTO accounts VALUES (?, ?)", (account, balance))
            self._events.tell("balance", account=account, balance=balance)

    def move(self, amount: int, source: str, target: str) -> None:
        if amount < 0:
            raise ValueError("money moves forward")
        if self.balance(source) < amount:
            raise Short(source)
        with self._store.change():
            for account, change in ((source, -amount), (target, amount)):
                self._store.run(
                    "INSERT INTO accounts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET balance = balance + ?",
                    (account, change, change),
                )
