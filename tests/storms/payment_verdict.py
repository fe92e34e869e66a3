"""What must hold for one payment: the ledger's truth, no unlawful step, no wrong hand, and whoever must be told was."""

import re
from collections.abc import Iterator, Sequence

from bot.demo.people import Chat, User
from bot.texts import Voice, catalogue
from bot.ui import cards
from bot.ui.voices import voice_for, voice_of_group
from providers.errors import Reason
from providers.messages import Channel, Kind
from providers.sandbox.entries import Entry
from providers.sandbox.entries import State as Ended
from storage import states
from storage.models import Audience, Notice, Payment
from storage.states import State
from tests.storms import town as people
from tests.storms.evidence import Evidence, Flaw, Row
from tests.storms.intents import Intent, Trick
from tests.storms.plan import Movement
from tests.storms.town import Town, speaks_of

TAGS = re.compile(r"<[^>]*>")
MAY_ASK = {people.OWNER, people.APPROVER, people.CASHIER}
MAY_PAY = {people.OWNER, people.APPROVER}
_SLOWEST_EDIT = 20.0
"""Seconds that one may be on its way, as the weather has it."""
_LOOKED_UP = {"campay": {Kind.COLLECTION, Kind.PAYOUT}, "sauripay": set(Kind)}
"""Where an order whose reply was lost is found by our key."""
_TELLS_NO_AMOUNT = {"sauripay"}
"""In the answer to a status question: https://docs.unipesa.com, "Check status"; its callback alone does."""


