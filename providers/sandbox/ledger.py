"""The one truth about whose money moved. Knows no system's words and no HTTP.

Every end comes by one door, `settle_due`: a person who answers only changes what is due.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from providers.sandbox.accounts import Accounts, Short, credit, inside, wallet
from providers.sandbox.entries import Draft, Due, Entry, Kind, Reason, State, opened
from providers.sandbox.events import Events
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store, stamp

__all__ = ["Draft", "Due", "Entry", "Kind", "Ledger", "Reason", "State"]

Listener = Callable[[Entry], None]


class Ledger:
    """`on_opened` and `on_settled` are called inside the change they tell of."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        events: Events,
        settings: Settings,
        clock: Callable[[], datetime],
        ids: Callable[[], UUID],
    ) -> None:
        self.accounts = accounts
        self.on_opened: list[Listener] = []
        self.on_settled: list[Listener] = []
        self.operator_reference: dict[str, Callable[[Entry], str]] = {}
        self._store = store
        self._events = events
        self._settings = settings
        self._clock = clock
        self._ids = ids

    def open(self, draft: Draft) -> Entry:
        """Raises Short, and writes nothing, when the merchant's account can't pay a payout."""
        now = self._clock()
        entry = opened(draft, str(draft.id or self._ids()), now)
        with self._store.change():
            self._open_wallet(entry)
            if entry.kind is not Kind.COLLECTION:
                self.accounts.move(entry.amount + entry.fee, entry.account, _transit(entry))
            self._insert(entry)
            self._events.tell("entry", **entry.summary())
            for tell in self.on_opened:
                tell(entry)
        return entry

    def get(self, entry_id: str) -> Entry | None:
        row = self._store.row("SELECT * FROM entries WHERE id = ?", entry_id)
        return Entry.from_row(row) if row else None

    def find(self, system: str, endpoint: str, external_reference: str) -> Entry | None:
        """The first entry under a caller's reference. An empty reference finds nothing."""
        if not external_reference:
            return None
        row = self._store.row(
            "SELECT * FROM entries WHERE system = ? AND endpoint = ? AND external_reference = ? ORDER BY seq LIMIT 1",
            system, endpoint, external_reference,
        )  # fmt: skip
        return Entry.from_row(row) if row else None

    def under(self, system: str, endpoint: str, external_reference: str) -> list[Entry]:
        """All entries under one reference, in the order they were opened."""
        rows = self._store.rows(
            "SELECT * FROM entries WHERE system = ? AND endpoint = ? AND external_reference = ? ORDER BY seq",
            system, endpoint, external_reference,
        )  # fmt: skip
        return [Entry.from_row(row) for row in rows]

    def entries(self, system: str = "", msisdn: str = "") -> list[Entry]:
        """In the order they were opened."""
        rows = self._store.rows(
            "SELECT * FROM entries WHERE ? IN ('', system) AND ? IN ('', msisdn) ORDER BY seq", system, msisdn
        )
        return [Entry.from_row(row) for row in rows]

    def opened_since(self, system: str, endpoint: str, msisdn: str, since: datetime) -> int:
        row = self._store.row(
            "SELECT COUNT(*) AS n FROM entries WHERE msisdn = ? AND opened_at > ? AND system = ? AND endpoint = ?",
            msisdn, stamp(since), system, endpoint,
        )  # fmt: skip
        return int(row["n"]) if row else 0

    def decide(self, entry: Entry, state: State, reason: Reason | None = None) -> None:
        """Somebody answered: what was due is replaced, and is due now."""
        decided = replace(entry, due_at=self._clock(), due_state=state, due_reason=reason)
        with self._store.change():
            self._update(decided)

    def settle_due(self) -> list[Entry]:
        """Ends every entry whose time has come and that no fault holds back."""
        rows = self._store.rows(
            "SELECT * FROM entries WHERE state = 'pending' AND held = 0 AND due_at <= ? ORDER BY due_at, seq",
            stamp(self._clock()),
        )
        return [self._settle(Entry.from_row(row)) for row in rows]

    def release(self) -> None:
        """Lets go of what a fault held back; it ends as it would have."""
        with self._store.change():
            self._store.run("UPDATE entries SET held = 0 WHERE held = 1")

    def _settle(self, entry: Entry) -> Entry:
        with self._store.change():
            ended = self._moved(entry)
            self._update(ended)
            self._events.tell("entry", **ended.summary())
            for tell in self.on_settled:
                tell(ended)
        return ended

    def _moved(self, entry: Entry) -> Entry:
        ended = replace(entry, state=entry.due_state, reason=entry.due_reason, ended_at=self._clock())
        for amount, source, target in _moves(ended):
            try:
                self.accounts.move(amount, source, target)
            except Short:
                return replace(ended, state=State.FAILED, reason=Reason.INSUFFICIENT)
        if ended.state is State.SUCCEEDED and ended.moved and entry.system in self.operator_reference:
            return replace(ended, operator_reference=self.operator_reference[entry.system](ended))
        return ended

    def _open_wallet(self, entry: Entry) -> None:
        self.accounts.open(_purse(entry), self._settings.opening_wallet)

    def _insert(self, entry: Entry) -> None:
        self._store.run(
            "INSERT INTO entries VALUES (NULL, :id, :system, :endpoint, :kind, :amount, :fee, :moved, :currency, "
            ":msisdn, :operator, :account, :external_reference, :external_user, :description, :asker, :code, "
            ":operator_reference, :extra, :state, :reason, :opened_at, :ended_at, :due_at, :due_state, :due_reason, "
            ":held)",
            entry.columns(),
        )

    def _update(self, entry: Entry) -> None:
        self._store.run(
            "UPDATE entries SET operator_reference = :operator_reference, state = :state, reason = :reason, "
            "ended_at = :ended_at, due_at = :due_at, due_state = :due_state, due_reason = :due_reason WHERE id = :id",
            entry.columns(),
        )


def _moves(entry: Entry) -> Iterable[tuple[int, str, str]]:
    """(amount, from, to) for an entry that has just ended."""
    fees = inside(entry.system, "fees", entry.currency)
    customer = _purse(entry)
    if entry.kind is Kind.COLLECTION:
        if entry.state is State.SUCCEEDED:
            # The whole sum leaves the customer at once; the fee then leaves what arrived, so it can't run short.
            return [(entry.moved, customer, entry.account), (min(entry.fee, entry.moved), entry.account, fees)]
        return []
    if entry.state is State.FAILED:
        return [(entry.amount + entry.fee, _transit(entry), entry.account)]
    target = credit(entry.msisdn, entry.currency) if entry.kind is Kind.AIRTIME else customer
    kept = entry.amount - entry.moved + entry.fee  # a fee is taken out of the amount, or comes on top of it
    return [(entry.moved, _transit(entry), target), (kept, _transit(entry), fees)]


def _purse(entry: Entry) -> str:
    """The customer's money: what is on the handset, unless the entry names a bank account or the like."""
    return entry.extra.get("purse") or wallet(entry.msisdn, entry.currency)


def _transit(entry: Entry) -> str:
    """Where a payout's money waits between acceptance and arrival."""
    return inside(entry.system, "transit", entry.currency)
