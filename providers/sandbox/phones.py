"""Customers' handsets: the PIN prompts they show, the messages they got, the money on them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from providers.sandbox.accounts import credit, wallet
from providers.sandbox.entries import Entry, Kind, Reason, State
from providers.sandbox.events import Events
from providers.sandbox.ledger import Ledger
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store, stamp


class NoPrompt(LookupError):
    """This handset shows no such prompt: it was answered, it timed out, or it never came."""


class WrongPin(ValueError):
    def __init__(self, tries_left: int) -> None:
        super().__init__(f"wrong PIN, {tries_left} left")
        self.tries_left = tries_left


@dataclass(frozen=True, slots=True)
class Prompt:
    reference: str
    msisdn: str
    asker: str
    amount: int
    currency: str
    operator: str
    description: str
    at: str
    wrong_pins: int


@dataclass(frozen=True, slots=True)
class Message:
    msisdn: str
    at: str
    sender: str
    text: str


class Phones:
    def __init__(
        self, store: Store, ledger: Ledger, events: Events, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._events = events
        self._settings = settings
        self._clock = clock
        ledger.on_settled.append(self._tell_outcome)

    def prompt(self, entry: Entry) -> None:
        """Shows a pending collection on its payer's handset."""
        with self._store.change():
            self._store.run("INSERT INTO prompts VALUES (?, ?, 0, 0)", (entry.id, entry.msisdn))
            self._events.tell("prompt", **asdict(_prompt(entry, 0)))

    def prompts(self, msisdn: str) -> list[Prompt]:
        """What the handset shows now, oldest first."""
        rows = self._store.rows(
            "SELECT entry, wrong FROM prompts JOIN entries ON entries.id = prompts.entry "
            "WHERE prompts.msisdn = ? AND answered = 0 ORDER BY seq",
            msisdn,
        )
        return [_prompt(entry, row["wrong"]) for row in rows if (entry := self._ledger.get(row["entry"]))]

    def messages(self, msisdn: str) -> list[Message]:
        rows = self._store.rows("SELECT * FROM messages WHERE msisdn = ? ORDER BY seq", msisdn)
        return [Message(row["msisdn"], row["at"], row["sender"], row["text"]) for row in rows]

    def wallet(self, msisdn: str, currency: str = "XAF") -> int:
        return self._ledger.accounts.open(wallet(msisdn, currency), self._settings.opening_wallet)

    def known(self) -> list[str]:
        """Every handset that was ever asked, paid or given money."""
        return sorted({name.split("/")[1] for name in self._ledger.accounts.all() if name.startswith("phone/")})

    def show(self, msisdn: str) -> dict[str, Any]:
        return {
            "msisdn": msisdn,
            "wallet": self.wallet(msisdn),
            "airtime": self._ledger.accounts.balance(credit(msisdn, "XAF")),
            "currency": "XAF",
            "prompts": [asdict(prompt) for prompt in self.prompts(msisdn)],
            "messages": [asdict(message) for message in self.messages(msisdn)],
        }

    def approve(self, msisdn: str, pin: str, reference: str = "") -> Entry:
        """The entry as it stands after the PIN: a third wrong one has ended it, earlier ones raise WrongPin."""
        entry, wrong = self._shown(msisdn, reference)
        if pin == self._settings.pin:
            return self._answer(entry, State.SUCCEEDED, None)
        if wrong + 1 >= self._settings.pin_tries:
            return self._answer(entry, State.FAILED, Reason.DECLINED)
        with self._store.change():
            self._store.run("UPDATE prompts SET wrong = wrong + 1 WHERE entry = ?", (entry.id,))
        raise WrongPin(self._settings.pin_tries - wrong - 1)

    def decline(self, msisdn: str, reference: str = "") -> Entry:
        entry, _ = self._shown(msisdn, reference)
        return self._answer(entry, State.FAILED, Reason.DECLINED)

    def _shown(self, msisdn: str, reference: str) -> tuple[Entry, int]:
        self._ledger.settle_due()  # a prompt whose time is over must not be answered between two ticks
        for prompt in self.prompts(msisdn):
            entry = self._ledger.get(prompt.reference)
            if entry and reference in ("", prompt.reference):
                return entry, prompt.wrong_pins
        raise NoPrompt(reference or msisdn)

    def _answer(self, entry: Entry, state: State, reason: Reason | None) -> Entry:
        with self._store.change():
            self._close(entry)
            self._ledger.decide(entry, state, reason)
            self._ledger.settle_due()
        return self._ledger.get(entry.id) or entry

    def _close(self, entry: Entry) -> None:
        self._store.run("UPDATE prompts SET answered = 1 WHERE entry = ?", (entry.id,))

    def _tell_outcome(self, entry: Entry) -> None:
        self._close(entry)
        if "purse" in entry.extra:  # a bank or a chain: no operator's message
            return
        if text := _sms(entry, self.wallet(entry.msisdn, entry.currency)):
            self.receive(entry.msisdn, entry.operator, text)

    def receive(self, msisdn: str, sender: str, text: str) -> None:
        """A text message, which people read on their handset."""
        message = Message(msisdn, stamp(self._clock()), sender, text)
        self._store.run(
            "INSERT INTO messages (msisdn, at, sender, text) VALUES (?, ?, ?, ?)",
            (message.msisdn, message.at, message.sender, message.text),
        )
        self._events.tell("message", **asdict(message))


def _prompt(entry: Entry, wrong: int) -> Prompt:
    return Prompt(
        entry.id, entry.msisdn, entry.asker, entry.amount, entry.currency, entry.operator, entry.description,
        stamp(entry.opened_at), wrong,
    )  # fmt: skip


def _sms(entry: Entry, balance: int) -> str:
    """Nothing for a payout that failed: its payee never hears of it."""
    got = entry.moved if entry.kind is Kind.PAYOUT else entry.amount
    money, left = f"{got} {entry.currency}", f"New balance: {balance} {entry.currency}."
    why = (entry.reason or "failed").replace("_", " ")
    note = f" ({entry.description})" if entry.description else ""
    match entry.kind, entry.state:
        case Kind.COLLECTION, State.SUCCEEDED:
            return f"You paid {money} to {entry.asker}{note}. {left}"
        case Kind.COLLECTION, _:
            return f"Your payment of {money} to {entry.asker} did not go through: {why}. {left}"
        case Kind.PAYOUT, State.SUCCEEDED:
            return f"You received {money} from {entry.asker}{note}. {left}"
        case Kind.AIRTIME, State.SUCCEEDED:
            return f"You received {money} of airtime from {entry.asker}."
    return ""
