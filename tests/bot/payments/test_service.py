import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import UserError
from bot.payments.accounts import Accounts
from bot.payments.expiry import DRAFT_LIVES
from bot.payments.health import Health
from bot.payments.phone import Phone
from bot.payments.routes import Routes
from bot.payments.routing import Obstacle
from bot.payments.service import MOST_DESCRIPTION, Payments, WhichOperator
from providers.errors import NotSent
from providers.messages import Kind
from storage import people
from storage.engine import Storage
from storage.models import Role
from storage.people import Member
from storage.states import CANCELLABLE, State
from tests.books import ACCOUNTANT, APPROVER, CASHIER, GROUP, NOON, OWNER, PHONE, member
from tests.bot.payments.counter import SHEET, Counter, Scripted, ask

S = State


class Knowing(Scripted):
    async def identify(self, msisdn: str) -> str:
        return "ORANGE"


class Finding(Knowing):
    sheet = replace(SHEET, knows_operator=frozenset(Kind))


@pytest.fixture
def owner(counter: Counter) -> Member:
    return member(counter.storage, OWNER)


async def refused(work: Any) -> UserError:
    with pytest.raises(UserError) as error:
        await work
    return error.value


async def test_a_draft_says_what_will_happen_and_sends_nothing(counter: Counter, owner: Member) -> None:
    payment = await counter.payments.draft(owner, ask(kind=Kind.PAYOUT))
    assert (payment.id, payment.state, payment.kind) == ("ID1", S.DRAFT, "payout")
    assert (payment.amount, payment.currency, payment.msisdn, payment.operator) == (5000, "XAF", PHONE, "MTN")
    assert (payment.provider, payment.fee, payment.fee_told) == ("scripted", 50, False)
    assert payment.due_at == NOON + DRAFT_LIVES
    await counter.send()
    assert counter.system.orders == []
    assert counter.changes == 1


async def test_the_same_message_asks_once(counter: Counter, owner: Member) -> None:
    drafts = await asyncio.gather(*(counter.payments.draft(owner, ask()) for _ in range(5)))
    assert len({payment.id for payment in drafts}) == 1
    again = await counter.payments.draft(owner, ask(message_id=8))
    assert again.id != drafts[0].id


@pytest.mark.parametrize(
    ("person", "kind", "allowed"),
    [
        (OWNER, Kind.COLLECTION, True),
        (OWNER, Kind.PAYOUT, True),
        (APPROVER, Kind.PAYOUT, True),
        (CASHIER, Kind.COLLECTION, True),
        (CASHIER, Kind.PAYOUT, True),
        (ACCOUNTANT, Kind.COLLECTION, False),
        (ACCOUNTANT, Kind.PAYOUT, False),
    ],
)
async def test_who_may_ask_for_what(counter: Counter, person: int, kind: Kind, allowed: bool) -> None:
    work = counter.payments.draft(member(counter.storage, person), ask(kind=kind))
    if allowed:
        assert (await work).asker_id == person
    else:
        assert (await refused(work)).key == "denied.role"


async def test_a_description_has_its_most(counter: Counter, owner: Member) -> None:
    assert (await counter.payments.draft(owner, ask(description="é" * MOST_DESCRIPTION))).description
    error = await refused(counter.payments.draft(owner, ask(description="x" * (MOST_DESCRIPTION + 1), message_id=8)))
    assert (error.key, error.values) == ("description.too_long", {"most": MOST_DESCRIPTION})


async def test_where_no_system_can_each_reason_is_told(counter: Counter, owner: Member) -> None:
    error = await refused(counter.payments.draft(owner, ask(phone=Phone("237660000101", "CM", "NEXTTEL"))))
    assert error.key == "route.none"
    assert error.values["obstacles"] == (Obstacle("Scripted", "route.operator", "MTN, ORANGE"),)


async def test_without_an_account_nothing_can_be_asked(counter: Counter, owner: Member) -> None:
    none = Accounts({})
    nobodys = Payments(
        counter.storage,
        none,
        Routes(none, Health(counter.clock), counter.clock),
        counter.clock,
        lambda: "X",
        lambda: None,
    )
    assert (await refused(nobodys.draft(owner, ask()))).key == "route.no_accounts"


