"""F10 to F15: what is not known is said, asked about, and ends."""

import asyncio
from datetime import datetime
from time import time
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy.exc import StatementError
from sqlmodel import select

from bot.errors import UserError
from bot.payments.reports import apply_report
from providers.errors import MaybeSent, Reason
from providers.messages import Outcome, Report
from providers.sheet import Pace
from storage.models import Inbound, Payment
from storage.people import HOUSE
from storage.states import State
from tests.books import OWNER, member, move
from tests.bot.payments.counter import Counter
from tests.shop import PATIENCE, Shop

in_the_street = pytest.mark.asyncio(loop_scope="module")


async def inbound(place: Shop, payment: Payment) -> list[Inbound]:
    def read(session: Any) -> list[Inbound]:
        return list(session.exec(select(Inbound).where(Inbound.payment_id == payment.id)))

    return await place.app.storage.run(read)


async def newest(place: Shop) -> Payment:
    return (await place.payments())[0]


@in_the_street
async def test_f10_a_payment_whose_callback_never_comes_ends_all_the_same(place: Shop) -> None:
    place.box.faults.order("callbacks_off")
    card = await place.confirmed("/request 21 677777777")
    await place.approve()
    await place.shows(card, "Paid")
    assert await inbound(place, await newest(place)) == []


async def test_f11_silence_and_strange_words_are_never_failure_and_the_systems_own_word_ends_it(
    counter: Counter,
) -> None:
    counter.system.answers = [MaybeSent("no reply")]
    counter.system.looks = [
        MaybeSent("no reply"),
        Report(Outcome.UNKNOWN, reference="R1", word="REVERSING"),
        Report(Outcome.PENDING, reference="R1"),
        Report(Outcome.SUCCEEDED, reference="R1"),
    ]
    payment = await counter.sent(kind="payout")
    while counter.now(payment).state is not State.SUCCEEDED:
        counter.clock.skip(minutes=2)
        await counter.look()
    assert State.FAILED not in counter.walk(payment)


async def test_f11_what_stays_pending_for_ever_becomes_a_persons_to_decide(counter: Counter) -> None:
    payment = await counter.sent()
    for _ in range(60):
        counter.clock.skip(hours=1)
        await counter.look()
    stands = counter.now(payment)
    assert (stands.state, stands.reason) == (State.REVIEW, Reason.TIMED_OUT)


async def test_f12_a_late_write_from_an_old_picture_changes_no_end(counter: Counter) -> None:
    payment = await counter.sent()
    old = counter.now(payment)
    paid = Report(Outcome.SUCCEEDED, reference="R1")

    def report(said: Report) -> Payment | None:
        return counter.storage.transact(
            apply_report, HOUSE, payment.id, said, at=counter.clock(), by="poll", pace=Pace()
        )

    report(paid)
    assert move(counter.storage, old, State.FAILED) is None
    report(Report(Outcome.PENDING, reference="R1"))
    with pytest.raises(UserError, match=r"payment\.too_late"):
        await counter.payments.cancel(member(counter.storage, OWNER), payment.id)
    assert counter.now(payment).state is State.SUCCEEDED
    report(Report(Outcome.FAILED, reference="R1"))
    assert counter.now(payment).state is State.REVIEW


@in_the_street
async def test_f13_a_message_that_was_held_up_shows_the_payment_as_it_is_when_it_leaves(place: Shop) -> None:
    card = await place.card("/payout 23 677777777")
    place.telegram.faults.bad_gateway(method="sendMessage", times=10_000)
    await place.confirm(card)
    await place.shows(card, "Sent")
    place.telegram.faults.clear()
    line = await place.group_says((await newest(place)).id)
    assert "sent" in line.text
    assert line.edit_date is None


@in_the_street
async def test_f14_our_address_gives_a_system_no_reason_to_switch_its_callbacks_off(place: Shop) -> None:
    """A repeated callback, an unknown payment and a page nobody asked for are all answered, and none with a 5xx."""
    at = int(time())
    claims = {"iat": at, "nbf": at, "exp": at + 3600, "source": "CamPay"}
    key = place.box.settings.campay.webhook_key.encode().ljust(32, b"\0")
    told = {
        "status": "SUCCESSFUL",
        "reference": "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c11",
        "signature": jwt.encode(claims, key, algorithm="HS256"),
    }
    async with httpx.AsyncClient(base_url=place.env["PUBLIC_URL"], trust_env=False, timeout=30) as http:
        known = [await http.get("/callbacks/campay", params=told) for _ in range(20)]
        odd = [await http.post("/callbacks/campay", content=body) for body in (b"", b"\xff", b"[]", b"{}")]
    assert {answer.status_code for answer in known} == {200}
    assert {answer.status_code for answer in odd} == {400}


@in_the_street
@pytest.mark.parametrize(
    ("line", "words"),
    [("/request 24 677777777", "Paid"), ("/payout 24 677777777", "Sent")],
)
async def test_f15_each_kind_of_callback_finds_its_own_payment_over_the_wire(
    place: Shop, line: str, words: str
) -> None:
    card = await place.confirmed(line)
    if line.startswith("/request"):
        await place.approve()
    await place.shows(card, words)
    payment = await newest(place)
    async with asyncio.timeout(PATIENCE):
        while not (heard := await inbound(place, payment)):
            await asyncio.sleep(0.05)
    assert {(one.provider, one.reference) for one in heard} == {("campay", payment.reference)}


def test_f15_a_time_has_one_form_and_one_without_a_zone_is_refused(counter: Counter) -> None:
    payment = counter.enter()
    with pytest.raises(StatementError, match="without a zone"):
        move(counter.storage, payment, State.CANCELLED, due_at=datetime(2026, 1, 1))  # noqa: DTZ001
