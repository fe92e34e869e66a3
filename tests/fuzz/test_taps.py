"""Whatever a button's data says, truncated, made up or another's: nobody's money moves by it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from storage import batches, proposals
from storage.models import Batch, Payment, Proposal, Role
from storage.people import HOUSE
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OWNER, STRANGER, draft
from tests.fuzz.amount import examples
from tests.fuzz.books import Picture
from tests.fuzz.room import Room, strange_answers
from tests.fuzz.words import SIGNS, VERBS

MOST_BYTES = 64
IDS = {
    OWNER: ["FZDRAFT222", "FZQUEUED22", "FZPENDING2", "FZPAIDXX22", "FZREVIEW22", "FZCRYPTO22", "FZEXPIRED2"],
    CASHIER: ["FZCASHIER2", "FZWAITING2"],
    APPROVER: ["FZHERWAIT2"],
}
STATES = {
    "FZQUEUED22": State.QUEUED,
    "FZPENDING2": State.PENDING,
    "FZPAIDXX22": State.SUCCEEDED,
    "FZREVIEW22": State.REVIEW,
    "FZEXPIRED2": State.EXPIRED,
    "FZWAITING2": State.AWAITING_APPROVAL,
    "FZHERWAIT2": State.AWAITING_APPROVAL,
}
SHEETS = {OWNER: ["FZSHEETNEW", "FZSHEETEND"], CASHIER: ["FZSHEETASK"], APPROVER: ["FZSHEETHER"]}
LINES = {
    "FZSHEETEND": State.SUCCEEDED,
    "FZSHEETASK": State.AWAITING_APPROVAL,
    "FZSHEETHER": State.AWAITING_APPROVAL,
}
PROPOSAL = "FZPROPOSAL"
"""The approver's, for what is in review: the owner may agree."""
EVERY_SHEET = [one for ids in SHEETS.values() for one in ids]
EVERY_ID = [*IDS[OWNER], *IDS[CASHIER], *IDS[APPROVER], *EVERY_SHEET, PROPOSAL, "THEIRS2345", "FZNOSUCH22"]
SIGNS_OWN = {"confirm", "again", "cancel", "code", "bulkok", "bulkonce", "bulkstop"}
SIGNS_OTHERS = {"approve", "reject"}
SIGNS_OTHERS_SHEET = {"bulkyes", "bulkno"}
CHANGES_TEAM = {"invite", "withdraw", "role", "removed"}


@pytest.fixture(scope="module")
def stocked(room: Room) -> Room:
    """With a payment in each state that has buttons; none is due, so that only a tap could move it."""
    for person, ids in IDS.items():
        for number, one in enumerate(ids):
            room.enter(
                id=one,
                intent=f"fuzz:{one}",
                kind="collection" if one == "FZCASHIER2" else "payout",
                state=STATES.get(one, State.DRAFT),
                checks={"needs": ["cashier"]} if STATES.get(one) is State.AWAITING_APPROVAL else {},
                asker_id=person,
                chat_id=person,
                provider="campay",
                reference=f"R-{number}",
                channel="crypto" if one == "FZCRYPTO22" else "mobile",
                extras={"address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"} if one == "FZCRYPTO22" else {},
            )
    for person, ids in SHEETS.items():
        for one in ids:
            room.app.storage.transact(_stock_sheet, one, person)
    room.app.storage.transact(_stock_proposal)
    return room


def _stock_sheet(session: Session, name: str, person: int) -> None:
    batch = Batch(
        id=name, merchant_id=HOUSE, intent=f"fuzz:{name}", title="june.csv", asker_id=person, chat_id=person,
        checks={"twice": [2]}, created_at=NOON,
    )  # fmt: skip
    state = LINES.get(name, State.DRAFT)
    due_at = NOON + timedelta(days=30) if state is State.DRAFT else None
    lines = [
        draft(
            kind="payout", intent=f"fuzz:{name}:{line}", line=line, state=state, asker_id=person, chat_id=person,
            provider="campay", due_at=due_at,
        )
        for line in (1, 2)
    ]  # fmt: skip
    batches.create_once(session, batch, lines, by=f"person:{person}")