def rights(intent: Intent, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    if (theirs or ours) and intent.asker.id not in MAY_ASK:
        yield "the wrong hand", f"{intent.asker.first_name} may not"
    if theirs and intent.kind is not Kind.COLLECTION and not may_send(intent.asker, ours):
        yield "the wrong hand", "nobody approved it"
    if theirs and not intent.confirmed:
        yield "the wrong hand", "the asker never confirmed"


def may_send(asker: User, rows: Sequence[Row]) -> bool:
    """By themselves, or by the word of another who may."""
    return asker.id in MAY_PAY or all(row.payment.approver_id in MAY_PAY - {asker.id} for row in rows)


def books(evidence: Evidence, intent: Movement, ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    if len(ours) > 1:
        yield "one intent, one payment", f"{len(ours)} rows"
    alive = [entry for entry in theirs if entry.state is not Ended.FAILED]
    if len(alive) > 1 or (len(theirs) > 1 and not evidence.lied):
        yield "twice", ", ".join(f"{entry.system} {entry.id} {entry.state}" for entry in theirs)
    if theirs and not ours:
        yield "not in the books", f"{theirs[0].system} {theirs[0].id}"
    for row in ours:
        yield from stands(evidence, intent, row, theirs)


def stands(evidence: Evidence, intent: Movement, row: Row, theirs: Sequence[Entry]) -> Iterator[Flaw]:
    payment = row.payment
    paid = sum(entry.amount for entry in theirs if entry.state is Ended.SUCCEEDED)
    open_there = any(entry.state is Ended.PENDING for entry in theirs)
    if paid > intent.amount:
        yield "more than was meant", f"{paid} moved"
    match payment.state:
        case State.SUCCEEDED if paid != intent.amount and not _never_heard(evidence, intent, theirs):
            yield "not the truth", f"succeeded, but {paid} moved"
        case State.FAILED if (paid or open_there) and not _never_heard(evidence, intent, theirs):
            yield "not the truth", f"failed, but {paid} moved{' and more may' if open_there else ''}"
        case State.REVERSED if intent.trick is not Trick.SHORT:
            yield "not the truth", f"reversed, but {paid} moved"
        case State.REVIEW:
            yield from _reviewed(evidence, intent, row, theirs)
        case state if state in states.NEVER_SENT and theirs and not (evidence.lied and not (paid or open_there)):
            yield "not the truth", f"{state}, but {theirs[0].system} has {theirs[0].id}"
        case state if state in states.OPEN:
            yield "in doubt for ever", f"still {state}"


def _never_heard(evidence: Evidence, intent: Movement, theirs: Sequence[Entry]) -> bool:
    """A system that changed its mind, or moved another amount than its status can tell, and whose callback did not
    reach us: nobody could know.
    """
    told = [owed.state == "delivered" for entry in theirs for owed in evidence.systems.world.callbacks.all(entry.id)]
    match intent.trick:
        case Trick.TURN:
            return not any(told[-1:])
        case Trick.SHORT:
            return all(entry.system in _TELLS_NO_AMOUNT for entry in theirs) and not any(told)
    return False


def _reviewed(evidence: Evidence, intent: Movement, row: Row, theirs: Sequence[Entry]) -> Iterator[Flaw]:
    payment = row.payment
    match payment.reason:
        case Reason.NO_TRACE:
            known = {entry.system for entry in theirs}
            if evidence.calm:
                yield "doubt without a cause", "no trace, though nothing was lost"
            if payment.reference and not _named_later(evidence, row):
                yield "doubt without a cause", f"no trace, with the reference {payment.reference}"
            if payment.provider in known and payment.kind in _LOOKED_UP.get(payment.provider, ()):
                yield "doubt without a cause", f"{payment.provider} finds it by our key"
        case Reason.TIMED_OUT if not _open_for_ever(evidence, payment, theirs):
            yield "doubt without a cause", "given up, though the system knows"
        case Reason.MISMATCH if intent.trick is not Trick.SHORT:
            yield "doubt without a cause", f"a mismatch that nobody made: {payment.detail}"
        case Reason.CONTRADICTION if intent.trick is not Trick.TURN and not payment.detours and not _taken_back(row):
            yield "doubt without a cause", "a contradiction that nobody made"


def _taken_back(row: Row) -> bool:
    """Cancelled while it waited to be sent again, because its system had said "later"."""
    return (State.CANCELLED, State.REVIEW) in [(event.before, event.after) for event in row.events]


def _named_later(evidence: Evidence, row: Row) -> bool:
    """The answer was lost, or came after another instance, whose clock is far ahead, had given the payment up; a
    callback, or that answer, told the reference when it was a person's to decide.
    """
    keys = [attempt.id for attempt in row.attempts]
    lost = any(key in one.said for one in evidence.unheard for key in keys)
    answered = any(event.by == "reply" for event in row.events)
    steps = [(event.before, event.after, event.by) for event in row.events]
    entered = next(place for place, step in enumerate(steps) if step[1] == State.REVIEW)
    later = steps[entered:]
    if evidence.apart and (State.REVIEW, State.REVIEW, "reply") in later:
        return True
    called_back = (State.REVIEW, State.REVIEW, "callback") in later
    return called_back and (lost or (bool(evidence.blows) and not answered))


def _open_for_ever(evidence: Evidence, payment: Payment, theirs: Sequence[Entry]) -> bool:
    """KPay documents no word for a page that nobody used, CamPay none for a link: ours for the one it may say ends
    nothing. What a blockchain did nobody can tell without its hash.
    """
    endless = payment.provider == "campay" or evidence.systems.settings.kpay.expired_word == "EXPIRED"
    unused = payment.channel in {Channel.PAGE, Channel.LINK} and not theirs and endless
    untold = payment.channel == Channel.CRYPTO and "hash" not in payment.extras
    return unused or untold or any(entry.state is Ended.PENDING for entry in theirs)


def refunds(intent: Intent, paid: Sequence[Entry], ours: Sequence[Row], theirs: Sequence[Entry]) -> Iterator[Flaw]:
    sent = [row for row in ours if row.payment.sent_at]
    back = sum(entry.amount for entry in theirs if entry.state is Ended.SUCCEEDED)
    if theirs and not intent.refund_confirmed:
        yield "the wrong hand", "a refund that nobody confirmed"
    if theirs and (intent.asker.id not in MAY_ASK or not may_send(intent.asker, sent)):
        yield "the wrong hand", f"{intent.asker.first_name} may not give back"
    if sent and not any(entry.state is Ended.SUCCEEDED for entry in paid):
        yield "not the truth", "a refund of what nobody paid"
    if back > intent.amount:
        yield "twice", f"{back} given back of {intent.amount}"
    booked = sum(row.amount for row in ours if row.payment.state is State.SUCCEEDED)
    if booked != back and not any(row.payment.state is State.REVIEW for row in ours):
        yield "not the truth", f"{booked} given back in the books, {back} in the ledger"
    for row in ours:
        if row.payment.state is State.REVIEW and back:
            yield "doubt without a cause", f"refund {row.payment.id}, which its payment tells of"
        if row.payment.state in states.OPEN:
            yield "in doubt for ever", f"refund {row.payment.id} still {row.payment.state}"


def walk(row: Row) -> Iterator[Flaw]:
    """Every step is one of the table's, begins where the last one ended, and what has ended stays so but for REVIEW."""
    before = ""
    for event in row.events:
        if event.before == event.after and event.before == before:
            continue  # a remark, or news that changed nothing
        if event.before != before:
            yield "a step is missing", f"{row.payment.id}: {before or '-'}, then from {event.before}"
        if event.before and State(event.after) not in LAWFUL[State(event.before)]:
            yield "an unlawful step", f"{row.payment.id}: {event.before} -> {event.after} by {event.by}"
        before = event.after
    if before != row.payment.state:
        yield "a step is missing", f"{row.payment.id} is {row.payment.state}, its last event says {before}"


def decided(row: Row) -> Iterator[Flaw]:
    """Review is left by the words of two people who may decide."""
    for event in row.events:
        if event.before != State.REVIEW or event.after == State.REVIEW:
            continue
        proposer = event.note.partition("proposed by person:")[2].partition(":")[0]
        hands = {event.by, f"person:{proposer}"}
        if len(hands) != 2 or not hands <= {f"person:{one}" for one in MAY_PAY}:
            yield "the wrong hand", f"{row.payment.id} closed by {event.by}: {event.note}"


def told(evidence: Evidence, row: Row) -> Iterator[Flaw]:
    payment = row.payment
    wanted = {notice.audience: notice for notice in row.notices}
    yield from owed(row.notices)
    if Audience.ASKER not in wanted:
        yield "nobody was told", "the asker has no card"
        return
    voice = voice_for(evidence.persons.get(payment.asker_id), evidence.merchant)
    words = [standing(voice, payment), *([] if payment.state in states.NEVER_SENT else [payment.id])]
    yield from shows(evidence, wanted[Audience.ASKER], row.amount, words)
    if payment.channel == Channel.LINK:
        yield from _receipt(evidence, row, wanted[Audience.ASKER])
    if line_owed := wanted.get(Audience.GROUP):
        told = str(cards.state_words(voice_of_group(evidence.merchant), payment).striptags())
        yield from shows(evidence, line_owed, row.amount, [payment.id, told])
    elif _group_must_hear(payment) and payment.chat_id not in group_ids(evidence.town):
        yield "nobody was told", f"the group never heard of {payment.id}"


def _receipt(evidence: Evidence, row: Row, notice: Notice) -> Iterator[Flaw]:
    """The picture to scan stays, and says under it that it is paid, not where to pay."""
    shown = evidence.town.telegram.world.messages.get((notice.chat_id, notice.message_id or 0))
    if row.payment.state is not State.SUCCEEDED or shown is None:
        return
    if "http" in shown.text:
        yield "nobody was told", "the receipt still shows where to pay"
    if not shown.has_media and notice.chat_id not in group_ids(evidence.town):
        yield "nobody was told", "the receipt is not under the picture"


def owed(notices: Sequence[Notice]) -> Iterator[Flaw]:
    for notice in notices:
        if notice.due_at is not None or notice.shown != notice.wanted:
            yield "nobody was told", f"{notice.audience}: {notice.shown} of {notice.wanted} shown, {notice.error}"


def standing(voice: Voice, payment: Payment) -> str:
    """What its card says of how it stands, up to the first value in it."""
    key = f"card.{payment.state}.{payment.kind}"
    message = catalogue(voice.language)[key if voice.knows(key) else f"card.{payment.state}"]
    return TAGS.sub("", str(message.string).partition("{")[0]).strip()


def _group_must_hear(payment: Payment) -> bool:
    return payment.state in {State.SUCCEEDED, State.FAILED, State.REVIEW}


def shows(evidence: Evidence, notice: Notice, amount: int, words: list[str]) -> Iterator[Flaw]:
    for chat in places(evidence.town, notice.chat_id):
        for message in evidence.town.said_by_bot(chat):
            if speaks_of(message, amount) and all(word in message.text for word in words):
                return
    if not _overtaken(evidence, notice):
        yield "nobody was told", f"{notice.audience} {notice.chat_id}: no message says {words}"


def _overtaken(evidence: Evidence, notice: Notice) -> bool:
    """By an edit that the program had in hand when it died, and that came later than what its next life said."""
    named = f"chat_id={notice.chat_id}&message_id={notice.message_id}&"
    edits = [one.at for one in evidence.unheard if one.said.startswith("/editMessageText") and named in f"{one.said}&"]
    return any(0 <= blow - at < _SLOWEST_EDIT for at in edits for blow in evidence.blows)


def places(town: Town, chat_id: int) -> list[Chat]:
    """A group that moved shows what was ended before where it was."""
    if chat_id in group_ids(town):
        return [town.group, town.group_now()]
    return [town.telegram.world.chats[chat_id]]


def group_ids(town: Town) -> set[int]:
    return {town.group.id, town.group_now().id}


S = State
LAWFUL: dict[State, set[State]] = {
    S.DRAFT: {S.AWAITING_APPROVAL, S.QUEUED, S.CANCELLED, S.EXPIRED},
    S.AWAITING_APPROVAL: {S.QUEUED, S.REJECTED, S.CANCELLED, S.EXPIRED},
    S.QUEUED: {S.SENDING, S.CANCELLED},
    S.SENDING: {S.QUEUED, S.PENDING, S.SUCCEEDED, S.FAILED, S.UNKNOWN},
    S.PENDING: {S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW},
    S.UNKNOWN: {S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW},
    S.SUCCEEDED: {S.REVIEW},
    S.FAILED: {S.REVIEW},
    S.REVIEW: {S.SUCCEEDED, S.FAILED, S.REVERSED},
    S.REVERSED: set(),
    S.REJECTED: set(),
    S.CANCELLED: {S.REVIEW},
    S.EXPIRED: set(),
}
"""The design's table once more: the storm must not learn the law from the one it judges."""
