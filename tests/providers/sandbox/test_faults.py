"""Each fault: what the client sees, and what the ledger says."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from providers.sandbox import Settings, State
from tests.providers.sandbox.desk import MTN, Desk, desk, until


def done(at: Desk) -> bool:
    return at.box.ledger.find("campay", "collect", "one") is not None


async def collect(at: Desk) -> httpx.Response:
    return await at.collect("20", external_reference="one")


@pytest.mark.parametrize(("kind", "worked"), [("drop_request", False), ("drop_reply", True)])
async def test_the_line_goes_dead_before_or_after_the_work(kind: str, worked: bool) -> None:
    async with desk() as at:
        at.box.faults.order(kind, "/collect/", times=1)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            await collect(at)
        assert done(at) is worked
        assert (await collect(at)).status_code == 200  # the fault is used up


async def test_half_a_reply_comes_after_the_work() -> None:
    async with desk() as at:
        at.box.faults.order("truncated", times=1)
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
            await collect(at)
        assert done(at)


@pytest.mark.parametrize("kind", ["malformed", "empty"])
async def test_a_reply_that_is_no_json_comes_after_the_work(kind: str) -> None:
    async with desk() as at:
        at.box.faults.order(kind, times=1)
        reply = await collect(at)
        assert reply.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
            reply.json()
        assert done(at)


@pytest.mark.parametrize("after_work", [False, True])
@pytest.mark.parametrize("kind", ["status", "html"])
async def test_another_answer_comes_instead_of_the_work_or_after_it(kind: str, after_work: bool) -> None:
    async with desk() as at:
        at.box.faults.order(kind, times=1, status=503, after_work=after_work)
        reply = await collect(at)
        assert reply.status_code == 503
        assert ("html" in reply.headers["content-type"]) is (kind == "html")
        assert done(at) is after_work


async def test_the_body_of_a_status_can_be_chosen() -> None:
    async with desk() as at:
        at.box.faults.order("status", status=409, body={"message": "No"})
        assert (await collect(at)).json() == {"message": "No"}


@pytest.mark.parametrize("after_work", [False, True])
async def test_a_delay_can_outlast_the_client_before_or_after_the_work(after_work: bool) -> None:
    async with desk() as at:
        at.box.faults.order("delay", times=1, seconds=3, after_work=after_work)
        with pytest.raises(httpx.ReadTimeout):
            await at.http.post("/api/collect/", json=body("one"), timeout=httpx.Timeout(30, read=0.5))
        assert done(at) is after_work
        await until(lambda: done(at))  # a server that was slow works on, whether or not somebody still listens


def body(reference: str) -> dict[str, Any]:
    return {"amount": "20", "from": MTN, "description": "Shoes", "external_reference": reference}


async def test_a_delayed_reply_is_a_good_one() -> None:
    async with desk() as at:
        at.box.faults.order("delay", seconds=0.05)
        at.box.faults.order("html", times=1, status=403)
        began = time.monotonic()
        assert (await collect(at)).status_code == 403  # a delay and another fault go together
        assert (await collect(at)).status_code == 200
        assert time.monotonic() - began >= 0.1


async def test_a_stuck_payment_stays_pending_whatever_happens_until_the_fault_is_cleared() -> None:
    async with desk() as at:
        at.box.faults.order("stuck", "/collect/", times=1)
        held, free = await collect(at), await at.collect("21")
        at.box.phones.approve(MTN, "1234", held.json()["reference"])
        await at.after(600)
        assert (await at.record(held))["status"] == "PENDING"
        assert (await at.record(free))["reason"] == "timeout"
        assert at.box.phones.wallet(MTN) == 100_000
        at.box.faults.clear()
        await at.box.tick()
        assert (await at.record(held))["status"] == "SUCCESSFUL"


async def test_a_fault_hits_its_path_only_and_as_often_as_told() -> None:
    async with desk() as at:
        at.box.faults.order("status", "/collect/", times=2)
        assert (await at.withdraw("20")).status_code == 200
        assert [(await collect(at)).status_code for _ in range(3)] == [502, 502, 200]


async def test_a_fault_without_a_number_lasts_until_cleared_and_spares_the_control() -> None:
    async with desk() as at:
        ordered = at.box.faults.order("drop_request")
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError):
                await collect(at)
        assert (await at.http.get("/control/state")).json()["faults"][0]["id"] == ordered.id
        assert (await at.http.get("/")).status_code == 200
        await at.http.delete("/control/faults")
        assert (await collect(at)).status_code == 200


async def test_faults_are_ordered_listed_and_cleared_over_http() -> None:
    async with desk() as at:
        first = await at.post("/control/faults", {"kind": "status", "path": "/collect/", "times": 1, "status": 500})
        await at.post("/control/faults", {"kind": "html"})
        assert (first.status_code, first.json()["left"]) == (201, 1)
        await at.http.delete(f"/control/faults/{first.json()['id']}")
        assert [fault["kind"] for fault in (await at.http.get("/control/faults")).json()["faults"]] == ["html"]


@pytest.mark.parametrize(
    "order", [{}, {"kind": "fire"}, {"kind": "status", "status": 200}, {"kind": "html", "tims": 1}]
)
async def test_a_fault_that_nobody_knows_is_refused(order: dict[str, Any]) -> None:
    async with desk() as at:
        assert (await at.post("/control/faults", order)).status_code == 400
        assert at.box.faults.all() == []


async def test_stopping_does_not_wait_for_a_delayed_request() -> None:
    began = time.monotonic()
    async with desk(Settings.instant()) as at:
        at.box.faults.order("delay", seconds=60)
        waiting = asyncio.create_task(collect(at))
        await asyncio.sleep(0.05)
        waiting.cancel()
    assert time.monotonic() - began < 30


async def test_money_that_moved_is_told_by_the_ledger_and_not_by_the_reply() -> None:
    async with desk(Settings.instant()) as at:
        at.box.faults.order("html", "/withdraw/", times=1, after_work=True)
        assert (await at.withdraw("300")).status_code == 502
        await at.box.tick()
        [entry] = at.box.ledger.entries()
        assert (entry.state, entry.amount) == (State.SUCCEEDED, 300)