def _stock_proposal(session: Session) -> None:
    asked = session.get_one(Payment, "FZREVIEW22")
    proposal = Proposal(
        payment_id=asked.id, id=PROPOSAL, merchant_id=HOUSE, state=State.FAILED, reason="their support says so",
        by_id=APPROVER, version=asked.version, created_at=NOON, expires_at=NOON + timedelta(days=30),
    )  # fmt: skip
    proposals.put(session, proposal)


def broken(data: str) -> st.SearchStrategy[str]:
    """Cut, doubled, in other letters, with something before or behind it."""
    changes = st.sampled_from(["{0}", "{1}", "{0}\0{1}", "{0}{1}:{0}{1}", "{0}{1} ", "%{0}%{1}", "{1}{0}"])
    cut = st.integers(0, len(data))
    return st.one_of(
        st.just(data.lower()),
        st.builds(lambda change, at: change.format(data[:at], data[at:]), changes, cut),
    )


verbs = st.sampled_from(VERBS)
whole = st.builds("{}:{}".format, verbs, st.sampled_from(EVERY_ID))
made_up = st.builds("{}:{}".format, verbs, st.one_of(st.text(SIGNS, max_size=30), st.integers().map(str)))
waiting = [one for one, state in STATES.items() if state is State.AWAITING_APPROVAL]
second = st.builds(
    "{}:{}:{}".format,
    st.sampled_from(sorted(SIGNS_OTHERS)),
    st.sampled_from([*waiting, *waiting, *waiting, *EVERY_ID]),
    st.sampled_from([0, 0, 0, 1, -1]),
)
team = st.one_of(
    st.builds("role:{}:{}".format, st.sampled_from([OWNER, CASHIER, APPROVER, STRANGER]), st.sampled_from(Role)),
    st.builds("{}:{}".format, st.sampled_from(["mate", "remove", "removed"]), st.sampled_from([OWNER, CASHIER])),
    st.builds("invite:{}".format, st.sampled_from(Role)),
)
sheet = st.builds(
    "{}:{}".format, st.sampled_from([verb for verb in VERBS if "bulk" in verb]), st.sampled_from(EVERY_SHEET)
)
review = st.builds("{}:{}".format, st.sampled_from(["agree", "object"]), st.just(PROPOSAL))
data = st.one_of(
    whole, second, sheet, review, team, whole.flatmap(broken), made_up, verbs, st.text(SIGNS, min_size=1, max_size=40)
)
people = st.sampled_from([OWNER, CASHIER, APPROVER, ACCOUNTANT, STRANGER])


def forged(person: int, in_group: bool, said: str) -> bool:
    """Not a button that this person was really shown."""
    verb, _, one = said.partition(":")
    if verb in SIGNS_OTHERS:
        named, _, version = one.partition(":")
        waits = STATES.get(named) is State.AWAITING_APPROVAL and version.isdecimal() and int(version) == 0
        return not (waits and person in {OWNER, APPROVER} and named not in IDS[person])
    if verb in CHANGES_TEAM and person == OWNER:
        return in_group
    if verb in SIGNS_OTHERS_SHEET:
        waits = LINES.get(one) is State.AWAITING_APPROVAL and person in {OWNER, APPROVER}
        return not waits or one in SHEETS[person]
    if verb in {"agree", "object"} and one == PROPOSAL:
        return person not in {OWNER, APPROVER} or (verb == "agree" and person == APPROVER)
    return not (verb in SIGNS_OWN and one in [*IDS.get(person, []), *SHEETS.get(person, [])])


@settings(max_examples=examples(800))
@given(people, st.booleans(), data)
def test_no_button_but_ones_own_moves_anything(stocked: Room, person: int, in_group: bool, said: str) -> None:
    said = said.encode()[:MOST_BYTES].decode(errors="ignore")
    if not said or not forged(person, in_group, said) or (said.startswith("group:") and person == OWNER and in_group):
        return
    stocked.go_on()
    chat = stocked.chat(person, in_group=in_group)
    card = stocked.card_in(chat)
    before = Picture(stocked)
    seen = stocked.hears(stocked.telegram.world.tap(stocked.people[person], card, said))
    assert seen.faults == []
    assert strange_answers(seen) == []
    assert before.wrong(person, stops=False) == []
    if person == STRANGER:
        assert [call.arguments.get("text") for call in seen.calls] == [None]
