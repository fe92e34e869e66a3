"""The end of the storm: our books against the systems' ledger, and against what each chat was told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from providers.messages import Kind
from providers.sandbox.entries import Entry
from storage import audit
from storage.models import Payment
from storage.states import State
from tests.storms.books import reopened
from tests.storms.evidence import Evidence, Flaw, Row, Violation, read, read_chain
from tests.storms.house import House
from tests.storms.house_verdict import rules
from tests.storms.intents import Intent
from tests.storms.once import told_once
from tests.storms.payment_verdict import books, decided, refunds, rights, told, walk
from tests.storms.plan import Wanted, movements
from tests.storms.provers import Proof
from tests.storms.sheet_verdict import of_sheet
from tests.storms.sheets import Sheet
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.town import Town
from tests.storms.wire import Unheard


def examine(
    file: Path,
    plan: Sequence[Wanted],
    opened: Mapping[int, list[str]],
    town: Town,
    systems: Systems,
    story: Story,
    *,
    house: House,
    proofs: Sequence[Proof],
    began: datetime,
    apart: bool,
    unheard: Sequence[Unheard],
    blows: Sequence[float],
    lied: bool,
    calm: bool,
) -> tuple[list[Violation], Counter[str]]:
    """What is wrong, and how many payments of each kind ended how."""
    storage = reopened(file)
    try:
        kept = storage.transact(read)
        records = storage.transact(read_chain)
        broken = [verdict.fault for verdict in audit.verify(storage) if verdict.fault]
    finally:
        storage.engine.dispose()
    ledger = {entry.id: entry for entry in systems.entries()}
    entries = {number: [ledger[one] for one in ids if one in ledger] for number, ids in opened.items()}
    numbers = {moved.amount: moved.number for moved in movements(plan)}
    for entry in systems.transfers():
        entries.setdefault(numbers.get(entry.amount, 0), []).append(entry)
    evidence = Evidence(
        kept.rows, kept.sheets, entries, plan, town, story, kept.merchant, kept.persons, records, house, proofs, began,
        systems, unheard, blows, apart, lied, calm,
    )  # fmt: skip
    violations = [Violation("the chain is broken", fault) for fault in broken]
    violations += [*_strangers(evidence), *(found for wanted in plan for found in _of(evidence, wanted))]
    violations += _house(evidence)
    return violations, Counter(_ending(row.payment) for row in kept.rows)


def _ending(payment: Payment) -> str:
    why = f" ({payment.reason})" if payment.state is State.REVIEW else ""
    return f"{payment.provider} {payment.kind} {payment.state}{why}"


def _strangers(evidence: Evidence) -> Iterator[Violation]:
    """Money that moved for nobody's intent, and rows that nobody asked for."""
    amounts = {moved.amount for moved in movements(evidence.plan)}
    for entry in evidence.entries.get(0, []):
        yield Violation("nobody asked for it", f"{entry.system} {entry.kind} {entry.id} of {entry.amount}")
    for row in evidence.rows:
        if row.amount not in amounts:
            yield Violation("nobody asked for it", f"{row.payment.id} in the books")


def _house(evidence: Evidence) -> Iterator[Violation]:
    for rule, what in rules(evidence):
        ours = [row for row in evidence.rows if row.payment.id in what]
        names = [name for row in ours for name in (row.payment.id, f"({row.amount})")]
        yield Violation(rule, what, (str(evidence.house), *_history(ours), *evidence.story.about(names)))


def _of(evidence: Evidence, wanted: Wanted) -> Iterator[Violation]:
    amounts = {moved.amount for moved in movements([wanted])}
    ours = [row for row in evidence.rows if row.amount in amounts]
    theirs = [entry for moved in movements([wanted]) for entry in evidence.entries.get(moved.number, [])]
    if isinstance(wanted, Sheet):
        named, found = wanted.command, list(of_sheet(evidence, wanted, ours, theirs))
    else:
        named, found = wanted.line, list(_of_one(evidence, wanted, ours, theirs))
    if found:
        names = [f"({amount})" for amount in amounts] + [f" {amount} " for amount in amounts]
        names += [named, f"#{wanted.number}:", *(entry.id for entry in theirs)]
        names += [name for row in ours for name in (row.payment.id, row.payment.reference, row.payment.batch_id or "")]
        names += [attempt.id for row in ours for attempt in row.attempts]
        story = (f"#{wanted.number} {wanted}", *_history(ours), *evidence.story.about(names))
        for rule, what in found:
            yield Violation(rule, f"#{wanted.number}: {what}", story)


def _of_one(evidence: Evidence, intent: Intent, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    first = [row for row in ours if row.payment.kind != Kind.REFUND]
    back = [row for row in ours if row.payment.kind == Kind.REFUND]
    moved = [entry for entry in theirs if entry.endpoint != "refund"]
    yield from rights(intent, first, moved)
    yield from books(evidence, intent, first, moved)
    yield from refunds(intent, moved, back, [entry for entry in theirs if entry.endpoint == "refund"])
    for row in ours:
        yield from walk(row)
        yield from decided(row)
        yield from told(evidence, row)
        yield from told_once(evidence, row)


def _history(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        payment = row.payment
        why = f"{payment.reason} {payment.detail}"
        yield f"our books: {payment.id} {payment.kind} {payment.provider} {payment.state} {why}"
        for event in row.events:
            yield f"    {event.at:%H:%M:%S.%f} {event.before or '-'} -> {event.after} by {event.by} {event.note}"
