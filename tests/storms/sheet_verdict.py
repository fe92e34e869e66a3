"""What must hold for a sheet: each line is paid once at most, and its boards say what the books say."""

from collections.abc import Iterator, Sequence

from bot.texts import Voice, catalogue
from bot.ui.voices import voice_for, voice_of_group
from providers.money import Money
from providers.sandbox.entries import Entry
from providers.sandbox.entries import State as Ended
from storage import states
from storage.models import Audience, Notice
from storage.states import State
from tests.storms.evidence import Evidence, Flaw, Row, Together
from tests.storms.payment_verdict import MAY_ASK, TAGS, books, decided, group_ids, may_send, owed, places, walk
from tests.storms.sheets import Line, Sheet

_COUNTED = {
    "sent": {State.SUCCEEDED},
    "failed": {State.FAILED},
    "doubt": {State.REVIEW},
    "moving": states.OPEN - {State.DRAFT, State.AWAITING_APPROVAL},
    "asked": {State.AWAITING_APPROVAL},
}
_UNPAID = states.NEVER_SENT


def of_sheet(evidence: Evidence, sheet: Sheet, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    yield from _rights(sheet, ours, theirs)
    for line in sheet.lines:
        its = [row for row in ours if row.amount == line.amount]
        moved = evidence.entries.get(line.number, [])
        yield from books(evidence, line, its, moved) if line.times == 1 else _doubled(line, its, moved)
    for row in ours:
        yield from walk(row)
        yield from decided(row)
        if row.notices:
            yield "told twice", f"line {row.payment.line} has a card of its own"
    ids = {row.payment.batch_id for row in ours}
    if len(ids) > 1:
        yield "one intent, one payment", f"{len(ids)} batches"
    for one in evidence.sheets:
        if one.batch.id in ids:
            yield from _boards(evidence, one, ours)


def _rights(sheet: Sheet, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    if (ours or theirs) and sheet.asker.id not in MAY_ASK:
        yield "the wrong hand", f"{sheet.asker.first_name} may not"
    if theirs and not may_send(sheet.asker, [row for row in ours if row.payment.sent_at]):
        yield "the wrong hand", "nobody approved the sheet"
    if theirs and not sheet.confirmed:
        yield "the wrong hand", "the asker never confirmed the sheet"


def _doubled(line: Line, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    """Two rows that are alike: nobody can tell which entry is whose, but they must add up."""
    at = [row.payment.state for row in ours]
    paid = sum(entry.state is Ended.SUCCEEDED for entry in theirs)
    alive = sum(entry.state is not Ended.FAILED for entry in theirs)
    if len(ours) > line.times:
        yield "one intent, one payment", f"{len(ours)} rows for {line.amount}"
    if alive > sum(state not in _UNPAID for state in at):
        yield "twice", f"{alive} of {line.amount} moved for {len(ours)} lines that are {at}"
    if not at.count(State.SUCCEEDED) <= paid <= at.count(State.SUCCEEDED) + at.count(State.REVIEW):
        yield "not the truth", f"{paid} of {line.amount} moved, the lines are {at}"
    if any(state in states.OPEN for state in at):
        yield "in doubt for ever", f"the lines of {line.amount} are {at}"


def _boards(evidence: Evidence, one: Together, ours: Sequence[Row]) -> Iterator[Flaw]:
    yield from owed(one.notices)
    audiences = {notice.audience: notice for notice in one.notices}
    if Audience.ASKER not in audiences:
        yield "nobody was told", "the sheet has no board"
        return
    voice = voice_for(evidence.persons.get(one.batch.asker_id), evidence.merchant)
    yield from _agrees(evidence, audiences[Audience.ASKER], voice, one, ours)
    if notice := audiences.get(Audience.GROUP):
        yield from _agrees(evidence, notice, voice_of_group(evidence.merchant), one, ours)
    elif one.batch.chat_id not in group_ids(evidence.town) and any(row.payment.sent_at for row in ours):
        yield "nobody was told", "the group never heard of the sheet"


def _agrees(evidence: Evidence, notice: Notice, voice: Voice, one: Together, ours: Sequence[Row]) -> Iterator[Flaw]:
    """Its newest message: each count and sum stands there as in the books, and no other."""
    shown = [
        message
        for chat in places(evidence.town, notice.chat_id)
        for message in evidence.town.said_by_bot(chat)
        if one.batch.id in message.text.partition("\n")[0]
    ]
    if not shown:
        yield "nobody was told", f"{notice.audience}: no board of {one.batch.id}"
        return
    wanted = {name: _line(voice, name, found) for name, found in _counts(ours).items() if found}
    wanted = wanted if any(row.payment.state not in {*_UNPAID, State.REVERSED} for row in ours) else {}
    at = notice.chat_id, notice.message_id  # a group that moved numbers its messages anew
    board = next((message for message in shown if (message.chat.id, message.id) == at), shown[-1])
    lines = board.text.splitlines()
    for name in _COUNTED:
        said = [line for line in lines if line.startswith(_label(voice, name))]
        if said != ([wanted[name]] if name in wanted else []):
            yield "the board is wrong", f"{notice.audience}: it says {said} of {name}, the books {wanted.get(name)}"


def _counts(ours: Sequence[Row]) -> dict[str, list[Row]]:
    return {name: [row for row in ours if row.payment.state in which] for name, which in _COUNTED.items()}


def _line(voice: Voice, name: str, rows: Sequence[Row]) -> str:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.payment.currency] = sums.get(row.payment.currency, 0) + row.payment.amount
    total = " + ".join(voice.amount(Money(amount, currency)) for currency, amount in sorted(sums.items()))
    return TAGS.sub("", str(voice.say(f"bulk.row.{name}", count=len(rows), total=total)))


def _label(voice: Voice, name: str) -> str:
    return TAGS.sub("", str(catalogue(voice.language)[f"bulk.row.{name}"].string).partition("{")[0])
