"""What the verdict looks at after a storm: our books, the systems' ledger, and what was planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from providers.money import Money
from providers.sandbox.entries import Entry
from storage.models import Attempt, Batch, ChainLink, Deed, Event, Merchant, Notice, Payment, Person
from tests.storms.house import House
from tests.storms.plan import Wanted
from tests.storms.provers import Proof
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.town import Town
from tests.storms.wire import Unheard

Flaw = tuple[str, str]
"""A rule, and how it was violated."""


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    what: str
    story: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.rule}: {self.what}", *(f"    {line}" for line in self.story)])


@dataclass(frozen=True, slots=True)
class Row:
    """A payment in our books, with all that hangs on it."""

    payment: Payment
    events: Sequence[Event]
    attempts: Sequence[Attempt]
    notices: Sequence[Notice]

    @property
    def amount(self) -> int:
        """Whole units, as people type them and the ledger counts them."""
        return Money(self.payment.amount, self.payment.currency).whole


@dataclass(frozen=True, slots=True)
class Together:
    """A sheet in our books: what its boards are, beside its lines."""

    batch: Batch
    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class Books:
    rows: list[Row]
    sheets: list[Together]
    merchant: Merchant
    persons: Mapping[int, Person]


@dataclass
class Evidence:
    rows: list[Row]
    sheets: list[Together]
    entries: Mapping[int, list[Entry]]
    plan: Sequence[Wanted]
    town: Town
    story: Story
    merchant: Merchant
    persons: Mapping[int, Person]
    records: Sequence[Event | Deed]
    """In the order of the chain."""
    house: House
    proofs: Sequence[Proof]
    began: datetime
    systems: Systems
    unheard: Sequence[Unheard]
    blows: Sequence[float]
    apart: bool
    """Several instances' clocks differed by more than a lease has to spare: what one tells, another may tell too."""
    lied: bool
    """A system said "later" and did it all the same: an order of which nothing came may then be made again."""
    calm: bool
    """Nothing at all went wrong: then there is no reason for doubt either."""


def read_chain(session: Session) -> list[Event | Deed]:
    """Every record, as one was committed after the other."""
    found: dict[tuple[str, int | None], Event | Deed] = {}
    for event in session.exec(select(Event)):
        found["event", event.id] = event
    for deed in session.exec(select(Deed)):
        found["deed", deed.id] = deed
    links = session.exec(select(ChainLink).where(ChainLink.merchant_id == 1).order_by(col(ChainLink.number)))
    return [found[link.kind, link.row_id] for link in links]


def read(session: Session) -> Books:
    rows = [
        Row(
            payment,
            session.exec(select(Event).where(Event.payment_id == payment.id).order_by(col(Event.id))).all(),
            session.exec(select(Attempt).where(Attempt.payment_id == payment.id)).all(),
            session.exec(select(Notice).where(Notice.payment_id == payment.id)).all(),
        )
        for payment in session.exec(select(Payment).order_by(col(Payment.created_at), col(Payment.line))).all()
    ]
    sheets = [
        Together(batch, session.exec(select(Notice).where(Notice.batch_id == batch.id)).all())
        for batch in session.exec(select(Batch).order_by(col(Batch.created_at))).all()
    ]
    persons = {one.id: one for one in session.exec(select(Person)).all()}
    return Books(rows, sheets, session.get_one(Merchant, 1), persons)