async def test_confirming_queues_the_payment_for_now(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(owner, ask())
    counter.clock.skip(seconds=30)
    queued = await counter.payments.confirm(owner, drafted.id)
    assert (queued.state, queued.due_at, queued.confirmed_at) == (S.QUEUED, counter.clock.now, counter.clock.now)
    assert counter.events(drafted)[-1].by == f"person:{OWNER}"


@pytest.mark.parametrize("person", [APPROVER, CASHIER, ACCOUNTANT])
async def test_nobody_but_the_asker_confirms_or_cancels(counter: Counter, owner: Member, person: int) -> None:
    drafted = await counter.payments.draft(owner, ask())
    other = member(counter.storage, person)
    assert (await refused(counter.payments.confirm(other, drafted.id))).key == "denied.not_asker"
    assert (await refused(counter.payments.cancel(other, drafted.id))).key == "denied.not_asker"
    assert counter.now(drafted).state is S.DRAFT


async def test_an_owner_cannot_confirm_for_the_cashier(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(member(counter.storage, CASHIER), ask())
    assert (await refused(counter.payments.confirm(owner, drafted.id))).key == "denied.not_asker"


async def test_a_role_that_was_taken_away_cannot_confirm_any_more(counter: Counter, owner: Member) -> None:

    drafted = await counter.payments.draft(owner, ask(kind=Kind.PAYOUT))
    counter.storage.transact(people.enrol, people.HOUSE, OWNER, Role.ACCOUNTANT, now=NOON)
    assert (await refused(counter.payments.confirm(member(counter.storage, OWNER), drafted.id))).key == "denied.role"


async def test_of_many_confirms_at_once_one_counts(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(owner, ask(kind=Kind.PAYOUT))
    outcomes = await asyncio.gather(
        *(counter.payments.confirm(owner, drafted.id) for _ in range(6)), return_exceptions=True
    )
    told = [outcome.key for outcome in outcomes if isinstance(outcome, UserError)]
    assert told == ["payment.already"] * 5
    assert counter.walk(drafted) == ["draft", "queued"]
    await counter.send()
    assert len(counter.system.orders) == 1


async def test_a_confirm_after_the_end_of_the_card_ends_it(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(owner, ask())
    counter.clock.now += DRAFT_LIVES
    expired = await counter.payments.confirm(owner, drafted.id)
    assert expired.state is S.EXPIRED
    assert counter.walk(drafted) == ["draft", "expired"]
    assert (await refused(counter.payments.confirm(owner, drafted.id))).key == "payment.expired"


async def test_a_confirm_just_in_time_counts_though_the_clock_looks_later(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(owner, ask())
    counter.clock.now += DRAFT_LIVES - timedelta(seconds=1)
    await counter.payments.confirm(owner, drafted.id)
    counter.clock.skip(minutes=5)
    await counter.expiry.tick()
    assert counter.now(drafted).state is S.QUEUED


@pytest.mark.parametrize("state", sorted(set(State) - {S.DRAFT}))
async def test_only_a_draft_can_be_confirmed(counter: Counter, owner: Member, state: State) -> None:
    payment = counter.enter(state=state)
    error = await refused(counter.payments.confirm(owner, payment.id))
    assert error.key == ("payment.expired" if state is S.EXPIRED else "payment.already")
    assert counter.now(payment).state is state


@pytest.mark.parametrize("state", State)
async def test_what_has_not_been_sent_can_be_cancelled_and_nothing_else(
    counter: Counter, owner: Member, state: State
) -> None:
    payment = counter.enter(state=state)
    if state in CANCELLABLE:
        assert (await counter.payments.cancel(owner, payment.id)).state is S.CANCELLED
    else:
        await refused(counter.payments.cancel(owner, payment.id))
        assert counter.now(payment).state is state


@pytest.mark.parametrize("state", sorted({S.CANCELLED, S.EXPIRED, S.REJECTED}))
async def test_nobody_is_told_that_money_left_when_none_did(counter: Counter, owner: Member, state: State) -> None:
    error = await refused(counter.payments.cancel(owner, counter.enter(state=state).id))
    assert error.key in {"payment.already", "payment.expired"}


@pytest.mark.parametrize("state", sorted({S.SENDING, S.PENDING, S.UNKNOWN, S.SUCCEEDED}))
async def test_a_cancel_after_the_sending_is_told_that_it_is_too_late(
    counter: Counter, owner: Member, state: State
) -> None:
    error = await refused(counter.payments.cancel(owner, counter.enter(state=state).id))
    assert error.key == "payment.too_late"


async def test_what_was_cancelled_is_not_sent(counter: Counter, owner: Member) -> None:
    drafted = await counter.payments.draft(owner, ask())
    await counter.payments.confirm(owner, drafted.id)
    await counter.payments.cancel(owner, drafted.id)
    await counter.send()
    assert counter.system.orders == []


async def test_a_payment_that_waits_for_an_unreachable_system_can_still_be_cancelled(
    counter: Counter, owner: Member
) -> None:
    counter.system.answers = [NotSent()]
    payment = await counter.sent()
    await counter.payments.cancel(owner, payment.id)
    counter.clock.skip(minutes=1)
    await counter.send()
    assert len(counter.system.orders) == 1


async def test_the_newest_of_this_chat_is_cancelled(counter: Counter, owner: Member) -> None:
    old, new, elsewhere, gone, others = (
        counter.enter(created_at=NOON),
        counter.enter(created_at=NOON + timedelta(seconds=1)),
        counter.enter(created_at=NOON + timedelta(seconds=2), chat_id=GROUP),
        counter.enter(created_at=NOON + timedelta(seconds=3), state=S.SUCCEEDED),
        counter.enter(created_at=NOON + timedelta(seconds=4), asker_id=CASHIER),
    )
    cancelled = await counter.payments.cancel_latest(owner, OWNER)
    assert cancelled
    assert cancelled.id == new.id
    assert {counter.now(row).state for row in (old, elsewhere, others)} == {S.DRAFT}
    assert counter.now(gone).state is S.SUCCEEDED
    assert await counter.payments.cancel_latest(owner, OWNER)
    assert await counter.payments.cancel_latest(owner, OWNER) is None


@pytest.mark.parametrize("verb", ["confirm", "cancel"])
async def test_a_payment_of_another_name_does_not_exist(counter: Counter, owner: Member, verb: str) -> None:
    theirs = counter.enter(merchant_id=2)
    for name in ("", "nowhere", theirs.id):
        assert (await refused(getattr(counter.payments, verb)(owner, name))).key == "payment.not_found"


async def test_each_sees_what_their_role_lets_them_see(counter: Counter) -> None:
    mine, theirs = counter.enter(asker_id=CASHIER), counter.enter(asker_id=OWNER)
    cashier, accountant = member(counter.storage, CASHIER), member(counter.storage, ACCOUNTANT)
    assert [row.id for row in await counter.payments.history(cashier, limit=9)] == [mine.id]
    assert [row.id for row in await counter.payments.find(cashier, PHONE)] == [mine.id]
    assert await counter.payments.find(cashier, theirs.id) == []
    assert len(await counter.payments.history(accountant, limit=9)) == 2


def test_a_system_that_is_not_connected_any_more_is_called_by_its_name(counter: Counter) -> None:
    assert counter.payments.title(counter.enter()) == "Scripted"
    assert counter.payments.title(counter.enter(provider="closed")) == "closed"


async def test_an_operator_that_nobody_knows_must_be_said_and_is_no_extra_of_the_payment(
    counter: Counter, owner: Member
) -> None:
    unknown = Phone(PHONE, "CM", "")
    with pytest.raises(WhichOperator) as asked:
        await counter.payments.draft(owner, ask(phone=unknown))
    assert (asked.value.key, asked.value.names) == ("route.none", "MTN, ORANGE")
    assert asked.value.values["obstacles"] == (Obstacle("Scripted", "route.untold", "MTN, ORANGE"),)
    assert (await refused(counter.payments.draft(owner, ask(phone=unknown, extras={"operator": "Moov"})))).key == (
        "route.none"
    )
    payment = await counter.payments.draft(owner, ask(phone=unknown, extras={"operator": " orange money", "bic": "X"}))
    assert (payment.operator, payment.extras) == ("ORANGE", {"bic": "X"})


async def test_the_persons_word_goes_before_a_systems_and_that_before_the_prefix(
    storage: Storage, owner: Member
) -> None:
    counter = Counter(storage, system=Knowing())
    assert (await counter.payments.draft(owner, ask())).operator == "ORANGE"
    assert (await counter.payments.draft(owner, ask(message_id=8, extras={"operator": "MTN"}))).operator == "MTN"


async def test_a_system_that_needs_no_operator_leaves_the_prefix_as_a_hint(storage: Storage, owner: Member) -> None:
    counter = Counter(storage, system=Finding())
    assert (await counter.payments.draft(owner, ask())).operator == "MTN"
    nexttel = Phone(PHONE, "CM", "NEXTTEL")
    assert (await counter.payments.draft(owner, ask(message_id=8, phone=nexttel))).operator == "ORANGE"
    assert (await counter.payments.draft(owner, ask(message_id=9, phone=Phone(PHONE, "CM", "")))).operator == ""
