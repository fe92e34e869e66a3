"""Cases where two truths meet: late callbacks, detours, slow replies, codes, clocks. Each once went wrong."""

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from providers.errors import MaybeSent, NotSent, Reason, Refused
from providers.messages import Balance, Kind, Lookup, Outcome, Report, Step, StepKind
from storage.engine import Storage
from storage.models import Payment
from storage.states import State
from tests.books import OWNER, draft, member
from tests.bot.payments.counter import Counter, Scripted, ask
from tests.bot.payments.test_callbacks import receive

S = State


class Second(Scripted):
    name = "second"


@pytest.fixture
def two(storage: Storage) -> Counter:
    return Counter(storage, second=Second())


async def test_a_callback_that_contradicts_an_end_is_looked_into_once(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [Report(Outcome.FAILED, reference="R1")]
    counter.clock.skip(seconds=3)
    await counter.look()
    assert counter.now(payment).state is S.FAILED
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R1")]
    await receive(counter, reference="R1", status="SUCCESSFUL")
    await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.reason) == (S.REVIEW, Reason.CONTRADICTION)


async def test_a_callback_that_agrees_with_the_end_changes_nothing(counter: Counter) -> None:
    payment = await counter.sent()
    counter.system.looks = [Report(Outcome.SUCCEEDED, reference="R1")]
    counter.clock.skip(seconds=3)
    await counter.look()
    await receive(counter, reference="R1", status="SUCCESSFUL")
    await counter.look()
    await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.due_at, len(counter.system.lookups)) == (S.SUCCEEDED, None, 2)


@pytest.mark.parametrize(
    ("said", "state", "orders"),
    [(outcome, S.REVIEW, 0) for outcome in Outcome if outcome is not Outcome.FAILED] + [(Outcome.FAILED, S.PENDING, 1)],
)
async def test_a_system_that_was_left_and_calls_back_stops_the_second_unless_it_says_no(
    two: Counter, said: Outcome, state: State, orders: int
) -> None:
    assert two.second
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    payment = await two.sent(kind="payout")
    await receive(two, reference="A1", key=str(two.system.orders[0].key), status="3", outcome=said)
    await two.send()
    assert (two.now(payment).state, len(two.second.orders)) == (state, orders)


async def test_a_callback_brings_the_reference_that_a_lost_reply_did_not(counter: Counter) -> None:
    counter.system.answers = [MaybeSent("timeout")]
    await counter.sent(kind="payout")
    await receive(counter, reference="K1", key=str(counter.system.orders[0].key), status="COMPLETED")
    await counter.look()
    assert counter.system.lookups[-1].reference == "K1"


async def test_a_slow_reply_still_brings_its_reference(counter: Counter) -> None:
    payment = counter.queued(kind="payout")
    counter.system.looks = [Report(Outcome.UNKNOWN)]
    await counter.begin()
    counter.clock.skip(seconds=31)
    await counter.look()
    assert counter.now(payment).state is S.UNKNOWN
    counter.system.answers = [Report(Outcome.PENDING, reference="N1")]
    await counter.end()
    assert (counter.now(payment).state, counter.now(payment).reference) == (S.PENDING, "N1")


async def test_who_insists_on_a_system_is_not_sent_to_another(two: Counter) -> None:
    assert two.second
    two.system.answers = [NotSent()]
    owner = member(two.storage, OWNER)
    payment = await two.payments.draft(owner, ask(via="scripted"))
    await two.payments.confirm(owner, payment.id)
    await two.send()
    assert (two.now(payment).provider, two.second.orders) == ("scripted", [])


async def test_a_payers_code_is_sent_once_and_not_kept(counter: Counter) -> None:
    step = Step(StepKind.GIVE_CODE)
    counter.system.answers = [Report(Outcome.PENDING, reference="R1", step=step)]
    counter.system.looks = [Report(Outcome.PENDING, reference="R1", step=step, detail="INVALID PIN")]
    payment = await counter.sent()
    await counter.payments.tell(member(counter.storage, OWNER), payment.id, "1234")
    for _ in range(4):
        await counter.look()
        counter.clock.skip(seconds=5)
    assert [lookup.extras.get("otp") for lookup in counter.system.lookups] == ["1234", None, None, None]
    assert "otp" not in counter.now(payment).extras


async def test_each_system_is_asked_by_its_own_key_even_if_a_clock_went_back(two: Counter) -> None:
    assert two.second
    two.system.answers = [Refused(Reason.LIMIT_REACHED)]
    payment = await two.sent(kind="payout")
    two.clock.skip(seconds=-1)

    def due_now(session: Session) -> None:
        session.get_one(Payment, payment.id).due_at = two.clock.now

    two.storage.transact(due_now)
    await two.send()
    two.clock.skip(seconds=9)
    await two.look()
    assert two.second.lookups[-1].key == two.second.orders[0].key


async def test_a_callback_that_comes_while_a_look_is_out_is_not_forgotten(counter: Counter) -> None:
    class Called(Scripted):
        async def status(self, lookup: Lookup) -> Report:
            await receive(calls, reference="R1", status="SUCCESSFUL")
            return Report(Outcome.PENDING, reference="R1")

    calls = Counter(counter.storage, system=Called())
    payment = await calls.sent()
    calls.clock.skip(hours=10)
    await calls.look()
    due = calls.now(payment).due_at
    assert due
    assert due <= calls.clock.now


async def test_one_gateways_fault_does_not_close_the_counter(storage: Storage) -> None:
    class Broken(Scripted):
        async def balance(self) -> list[Balance]:
            raise KeyError("x")

    two = Counter(storage, system=Broken(), second=Second())
    payment = await two.payments.draft(member(storage, OWNER), ask(kind=Kind.PAYOUT))
    assert payment.state is S.DRAFT


def test_a_database_error_does_not_tell_what_was_in_the_row(storage: Storage) -> None:
    def break_a_rule(session: Session) -> None:
        session.add(draft(extras={"otp": "123456"}, description="Awa", amount=-1))

    with pytest.raises(DBAPIError) as caught:
        storage.transact(break_a_rule)
    assert "123456" not in str(caught.value)
    assert "Awa" not in str(caught.value)
