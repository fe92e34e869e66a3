from collections.abc import Sequence

import pytest

from storage import notices, tones
from storage.engine import Storage
from storage.models import Audience, Mode, Notice, Told
from storage.people import HOUSE
from storage.states import State
from tests.books import CASHIER, NOON, OTHER_MERCHANT, draft, enter, move


def group_lines(storage: Storage, payment_id: str) -> list[Notice]:
    found: Sequence[Notice] = storage.transact(notices.of, payment_id)
    return [one for one in found if one.audience is Audience.GROUP]


def choose(storage: Storage, event: Told, mode: Mode) -> None:
    storage.transact(tones.choose, HOUSE, event, mode)


def test_what_is_chosen_is_the_merchant_s_own(storage: Storage) -> None:
    choose(storage, Told.PAID, Mode.ON)
    choose(storage, Told.PAID, Mode.OFF)
    assert storage.transact(tones.modes, HOUSE) == tones.STANDARD | {Told.PAID: Mode.OFF}
    assert storage.transact(tones.modes, OTHER_MERCHANT) == tones.STANDARD


@pytest.mark.parametrize("event", sorted(tones.ALWAYS))
def test_what_a_person_must_act_on_is_never_off(storage: Storage, event: Told) -> None:
    with pytest.raises(ValueError, match="always"):
        choose(storage, event, Mode.OFF)
    choose(storage, event, Mode.SILENT)
    assert storage.transact(tones.mode, HOUSE, event) is Mode.SILENT


@pytest.mark.parametrize(
    ("state", "kind", "event"),
    [
        (State.QUEUED, "collection", Told.ASKED),
        (State.QUEUED, "payout", Told.PAYOUT),
        (State.SUCCEEDED, "collection", Told.PAID),
        (State.SUCCEEDED, "airtime", Told.PAYOUT),
        (State.FAILED, "payout", Told.FAILED),
        (State.UNKNOWN, "payout", Told.DOUBT),
        (State.REVIEW, "collection", Told.REVIEW),
        (State.AWAITING_APPROVAL, "payout", Told.APPROVAL),
        (State.PENDING, "collection", None),
        (State.CANCELLED, "payout", None),
    ],
)
def test_each_state_is_an_event_or_nothing_new(state: State, kind: str, event: Told | None) -> None:
    assert tones.event_of(draft(state=state, kind=kind)) is event


@pytest.mark.parametrize(
    ("mode", "lines"), [(Mode.ON, [False]), (Mode.SILENT, [True]), (Mode.OFF, [])]
)  # fmt: skip
def test_the_group_s_line_begins_as_it_is_chosen(storage: Storage, mode: Mode, lines: list[bool]) -> None:
    choose(storage, Told.PAYOUT, mode)
    payment = enter(storage, kind="payout", asker_id=CASHIER, chat_id=CASHIER)
    move(storage, payment, State.QUEUED)
    assert [one.quiet for one in group_lines(storage, payment.id)] == lines


def test_a_line_that_was_begun_is_kept_true_whatever_is_off_by_then(storage: Storage) -> None:
    payment = enter(storage, kind="payout", asker_id=CASHIER, chat_id=CASHIER)
    queued = move(storage, payment, State.QUEUED, due_at=NOON)
    assert queued
    [before] = group_lines(storage, payment.id)
    choose(storage, Told.PAYOUT, Mode.OFF)
    move(storage, queued, State.CANCELLED)
    [after] = group_lines(storage, payment.id)
    assert after.wanted == before.wanted + 1


def test_doubt_is_told_even_where_payouts_are_off(storage: Storage) -> None:
    choose(storage, Told.PAYOUT, Mode.OFF)
    payment = enter(storage, kind="payout", state=State.SENDING, asker_id=CASHIER, chat_id=CASHIER)
    assert group_lines(storage, payment.id) == []
    moved = move(storage, payment, State.UNKNOWN)
    assert moved
    [line] = group_lines(storage, payment.id)
    assert line.quiet
    move(storage, moved, State.REVIEW)
    [line] = group_lines(storage, payment.id)
    assert not line.quiet
