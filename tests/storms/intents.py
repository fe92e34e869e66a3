"""What people want moved: drawn from the seed, each with an amount that no other has, by which it is known anywhere."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

from bot.demo.accounts import TRON_WALLET
from bot.demo.people import User
from providers.messages import Kind
from tests.storms.town import Town

T = TypeVar("T")


class Manner(StrEnum):
    """How the asker deals with the card."""

    CONFIRM = "confirms"
    TWICE = "taps twice"
    DOUBLED = "one tap, two updates"
    RACE = "confirms and cancels at once"
    CANCEL = "cancels"
    CHANGE_OF_MIND = "confirms, then cancels"
    FORGET = "forgets about it"
    LATE = "confirms far too late"
    OTHERS = "others tap first"


class Payer(StrEnum):
    PAYS = "pays"
    SLOWLY = "pays slowly"
    FUMBLES = "types a wrong PIN first"
    DECLINES = "declines"
    SLEEPS = "does not look"


class Trick(StrEnum):
    """What the system does to this one movement of money, beyond the weather."""

    NONE = "none"
    SHORT = "moves half of it"
    TURN = "says failed, and pays after all"
    STUCK = "keeps it open until the storm is over"


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of line to type, and how much of it there is."""

    weight: int
    kind: Kind
    line: str
    phones: tuple[str, ...]
    code: str = ""
    """Told besides: a payer's code "before" the card or "after" it, a deposit's "hash", an address's "last four"."""


CAMEROON = tuple(f"6{number}" for number in ("71000101", "71000102", "90000103", "90000104", "50000105"))
PLAIN_PAYOUT = Way(12, Kind.PAYOUT, "/payout {amount} {phone} wages", CAMEROON)
WAYS = (
    Way(10, Kind.COLLECTION, "/request {amount} {phone} shoes", CAMEROON),
    Way(16, Kind.COLLECTION, "/request {amount} {phone} shoes via kpay", CAMEROON),
    Way(6, Kind.COLLECTION, "/request {amount} {phone} via nkapsmart", CAMEROON),
    Way(5, Kind.COLLECTION, "/request {amount} {phone} tea via sauripay", ("+254700000011", "+254700000012")),
    Way(3, Kind.COLLECTION, "/request {amount} {phone} cloth", ("+22674000013",), "before"),
    Way(3, Kind.COLLECTION, "/request {amount} {phone} cloth via sauripay", ("+2250700000014",), "after"),
    Way(3, Kind.COLLECTION, "/request {amount} {phone} via page", CAMEROON),
    Way(2, Kind.COLLECTION, "/request {amount} {phone} via bank", CAMEROON),
    Way(2, Kind.COLLECTION, "/link {amount} shoes", CAMEROON),
    Way(2, Kind.COLLECTION, "/link {amount} shoes via kpay", CAMEROON),
    Way(2, Kind.COLLECTION, "/request {amount} {phone} tea via crypto", CAMEROON, "hash"),
    PLAIN_PAYOUT,
    Way(8, Kind.PAYOUT, "/payout {amount} {phone} wages via kpay", CAMEROON),
    Way(8, Kind.PAYOUT, "/payout {amount} {phone} wages via nkapsmart", CAMEROON),
    Way(6, Kind.PAYOUT, "/payout {amount} {phone} wages via sauripay", ("+254700000011", "+254700000012")),
    Way(2, Kind.PAYOUT, f"/payout {{amount}} {{phone}} {TRON_WALLET} rent", CAMEROON, "last four"),
    Way(7, Kind.AIRTIME, "/airtime {amount} {phone}", CAMEROON),
    Way(2, Kind.TRANSFER, "/transfer {amount} CM GA stock", ("",)),
    Way(1, Kind.TRANSFER, "/transfer {amount} Cameroon Chad", ("",)),
)

_MANNERS = {
    Manner.CONFIRM: 50,
    Manner.TWICE: 10,
    Manner.DOUBLED: 6,
    Manner.RACE: 8,
    Manner.CANCEL: 3,
    Manner.CHANGE_OF_MIND: 6,
    Manner.FORGET: 3,
    Manner.LATE: 3,
    Manner.OTHERS: 8,
}
_PAYERS = {Payer.PAYS: 60, Payer.SLOWLY: 10, Payer.FUMBLES: 5, Payer.DECLINES: 15, Payer.SLEEPS: 10}
_PAYERS_BACK = {**_PAYERS, Payer.DECLINES: 50, Payer.SLEEPS: 25}
"""Where a refund is asked for in any case: there must be enough who never paid."""
_TRICKS = {Trick.NONE: 94, Trick.SHORT: 2, Trick.TURN: 2, Trick.STUCK: 2}


@dataclass
class Intent:
    """`gives_back`: a refund is asked for once it is paid. `taps_at`: not before. `confirmed`: the asker has tapped
    Confirm on this card.
    """

    number: int
    way: Way
    amount: int
    phone: str
    asker: User
    in_group: bool
    at: float
    manner: Manner
    payer: Payer
    trick: Trick
    gives_back: bool
    taps_at: float = 0.0
    confirmed: bool = False
    refund_confirmed: bool = False
    story: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        return self.way.line.format(amount=self.amount, phone=self.phone)

    @property
    def kind(self) -> Kind:
        return self.way.kind

    @property
    def is_link(self) -> bool:
        return self.way.line.startswith("/link")

    def __str__(self) -> str:
        where = "in the group" if self.in_group else "in private"
        return (
            f"{self.asker.first_name} {where}: {self.line!r}, then {self.manner}; the payer {self.payer}; "
            f"the system: {self.trick}{'; and gives it back' if self.gives_back else ''}"
        )


def drawn(chance: Random, town: Town, number: int, amount: int, within: float) -> Intent:
    way = chance.choices(WAYS, [way.weight for way in WAYS])[0]
    others = [town.cashier, town.approver, town.accountant, town.stranger]
    gives_back = way.kind is Kind.COLLECTION and "kpay" in way.line and chance.random() < 0.9
    return Intent(
        number=number,
        way=way,
        amount=amount,
        phone=chance.choice(way.phones),
        asker=town.owner if chance.random() < 0.6 else chance.choice(others),
        in_group=chance.random() < 0.15,
        at=chance.uniform(1, within),
        manner=_weighed(chance, _MANNERS),
        payer=_weighed(chance, _PAYERS_BACK if gives_back else _PAYERS),
        trick=_weighed(chance, _TRICKS),
        gives_back=gives_back,
    )


def _weighed(chance: Random, weights: dict[T, int]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]
