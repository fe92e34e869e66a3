"""The end of the storm: our books against the systems' ledger, and against what each chat was told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from providers.base import Kind
from storage import audit
from storage.models import Payment
from storage.states import State
from tests.storms.books import reopened
from tests.storms.evidence import Evidence, Row, Violation, read
from tests.storms.intents import Intent
from tests.storms.payment_verdict import books, refunds, rights, told, walk
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.town import Town
from tests.storms.wire import Unheard


def examine(
    file: Path,
    plan: Sequence[Intent],
    opened: Mapping[int, list[str]],
    town: Town,
    systems: Systems,
    story: Story,
    *,
    unheard: Sequence[Unheard],
    blows: Sequence[float],
    lied: bool,
    calm: bool,
) -> tuple[list[Violation], Counter[str]]:
    """What is wrong, and how many payments of each kind ended how."""
    storage = reopened(file)
    try:
        rows, merchant, persons = storage.transact(read)
        broken = [verdict.fault for verdict in audit.verify(storage) if verdict.fault]
    finally:
        storage.engine.dispose()
    ledger = {entry.id: entry for entry in systems.entries()}
    entries = {number: [ledger[one] for one in ids] for number, ids in opened.items()}
    evidence = Evidence(rows, entries, plan, town, story, merchant, persons, systems, unheard, blows, lied, calm)
    tampered = [Violation("the chain is broken", fault) for fault in broken]
    violations = [*tampered, *_strangers(evidence), *(found for intent in plan for found in _of(evidence, intent))]
    return violations, Counter(_ending(row.payment) for row in rows)


def _ending(payment: Payment) -> str:
    why = f" ({payment.reason})" if payment.state is State.REVIEW else ""
    return f"{payment.provider} {payment.kind} {payment.state}{why}"


def _strangers(evidence: Evidence) -> Iterator[Violation]:
    """Money that moved for nobody's intent, and rows that nobody asked for."""
    amounts = {intent.amount for intent in evidence.plan}
    for entry in evidence.entries.get(0, []):
        yield Violation("nobody asked for it", f"{entry.system} {entry.kind} {entry.id} of {entry.amount}")
    for row in evidence.rows:
        if row.amount not in amounts:
            yield Violation("nobody asked for it", f"{row.payment.id} in the books")


def _of(evidence: Evidence, intent: Intent) -> Iterator[Violation]:
    ours = [row for row in evidence.rows if row.amount == intent.amount]
    theirs = evidence.entries.get(intent.number, [])
    first = [row for row in ours if row.payment.kind != Kind.REFUND]
    back = [row for row in ours if row.payment.kind == Kind.REFUND]
    moved = [entry for entry in theirs if entry.endpoint != "refund"]
    found = [
        *rights(intent, first, moved),
        *books(evidence, intent, first, moved),
        *refunds(intent, back, [entry for entry in theirs if entry.endpoint == "refund"]),
        *(flaw for row in ours for flaw in (*walk(row), *told(evidence, row))),
    ]
    if found:
        names = [f"({intent.amount})", f" {intent.amount} ", intent.line, *(entry.id for entry in theirs)]
        names += [name for row in ours for name in (row.payment.id, row.payment.reference)]
        names += [attempt.id for row in ours for attempt in row.attempts]
        story = (f"#{intent.number} {intent}", *_history(ours), *evidence.story.about(names))
        for rule, what in found:
            yield Violation(rule, f"#{intent.number} ({intent.amount}): {what}", story)


def _history(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        payment = row.payment
        why = f"{payment.reason} {payment.detail}"
        yield f"our books: {payment.id} {payment.kind} {payment.provider} {payment.state} {why}"
        for event in row.events:
            yield f"    {event.at:%H:%M:%S.%f} {event.before or '-'} -> {event.after} by {event.by} {event.note}"
