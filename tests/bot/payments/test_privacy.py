"""Names are masked after a time or at once; the chain of records holds all the same, and names nobody."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from bot.errors import UserError
from bot.payments.again import can_repeat
from bot.payments.payees import Payees
from bot.payments.phone import Phone
from bot.payments.privacy import Privacy
from storage import audit, deeds, people
from storage.models import Merchant, Payment, Role
from storage.people import HOUSE
from storage.privacy import MASKED
from storage.states import State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, NOON, OWNER, PHONE, member, move
from tests.bot.payments.counter import Counter

S = State
LONG_AGO = NOON - timedelta(days=400)
NAMES = {"payee": PHONE, "payee_name": "Awa Ndiaye", "description": "for Awa", "extras": {"customer_name": "Awa N."}}


def paid(counter: Counter, **changes: Any) -> Payment:
    before = {"state": S.SUCCEEDED, "created_at": LONG_AGO, "settled_at": LONG_AGO, "operator_reference": "OP1"}
    return counter.enter(**{**before, **NAMES, **changes})


@pytest.fixture
def desk(counter: Counter) -> Privacy:
    return Privacy(counter.storage, counter.clock, lambda: None)


async def test_what_ended_long_ago_names_nobody_and_what_may_still_matter_keeps_its_names(
    counter: Counter, desk: Privacy
) -> None:
    ended = paid(counter)
    young = paid(counter, created_at=NOON - timedelta(days=10), settled_at=NOON - timedelta(days=9))
    late = paid(counter, settled_at=NOON - timedelta(days=80))
    open_ones = [
        counter.enter(state=state, created_at=LONG_AGO, **NAMES)
        for state in (S.DRAFT, S.QUEUED, S.PENDING, S.UNKNOWN, S.REVIEW)
    ]
    await desk.keep(member(counter.storage, OWNER), 90)
    await desk.tick()
    masked = counter.now(ended)
    assert (masked.msisdn, masked.payee, masked.payee_name, masked.description, masked.extras, masked.masked_at) == (
        MASKED, "", "", "", {}, NOON
    )  # fmt: skip
    assert (masked.amount, masked.operator, masked.operator_reference) == (ended.amount, ended.operator, "OP1")
    assert not can_repeat(masked)
    for one in (young, late, *open_ones):
        assert (counter.now(one).msisdn, counter.now(one).payee_name) == (PHONE, "Awa Ndiaye")
    assert [verdict.fault for verdict in audit.verify(counter.storage)] == [""]


async def test_nothing_is_masked_unless_the_owner_wants_it_and_then_once_a_night(
    counter: Counter, desk: Privacy
) -> None:
    first = paid(counter)
    await desk.tick()
    assert counter.now(first).masked_at is None
    await desk.keep(member(counter.storage, OWNER), 365)
    await desk.tick()
    second = paid(counter)
    await desk.tick()
    assert [bool(counter.now(one).masked_at) for one in (first, second)] == [True, False]
    counter.clock.skip(days=1)
    await desk.tick()
    assert counter.now(second).masked_at == counter.clock.now


async def test_all_that_is_held_on_a_number_is_one_file_and_the_record_does_not_name_it(
    counter: Counter, desk: Privacy
) -> None:
    payment = paid(counter)
    paid(counter, msisdn="237699999999", payee="237699999999")
    said = json.loads(await desk.export(member(counter.storage, OWNER), PHONE))
    assert [one["id"] for one in said["payments"]] == [payment.id]
    assert said["payments"][0]["payee_name"] == "Awa Ndiaye"
    assert len(said["payments"][0]["events"]) == 1
    deed, *_ = counter.storage.transact(deeds.recent, HOUSE)
    assert (deed.what, deed.about, deed.after) == ("person_exported", "•••77", "1")


async def test_erasing_masks_at_once_and_counts_what_has_to_stay(
    counter: Counter, desk: Privacy, tmp_path: Path
) -> None:
    ended = paid(counter)
    waiting = counter.enter(state=S.PENDING, **NAMES)
    fresh = paid(counter, settled_at=NOON - timedelta(days=29))
    owner = member(counter.storage, OWNER)
    await Payees(counter.storage, counter.clock, lambda: None).save(owner, "Awa Ndiaye", Phone(PHONE, "CM", "MTN"))
    done = await desk.erase(owner, PHONE)
    assert (done.masked, done.payees, done.open, done.refundable, done.schedules) == (1, 1, 1, 1, 0)
    assert [counter.now(one).msisdn for one in (ended, waiting, fresh)] == [MASKED, PHONE, PHONE]
    counter.clock.skip(days=31)
    move(counter.storage, counter.now(waiting), S.FAILED)
    await desk.erase(owner, PHONE)
    assert [verdict.fault for verdict in audit.verify(counter.storage)] == [""]
    counter.storage.engine.dispose()
    with closing(sqlite3.connect(tmp_path / "guichet.db")) as hand:
        left = "\n".join(hand.iterdump())
    assert PHONE not in left
    assert "Awa Ndiaye" not in left


async def test_a_payees_letters_name_it_until_they_are_told_and_the_record_never(counter: Counter) -> None:
    counter.storage.transact(people.enrol, HOUSE, APPROVER, Role.OWNER, now=NOON)
    payees = Payees(counter.storage, counter.clock, lambda: None)
    await payees.save(member(counter.storage, OWNER), "Awa Ndiaye", Phone(PHONE, "CM", "MTN"))
    [(letter, deed)] = counter.storage.transact(deeds.letters, APPROVER)
    assert (letter.after, deed.before, deed.after) == ("Awa Ndiaye · +237 6 77 77 77 77", "", "•••77")
    counter.storage.transact(deeds.delivered, letter)
    [(letter, _)] = counter.storage.transact(deeds.letters, APPROVER)
    assert letter.after == ""


@pytest.mark.parametrize("person", [APPROVER, CASHIER, ACCOUNTANT])
async def test_only_an_owner_decides_what_is_kept(counter: Counter, desk: Privacy, person: int) -> None:
    other = member(counter.storage, person)
    for refused in (desk.keep(other, 90), desk.export(other, PHONE), desk.erase(other, PHONE), desk.held(other, PHONE)):
        with pytest.raises(UserError, match=r"denied\.role"):
            await refused


async def test_a_time_that_no_button_offers_is_refused(counter: Counter, desk: Privacy) -> None:
    with pytest.raises(UserError, match=r"privacy\.usage"):
        await desk.keep(member(counter.storage, OWNER), 1)
    assert counter.storage.transact(Session.get_one, Merchant, HOUSE).keep_days == 0
