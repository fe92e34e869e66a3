"""Our books against the systems' ledger, the rules, and what each asker was told."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot.texts import Voice
from providers.errors import Reason
from providers.messages import Kind
from storage import audit, states
from storage.models import Audience, Heard
from storage.states import State
from tests.realstorm.street import BEN, EVE, OWNERS, PER_PERSON, Street
from tests.storms.evidence import Books, Flaw, Row, read
from tests.storms.payment_verdict import standing, walk

Entry = Mapping[str, Any]
_BY_KEY = {"campay", "sauripay"}
"""Systems that find an order by our key: what they have may not be given up."""
_GONE = {State.DRAFT, State.FAILED, *states.NEVER_SENT}


@dataclass
class Report:
    flaws: list[Flaw]
    endings: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)


async def examine(folder: Path, place: Street, askers: Mapping[int, int]) -> Report:
    books = await asyncio.to_thread(place.books.transact, read)
    heard = await asyncio.to_thread(place.books.transact, lambda session: list(session.exec(select(Heard))))
    chains = await asyncio.to_thread(audit.verify, place.books)
    entries: list[Entry] = (await place.control("GET", "ledger"))["entries"]
    theirs: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        theirs[entry["amount"]].append(entry)
    logs = await asyncio.to_thread(_logs, folder)
    flaws = [
        *(("the chain is broken", one.fault) for one in chains if one.fault),
        *_strangers(books, theirs),
        *(flaw for row in books.rows for flaw in _of(row, theirs[row.amount], askers.get(row.amount))),
        *(flaw for row in books.rows for flaw in _told(place, row)),
        *_owed(books),
        *_limits(books, theirs),
        *_errors(logs),
        *(("an update was set aside", f"{one.update_id}: {one.error}") for one in heard if one.error),
    ]
    endings = Counter(f"{row.payment.kind} {row.payment.state}" for row in books.rows)
    figures = _figures(place, books, entries, logs)
    figures[f"the most that one person sent, of {PER_PERSON}"] = max(_sent(books, theirs)[0].values(), default=0)
    figures["updates"] = len(heard)
    figures["updates that were begun more than once"] = sum(one.tries > 1 for one in heard)
    return Report(flaws, endings, figures)


def _logs(folder: Path) -> dict[Path, str]:
    return {file: file.read_text() for file in sorted(folder.glob("instance-*/bot.log"))}


def _strangers(books: Books, theirs: Mapping[int, Sequence[Entry]]) -> Iterator[Flaw]:
    rows = Counter(row.amount for row in books.rows)
    for amount, entries in theirs.items():
        if entries and not rows[amount]:
            yield "not in the books", f"{entries[0]['system']} has {amount}"
    for amount, count in rows.items():
        if count > 1:
            yield "one intent, one payment", f"{count} rows of {amount}"


def _of(row: Row, theirs: Sequence[Entry], asker: int | None) -> Iterator[Flaw]:
    payment = row.payment
    where = f"{payment.id} ({row.amount}, {payment.provider}, {payment.state} {payment.reason})"
    yield from walk(row)
    alive = [entry for entry in theirs if entry["state"] != "failed"]
    paid = sum(entry["amount"] for entry in theirs if entry["state"] == "succeeded")
    if len(alive) > 1 or paid > row.amount:
        yield "twice", f"{where}: {[(entry['system'], entry['state']) for entry in theirs]}"
    if payment.asker_id != asker:
        yield "the wrong hand", f"{where}: asked by {payment.asker_id}, not {asker}"
    alone = payment.asker_id in (BEN, EVE) and payment.approver_id in (None, BEN, EVE)
    if theirs and payment.kind == Kind.PAYOUT and alone:
        yield "the wrong hand", f"{where}: nobody approved it"
    match payment.state:
        case State.SUCCEEDED if paid != row.amount:
            yield "not the truth", f"{where}: {paid} moved"
        case State.FAILED if alive:
            yield "not the truth", f"{where}: {alive[0]['system']} says {alive[0]['state']}"
        case State.REVIEW if payment.reason != Reason.NO_TRACE or (theirs and payment.provider in _BY_KEY):
            yield "doubt without a cause", where
        case state if state in states.NEVER_SENT and theirs:
            yield "not the truth", f"{where}: {theirs[0]['system']} has it"
        case state if state in states.OPEN:
            yield "in doubt for ever", where


def _told(place: Street, row: Row) -> Iterator[Flaw]:
    """A sheet's lines are told on its board."""
    if row.payment.batch_id:
        return
    card = next((notice for notice in row.notices if notice.audience is Audience.ASKER), None)
    words = standing(Voice("en", "UTC"), row.payment)
    shown = place.telegram.messages(place.telegram.world.chats[card.chat_id]) if card else []
    if not any(message.id == card.message_id and words in message.text for message in shown if card):
        yield "nobody was told", f"{row.payment.id}: no card says {words!r}"


def _owed(books: Books) -> Iterator[Flaw]:
    for notices in [row.notices for row in books.rows] + [sheet.notices for sheet in books.sheets]:
        for notice in notices:
            if notice.due_at is not None or notice.shown != notice.wanted:
                subject = notice.payment_id or notice.batch_id
                yield (
                    "nobody was told",
                    f"{subject} {notice.audience}: {notice.shown} of {notice.wanted}, {notice.error}",
                )


def _limits(books: Books, theirs: Mapping[int, Sequence[Entry]]) -> Iterator[Flaw]:
    ours, moved = _sent(books, theirs)
    for person in (*OWNERS, BEN, EVE):
        if max(ours[person], moved[person]) > PER_PERSON:
            yield "a limit was passed", f"{person}: {ours[person]} in the books, {moved[person]} moved"


def _sent(books: Books, theirs: Mapping[int, Sequence[Entry]]) -> tuple[Counter[int], Counter[int]]:
    """By each person: what counts in our books, and what moved."""
    ours: Counter[int] = Counter()
    moved: Counter[int] = Counter()
    for row in books.rows:
        if row.payment.kind == Kind.PAYOUT:
            ours[row.payment.asker_id] += 0 if row.payment.state in _GONE else row.amount
            moved[row.payment.asker_id] += sum(e["amount"] for e in theirs[row.amount] if e["state"] == "succeeded")
    return ours, moved


def _errors(logs: Mapping[Path, str]) -> Iterator[Flaw]:
    for file, log in logs.items():
        for line in log.splitlines():
            if "Traceback" in line:
                yield "a traceback", f"{file.parent.name}: {line[:200]} ... {line[-400:]}"


def _figures(place: Street, books: Books, entries: Sequence[Entry], logs: Mapping[Path, str]) -> Counter[str]:
    everything = "\n".join(logs.values())
    bot = place.telegram.bot
    cards_of = Counter(
        row.payment.id
        for row in books.rows
        for message in place.telegram.messages(place.telegram.world.chats[row.payment.chat_id], bot)
        if row.payment.id in message.text and row.payment.batch_id is None
    )
    return Counter(
        {
            "payments": len(books.rows),
            "sheets in the books": len(books.sheets),
            "movements in the ledger": len(entries),
            "readers that took over": everything.count('are read here"'),
            "lines of a database away": everything.count("the database did not answer"),
            "cards shown twice": sum(count > 1 for count in cards_of.values()),
            "conflicts": everything.count("another program reads"),
        }
    )
